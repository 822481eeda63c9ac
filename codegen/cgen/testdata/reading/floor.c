#include "floor.h"

#include <stdbool.h>
#include <string.h>

static bool utf8(const uint8_t *p, size_t len)
{
    while (len > 0) {
        const uint8_t first = *p;
        const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
        const uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        const uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

        if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || len < size) {
            return false;
        }
        if (size > 1 && (p[1] < low || p[1] > high)) {
            return false;
        }
        for (size_t i = 2; i < size; i++) {
            if ((p[i] & 0xc0) != 0x80) {
                return false;
            }
        }
        p += size;
        len -= size;
    }
    return true;
}

static void put16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *p, uint32_t value)
{
    put16(p, (uint16_t)value);
    put16(p + 2, (uint16_t)(value >> 16));
}

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }

static uint32_t get32(const uint8_t *p) { return get16(p) | (uint32_t)get16(p + 2) << 16; }

int floor_encode(const reading_reading_t *in, uint8_t *buf, size_t cap)
{
    const size_t n = 33 + (size_t)in->room_len;

    if (in->temperature < -4000 || in->temperature > 12500 || in->humidity > 10000 || in->mode > 3) {
        return READING_ERR_RANGE;
    }
    if (in->room_len > 16) {
        return READING_ERR_LENGTH;
    }
    if (!utf8((const uint8_t *)in->room, in->room_len)) {
        return READING_ERR_TEXT;
    }
    if (cap < n) {
        return READING_ERR_CAPACITY;
    }
    buf[0] = READING_READING_ID;
    put32(buf + 1, in->uptime);
    put16(buf + 5, (uint16_t)in->temperature);
    put16(buf + 7, in->humidity);
    put16(buf + 9, in->battery);
    buf[11] = in->mode;
    put32(buf + 12, in->pressure);
    buf[16] = in->room_len;
    memcpy(buf + 17, in->room, in->room_len);
    buf += 17 + in->room_len;
    for (size_t i = 0; i < 8; i++) {
        put16(buf + 2 * i, in->samples[i]);
    }
    return (int)n;
}

int floor_decode(reading_reading_t *out, const uint8_t *payload, size_t len)
{
    if (len < 1) {
        return READING_ERR_SHORT;
    }
    if (payload[0] != READING_READING_ID) {
        return READING_ERR_UNKNOWN_ID;
    }
    const uint8_t *const body = payload + 1;
    len -= 1;
    if (len < 16) {
        return READING_ERR_SHORT;
    }
    const size_t size = body[15];
    if (size > 16) {
        return READING_ERR_LENGTH;
    }
    if (len < 16 + size) {
        return READING_ERR_SHORT;
    }
    if (!utf8(body + 16, size)) {
        return READING_ERR_TEXT;
    }
    if (len < 32 + size) {
        return READING_ERR_SHORT;
    }
    out->uptime = get32(body);
    out->temperature = (int16_t)get16(body + 4);
    out->humidity = get16(body + 6);
    out->battery = get16(body + 8);
    out->mode = body[10];
    out->pressure = get32(body + 11);
    out->room_len = (uint8_t)size;
    memcpy(out->room, body + 16, size);
    out->room[size] = '\0';
    for (size_t i = 0; i < 8; i++) {
        out->samples[i] = get16(body + 16 + size + 2 * i);
    }
    return (int)(33 + size);
}
