#include "addr.h"

#include <string.h>

void enow_gateway_addr_print(enow_addr_t addr, char out[ENOW_GATEWAY_ADDR_TEXT + 1])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < sizeof addr.bytes; i++) {
        out[3 * i] = digits[addr.bytes[i] >> 4];
        out[3 * i + 1] = digits[addr.bytes[i] & 15];
        out[3 * i + 2] = ':';
    }
    out[ENOW_GATEWAY_ADDR_TEXT] = 0;
}

/* The value of a hexadecimal digit; 16 of any other character. */
static unsigned digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (unsigned)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (unsigned)(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return (unsigned)(c - 'A') + 10;
    }
    return 16;
}

bool enow_gateway_addr_parse(const char *text, size_t len, enow_addr_t *addr)
{
    enow_addr_t a;

    if (len != ENOW_GATEWAY_ADDR_TEXT) {
        return false;
    }
    for (size_t i = 0; i < sizeof a.bytes; i++) {
        const unsigned high = digit(text[3 * i]);
        const unsigned low = digit(text[3 * i + 1]);
        if (high > 15 || low > 15 || (i < sizeof a.bytes - 1 && text[3 * i + 2] != ':')) {
            return false;
        }
        a.bytes[i] = (uint8_t)(high << 4 | low);
    }
    *addr = a;
    return true;
}

bool enow_gateway_addr_station(enow_addr_t addr)
{
    static const enow_addr_t none = {{0}};

    return enow_gateway_addr_compare(addr, none) != 0 && (addr.bytes[0] & 1) == 0;
}

int enow_gateway_addr_compare(enow_addr_t a, enow_addr_t b) { return memcmp(a.bytes, b.bytes, sizeof a.bytes); }
