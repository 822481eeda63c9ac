/* Values that can be any: Eva takes these for all of them at once. */
#pragma once

#include <__fc_builtin.h>

/* Makes bytes any. Those that a driver leaves alone are uninitialised: to read one is an alarm. */
static inline void unknown_bytes(void *p, size_t len)
{
    if (len > 0) {
        Frama_C_make_unknown((char *)p, len);
    }
}

static inline bool unknown_bool(void) { return Frama_C_interval(0, 1) != 0; }

static inline uint8_t unknown_u8(uint8_t min, uint8_t max) { return Frama_C_unsigned_char_interval(min, max); }

static inline uint16_t unknown_u16(void) { return Frama_C_unsigned_short_interval(0, UINT16_MAX); }

static inline uint32_t unknown_u32(uint32_t min, uint32_t max) { return Frama_C_unsigned_int_interval(min, max); }

static inline uint64_t unknown_u64(uint64_t min, uint64_t max) { return Frama_C_unsigned_long_interval(min, max); }
