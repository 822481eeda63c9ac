#include "ids.h"

#include "window.h"

/* Whether a comes after b, which is up to 32,767 behind. */
static bool after(uint16_t a, uint16_t b)
{
    const uint16_t ahead = (uint16_t)(a - b);

    return ahead != 0 && ahead < 0x8000u;
}

enow_link_id_state_t enow_link_ids_of(const enow_link_ids_t *ids, uint16_t id)
{
    if (!ids->any || after(id, ids->newest)) {
        return ENOW_LINK_ID_NEW;
    }
    const uint16_t age = (uint16_t)(ids->newest - id);
    if (age >= ENOW_LINK_WINDOW_SIZE) {
        return ENOW_LINK_ID_OLD;
    }
    if ((ids->refused >> age & 1) != 0) {
        return ENOW_LINK_ID_REFUSED;
    }
    return (ids->done >> age & 1) != 0 ? ENOW_LINK_ID_DONE : ENOW_LINK_ID_NEW;
}

/* Moves the window up to an id, if it is newer, and returns its bit; 0: it is old. */
static uint64_t bit(enow_link_ids_t *ids, uint16_t id)
{
    if (!ids->any) {
        ids->any = true;
        ids->newest = id;
    } else if (after(id, ids->newest)) {
        const uint16_t ahead = (uint16_t)(id - ids->newest);
        ids->newest = id;
        ids->done = ahead < ENOW_LINK_WINDOW_SIZE ? ids->done << ahead : 0;
        ids->refused = ahead < ENOW_LINK_WINDOW_SIZE ? ids->refused << ahead : 0;
    }
    const uint16_t age = (uint16_t)(ids->newest - id);
    return age < ENOW_LINK_WINDOW_SIZE ? UINT64_C(1) << age : 0;
}

void enow_link_ids_mark(enow_link_ids_t *ids, uint16_t id) { ids->done |= bit(ids, id); }

void enow_link_ids_refuse(enow_link_ids_t *ids, uint16_t id)
{
    const uint64_t its = bit(ids, id);

    ids->done |= its;
    ids->refused |= its;
}
