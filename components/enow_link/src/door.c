#include "door.h"

#include "station.h"

#define STRANGER_EVERY_US UINT64_C(20000)
#define STRANGER_BURST 16u

enow_link_half_open_t *enow_link_door_find(enow_link_door_t *door, const enow_addr_t *addr, uint8_t id)
{
    for (unsigned i = 0; i < door->half_count; i++) {
        enow_link_half_open_t *h = &door->half[i];
        if (h->session.id == id && enow_link_addr_same(&h->session.peer, addr)) {
            return h;
        }
    }
    return NULL;
}

enow_link_half_open_t *enow_link_door_newest(enow_link_door_t *door, const enow_addr_t *addr)
{
    for (uint8_t i = door->half_count; i > 0; i--) {
        if (enow_link_addr_same(&door->half[i - 1].session.peer, addr)) {
            return &door->half[i - 1];
        }
    }
    return NULL;
}

const enow_link_half_open_t *enow_link_door_repeated(const enow_link_door_t *door, const enow_link_recent_key_t *hash)
{
    for (unsigned i = 0; i < door->half_count; i++) {
        if (memcmp(&door->half[i].hash, hash, sizeof *hash) == 0) {
            return &door->half[i];
        }
    }
    return NULL;
}

const enow_addr_t *enow_link_door_join(const enow_link_door_t *door, unsigned i)
{
    if (i < door->half_count) {
        return &door->half[i].session.peer;
    }
    i -= door->half_count;
    return i < door->pending_count ? &door->pending[i].addr : NULL;
}

bool enow_link_door_waits(const enow_link_door_t *door, const enow_link_recent_key_t *hash)
{
    for (unsigned i = 0; i < door->pending_count; i++) {
        if (memcmp(&door->pending[i].hash, hash, sizeof *hash) == 0) {
            return true;
        }
    }
    return false;
}

enow_link_pending_t *enow_link_door_wait(enow_link_door_t *door) { return &door->pending[door->pending_count++]; }

enow_link_half_open_t *enow_link_door_open(enow_link_door_t *door) { return &door->half[door->half_count++]; }

static void forget_join(enow_link_door_t *door, uint8_t i)
{
    door->pending_count--;
    memmove(&door->pending[i], &door->pending[i + 1], (size_t)(door->pending_count - i) * sizeof door->pending[0]);
    enow_link_wipe(&door->pending[door->pending_count], sizeof door->pending[0]);
}

void enow_link_door_turn(enow_link_door_t *door) { forget_join(door, 0); }

void enow_link_door_close(enow_link_door_t *door, enow_link_half_open_t *half)
{
    const size_t i = (size_t)(half - door->half);

    door->half_count--;
    memmove(half, half + 1, (door->half_count - i) * sizeof *half);
    enow_link_wipe(&door->half[door->half_count], sizeof *half);
}

void enow_link_door_close_all_of(enow_link_door_t *door, const enow_addr_t *addr)
{
    for (uint8_t i = door->pending_count; i > 0; i--) {
        if (enow_link_addr_same(&door->pending[i - 1].addr, addr)) {
            forget_join(door, (uint8_t)(i - 1));
        }
    }
    for (uint8_t i = door->half_count; i > 0; i--) {
        if (enow_link_addr_same(&door->half[i - 1].session.peer, addr)) {
            enow_link_door_close(door, &door->half[i - 1]);
        }
    }
}

void enow_link_door_shut(enow_link_door_t *door)
{
    enow_link_wipe(door->pending, sizeof door->pending);
    enow_link_wipe(door->half, sizeof door->half);
    door->pending_count = 0;
    door->half_count = 0;
}

void enow_link_door_expire(enow_link_door_t *door, uint64_t now_us)
{
    while (door->half_count > 0 && now_us >= door->half[0].expires_us) {
        enow_link_door_close(door, &door->half[0]);
    }
}

bool enow_link_door_stranger(enow_link_door_t *door, uint64_t now_us)
{
    return enow_link_take_token(&door->strangers_us, now_us, STRANGER_EVERY_US, STRANGER_BURST);
}

bool enow_link_door_next_deadline(const enow_link_door_t *door, uint64_t *at_us)
{
    *at_us = UINT64_MAX;
    if (door->half_count > 0) {
        *at_us = door->half[0].expires_us;
    }
    if (door->pending_count > 0 && !enow_link_door_full(door) && door->next_join_us < *at_us) {
        *at_us = door->next_join_us;
    }
    return *at_us != UINT64_MAX;
}

enow_link_reply_t *enow_link_door_push(enow_link_door_t *door, const enow_addr_t *to)
{
    if (enow_link_door_full(door)) {
        return NULL;
    }
    enow_link_reply_t *r = &door->replies[(door->reply_head + door->reply_count) % door->reply_capacity];
    door->reply_count++;
    r->to = *to;
    r->len = 0;
    return r;
}

void enow_link_door_unpush(enow_link_door_t *door) { door->reply_count--; }

const enow_link_reply_t *enow_link_door_reply(enow_link_door_t *door)
{
    if (door->reply_count == 0) {
        return NULL;
    }
    const enow_link_reply_t *r = &door->replies[door->reply_head];
    door->reply_head = (uint16_t)((door->reply_head + 1u) % door->reply_capacity);
    door->reply_count--;
    return r;
}

uint64_t enow_link_door_later(enow_link_door_t *door, uint64_t now_us, uint64_t every_us, uint16_t jitter)
{
    const uint64_t turn_us = door->next_join_us + door->pending_count * every_us;

    if (door->comeback_us < turn_us) {
        door->comeback_us = turn_us;
    }
    if (door->comeback_us < now_us) {
        door->comeback_us = now_us;
    }
    door->comeback_us += every_us;
    if (door->comeback_us > now_us + ENOW_LINK_MAX_RETRY_AFTER_US) {
        door->comeback_us = now_us + ENOW_LINK_MAX_RETRY_AFTER_US;
        return ENOW_LINK_MAX_RETRY_AFTER_US - jitter * (ENOW_LINK_MAX_RETRY_AFTER_US / 4) / 65536;
    }
    return door->comeback_us - now_us;
}
