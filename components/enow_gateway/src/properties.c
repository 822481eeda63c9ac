#include "properties.h"

#include <stdio.h>

static void add(enow_gateway_properties_t *p, const char *name, const char *value)
{
    p->list[p->count].name = name;
    p->list[p->count].value = value;
    p->count++;
}

void enow_gateway_properties_fill(enow_gateway_properties_t *out, enow_addr_t gateway,
                                  const enow_gateway_origin_t *origin, uint64_t unix_ms)
{
    out->count = 0;
    enow_gateway_addr_print(gateway, out->gateway);
    add(out, "gateway", out->gateway);
    (void)snprintf(out->rssi, sizeof out->rssi, "%d", origin->rssi);
    add(out, "rssi", out->rssi);
    if (!origin->raw) {
        (void)snprintf(out->boot, sizeof out->boot, "%lu", (unsigned long)origin->boot);
        add(out, "boot", out->boot);
        (void)snprintf(out->id, sizeof out->id, "%u", (unsigned)origin->id);
        add(out, "message_id", out->id);
    }
    if (unix_ms != 0) {
        enow_gateway_stamp_print(unix_ms, out->time);
        add(out, "time", out->time);
    }
}
