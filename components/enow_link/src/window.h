/* Which counters of one key were seen (SPEC.md, section 4). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How far behind the newest packet another may arrive. */
#define ENOW_LINK_WINDOW_SIZE 64u

/* The idea of RFC 6479 in one word. The zero window has seen none. */
typedef struct {
    uint64_t next; /* the highest counter seen, plus 1; 0: none was */
    uint64_t seen; /* bit i: next - 1 - i was seen */
} enow_link_window_t;

/* Whether a counter is neither seen nor older than the window. */
bool enow_link_window_fresh(const enow_link_window_t *window, uint32_t counter);

/* Notes a fresh counter. */
void enow_link_window_mark(enow_link_window_t *window, uint32_t counter);

#ifdef __cplusplus
}
#endif
