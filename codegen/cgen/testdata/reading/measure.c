/*
 * Runs one codec so many times, on a machine without an operating system but for the two calls of Linux that end it and
 * print. Arguments: the codec, what it does, how often; or "compare", which wants both codecs to give the same results.
 */
#include "floor.h"

#include <string.h>

static const reading_reading_t example = {
    .uptime = 86400,
    .temperature = 2150,
    .humidity = 4020,
    .battery = 2980,
    .mode = 1,
    .pressure = 101325,
    .room_len = 7,
    .room = "kitchen",
    .samples = {1, 2, 3, 4, 5, 6, 7, 8},
};

typedef int encode_t(const reading_reading_t *in, uint8_t *buf, size_t cap);
typedef int decode_t(reading_reading_t *out, const uint8_t *payload, size_t len);

static int same_encoding(const reading_reading_t *in, size_t cap)
{
    uint8_t a[READING_READING_MAX_SIZE] = {0};
    uint8_t b[READING_READING_MAX_SIZE] = {0};

    return reading_reading_encode(in, a, cap) == floor_encode(in, b, cap) && memcmp(a, b, sizeof a) == 0;
}

static int same_decoding(const uint8_t *payload, size_t len)
{
    reading_reading_t a;
    reading_reading_t b;

    memset(&a, 0xee, sizeof a);
    memset(&b, 0xee, sizeof b);
    const int n = reading_reading_decode(&a, payload, len);
    if (floor_decode(&b, payload, len) != n) {
        return 0;
    }
    if (n < 0) {
        return memcmp(&a, &b, sizeof a) == 0;
    }
    return a.uptime == b.uptime && a.temperature == b.temperature && a.humidity == b.humidity &&
           a.battery == b.battery && a.mode == b.mode && a.pressure == b.pressure && a.room_len == b.room_len &&
           memcmp(a.room, b.room, a.room_len + 1u) == 0 && memcmp(a.samples, b.samples, sizeof a.samples) == 0;
}

/* Each byte of the example with each value, each value of what has a range, and each end: what is compared must do the
 * same. */
static int compare(void)
{
    uint8_t payload[READING_READING_MAX_SIZE];
    const int n = reading_reading_encode(&example, payload, sizeof payload);

    if (n != 1 + 39) {
        return 1;
    }
    for (size_t i = 0; i < sizeof example; i++) {
        for (unsigned value = 0; value < 256; value++) {
            reading_reading_t changed = example;

            ((uint8_t *)&changed)[i] = (uint8_t)value;
            if (!same_encoding(&changed, READING_READING_MAX_SIZE)) {
                return 2;
            }
        }
    }
    for (unsigned value = 0; value < 65536; value++) {
        reading_reading_t changed = example;

        changed.temperature = (int16_t)value;
        if (!same_encoding(&changed, READING_READING_MAX_SIZE)) {
            return 3;
        }
        changed.temperature = 0;
        changed.humidity = (uint16_t)value;
        if (!same_encoding(&changed, READING_READING_MAX_SIZE)) {
            return 3;
        }
    }
    for (size_t cap = 0; cap < (size_t)n; cap++) {
        if (!same_encoding(&example, cap)) {
            return 4;
        }
    }
    for (size_t i = 0; i < (size_t)n; i++) {
        const uint8_t was = payload[i];

        for (unsigned value = 0; value < 256; value++) {
            payload[i] = (uint8_t)value;
            for (size_t len = 0; len <= (size_t)n; len++) {
                if (!same_decoding(payload, len)) {
                    return 5;
                }
            }
        }
        payload[i] = was;
    }
    return 0;
}

static int run(char **arguments)
{
    uint8_t payload[READING_READING_MAX_SIZE];
    reading_reading_t out;
    int ours;
    int n;

    if (arguments[1][0] == 'c') {
        return compare();
    }
    ours = arguments[1][0] == 'o';
    n = floor_encode(&example, payload, sizeof payload);
    for (int times = arguments[3][0] - '0'; times > 0; times--) {
        if (arguments[2][0] == 'e') {
            n = (ours ? (encode_t *)reading_reading_encode : (encode_t *)floor_encode)(&example, payload,
                                                                                       sizeof payload);
        } else {
            n = (ours ? (decode_t *)reading_reading_decode : (decode_t *)floor_decode)(&out, payload, 1 + 39);
        }
    }
    return n == 1 + 39 ? 0 : 6;
}

static void end(int status)
{
    register int a0 __asm__("a0") = status;
    register int a7 __asm__("a7") = 93; /* exit */

    __asm__ volatile("ecall" : : "r"(a0), "r"(a7));
    for (;;) {
    }
}

/* The stack begins with the number of arguments, then pointers to them. */
__attribute__((used)) static void begin(void **stack) { end(run((char **)stack + 1)); }

__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\nmv a0, sp\ncall "
        "begin\n");
