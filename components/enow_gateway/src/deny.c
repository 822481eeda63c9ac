#include "deny.h"

#include "json_read.h"

#include <string.h>

/* Where addr stands in the first count addresses, or would. */
static uint16_t place_of(const enow_addr_t *addrs, uint16_t count, enow_addr_t addr)
{
    uint16_t low = 0;

    while (low < count) {
        const uint16_t middle = (uint16_t)(low + (count - low) / 2);
        if (enow_gateway_addr_compare(addrs[middle], addr) < 0) {
            low = (uint16_t)(middle + 1);
        } else {
            count = middle;
        }
    }
    return low;
}

static bool has(const enow_gateway_deny_t *list, enow_addr_t addr)
{
    const uint16_t at = place_of(list->addrs, list->count, addr);

    return at < list->count && enow_gateway_addr_compare(list->addrs[at], addr) == 0;
}

/* Puts an address in its place, unless it is there; false: there is no room. */
static bool insert(enow_gateway_deny_t *deny, enow_addr_t addr)
{
    const uint16_t at = place_of(deny->addrs, deny->count, addr);

    if (has(deny, addr)) {
        return true;
    }
    if (deny->count == deny->capacity) {
        return false;
    }
    memmove(deny->addrs + at + 1, deny->addrs + at, (size_t)(deny->count - at) * sizeof *deny->addrs);
    deny->addrs[at] = addr;
    deny->count++;
    return true;
}

static int take(enow_gateway_deny_t *deny, const enow_gateway_json_value_t *value)
{
    enow_addr_t addr;

    if (value->kind != ENOW_GATEWAY_JSON_STRING) {
        return ENOW_GATEWAY_ERR_KIND;
    }
    if (!enow_gateway_addr_parse(value->text, strlen(value->text), &addr) || !enow_gateway_addr_station(addr)) {
        return ENOW_GATEWAY_ERR_ADDR;
    }
    return insert(deny, addr) ? 0 : ENOW_GATEWAY_ERR_FULL;
}

int enow_gateway_deny_parse(enow_gateway_deny_t *deny, const char *text, size_t len, unsigned *element)
{
    enow_gateway_json_reader_t r;
    enow_gateway_json_value_t value;

    deny->count = 0;
    *element = 0;
    if (len == 0) {
        return 0;
    }
    int err = enow_gateway_json_read(&r, text, len, '[');
    while (err == 0) {
        err = enow_gateway_json_next(&r, &value);
        if (err == 0) {
            return 0;
        }
        if (err > 0) {
            err = take(deny, &value);
        }
        if (err == 0) {
            (*element)++;
        }
    }
    deny->count = 0;
    return err;
}

bool enow_gateway_deny_next(const enow_gateway_deny_t *list, const enow_gateway_deny_t *but, uint16_t *at,
                            enow_addr_t *addr)
{
    for (; *at < list->count; (*at)++) {
        if (!has(but, list->addrs[*at])) {
            *addr = list->addrs[(*at)++];
            return true;
        }
    }
    return false;
}
