#include "stamp.h"

#include <stddef.h>

#define DAY_MS UINT64_C(86400000)

/* Writes n as so many decimal digits. */
static void digits(char *out, uint32_t n, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + n % 10);
        n /= 10;
    }
}

static uint32_t is_leap(uint32_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

void enow_gateway_stamp_print(uint64_t unix_ms, char out[ENOW_GATEWAY_STAMP_TEXT + 1])
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char form[ENOW_GATEWAY_STAMP_TEXT + 1] = "0000-00-00T00:00:00.000Z";

    if (unix_ms > ENOW_GATEWAY_STAMP_MAX_MS) {
        unix_ms = ENOW_GATEWAY_STAMP_MAX_MS;
    }
    const uint32_t ms = (uint32_t)(unix_ms % DAY_MS);
    uint32_t day = (uint32_t)(unix_ms / DAY_MS);
    /* 400 years have 146,097 days, four of a century's 25 groups 1,461: from 1600 on, when both begin. */
    day += 135140;
    uint32_t year = 1600 + day / 146097 * 400;
    day %= 146097;
    while (day >= 365 + is_leap(year)) {
        day -= 365 + is_leap(year);
        year++;
    }
    uint32_t month = 0;
    for (uint32_t length; length = lengths[month] + (month == 1 ? is_leap(year) : 0), day >= length; month++) {
        day -= length;
    }
    for (size_t i = 0; i < sizeof form; i++) {
        out[i] = form[i];
    }
    digits(out, year, 4);
    digits(out + 5, month + 1, 2);
    digits(out + 8, day + 1, 2);
    digits(out + 11, ms / 3600000, 2);
    digits(out + 14, ms / 60000 % 60, 2);
    digits(out + 17, ms / 1000 % 60, 2);
    digits(out + 20, ms % 1000, 3);
}
