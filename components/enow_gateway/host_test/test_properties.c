#include "check.h"

#include "../src/properties.h"

#include <string.h>

/* As Go's time.Format prints them. */
static void test_stamp(void)
{
    static const struct {
        uint64_t unix_ms;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {1, "1970-01-01T00:00:00.001Z"},
        {86399999, "1970-01-01T23:59:59.999Z"},
        {86400000, "1970-01-02T00:00:00.000Z"},
        {951782399999, "2000-02-28T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"}, /* a leap year, of the fourth century */
        {951868800000, "2000-03-01T00:00:00.000Z"},
        {978220800000, "2000-12-31T00:00:00.000Z"},
        {978307200000, "2001-01-01T00:00:00.000Z"},
        {1709164800000, "2024-02-29T00:00:00.000Z"},
        {1772323200000, "2026-03-01T00:00:00.000Z"}, /* none */
        {1795737601234, "2026-11-27T00:00:01.234Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"}, /* none, of another century */
        {13574563200000, "2400-02-29T00:00:00.000Z"},
        {ENOW_GATEWAY_STAMP_MAX_MS, "9999-12-31T23:59:59.999Z"},
        {ENOW_GATEWAY_STAMP_MAX_MS + 1, "9999-12-31T23:59:59.999Z"},
        {UINT64_MAX, "9999-12-31T23:59:59.999Z"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *out = malloc(ENOW_GATEWAY_STAMP_TEXT + 1);
        enow_gateway_stamp_print(cases[i].unix_ms, out);
        CHECK(strcmp(out, cases[i].want) == 0, "want %s, got %s", cases[i].want, out);
        free(out);
    }
}

/* "name=value ..." */
static const char *text_of(const enow_gateway_properties_t *p)
{
    static char text[256];
    size_t len = 0;

    text[0] = 0;
    for (size_t i = 0; i < p->count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s=%s", i > 0 ? " " : "", p->list[i].name,
                                p->list[i].value);
    }
    return text;
}

/* As espnow/bridge has them. */
static void test_fill(void)
{
    static const enow_addr_t gateway = {{0x24, 0x6f, 0x28, 0, 0, 1}};
    static const struct {
        enow_gateway_origin_t origin;
        uint64_t unix_ms;
        const char *want;
    } cases[] = {
        {{.boot = 7, .id = 42, .rssi = -61},
         1795737601234,
         "gateway=24:6f:28:00:00:01 rssi=-61 boot=7 message_id=42 time=2026-11-27T00:00:01.234Z"},
        {{.rssi = 0}, 1, "gateway=24:6f:28:00:00:01 rssi=0 boot=0 message_id=0 time=1970-01-01T00:00:00.001Z"},
        {{.boot = UINT32_MAX, .id = UINT16_MAX, .rssi = INT8_MIN},
         0,
         "gateway=24:6f:28:00:00:01 rssi=-128 boot=4294967295 message_id=65535"},
        {{.boot = 7, .id = 42, .rssi = -1, .raw = true},
         86400000,
         "gateway=24:6f:28:00:00:01 rssi=-1 time=1970-01-02T00:00:00.000Z"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enow_gateway_properties_t p;
        enow_gateway_properties_fill(&p, gateway, &cases[i].origin, cases[i].unix_ms);
        CHECK(strcmp(text_of(&p), cases[i].want) == 0, "want %s, got %s", cases[i].want, text_of(&p));
    }
}

int main(void)
{
    test_stamp();
    test_fill();
    return check_result();
}
