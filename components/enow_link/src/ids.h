/* Which message ids of one sender are done with (SPEC.md, section 5). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An id is done with when somebody has taken responsibility for its message, or nobody ever will. Ids count modulo
 * 2^16. The zero window knows none. */
typedef struct {
    uint64_t done;    /* bit i: newest - i is */
    uint64_t refused; /* those of them that nobody takes */
    uint16_t newest;
    bool any;
} enow_link_ids_t;

typedef enum {
    ENOW_LINK_ID_NEW = 0,     /* not done with */
    ENOW_LINK_ID_DONE = 1,    /* somebody has taken responsibility */
    ENOW_LINK_ID_OLD = 2,     /* fallen behind the window: nobody can tell any more */
    ENOW_LINK_ID_REFUSED = 3, /* nobody ever takes it */
} enow_link_id_state_t;

/* The state of an id. One that is up to 32,767 ahead of the newest is new. */
enow_link_id_state_t enow_link_ids_of(const enow_link_ids_t *ids, uint16_t id);

/* Notes that somebody has taken responsibility for a message. One that is old stays so. */
void enow_link_ids_mark(enow_link_ids_t *ids, uint16_t id);

/* Notes that nobody ever takes a message. One that is old stays so. */
void enow_link_ids_refuse(enow_link_ids_t *ids, uint16_t id);

#ifdef __cplusplus
}
#endif
