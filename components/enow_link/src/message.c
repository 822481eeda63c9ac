#include "message.h"

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* Whether a part that is not last is here. */
static bool has(const enow_frag_entry_t *m, uint32_t part)
{
    const uint32_t byte = part / 8;

    return byte < m->seen.size && (m->seen.data[byte] >> part % 8 & 1) != 0;
}

/* The number after the highest of the parts that are here and not last. */
static uint32_t parts_of(const enow_frag_entry_t *m)
{
    uint32_t bytes = m->seen.size;

    while (bytes > 0 && m->seen.data[bytes - 1] == 0) {
        bytes--;
    }
    uint32_t parts = 8 * bytes;
    while (parts > 0 && !has(m, parts - 1)) {
        parts--;
    }
    return parts;
}

static int check_more(const enow_frag_entry_t *m, const enow_frag_limits_t *limits, uint32_t start, uint32_t n)
{
    if (n == 0) {
        return ENOW_FRAG_ERR_EMPTY_PART;
    }
    if (start % n != 0) {
        return ENOW_FRAG_ERR_OFFSET;
    }
    if (m->size != 0 && n != m->size) {
        return ENOW_FRAG_ERR_MISMATCH;
    }
    if (m->end != 0 && m->last % n != 0) { /* the last part came first: only now can it be judged */
        return ENOW_FRAG_ERR_OFFSET;
    }
    if (m->end != 0 && (m->end - m->last > n || start + n > m->last)) {
        return ENOW_FRAG_ERR_MISMATCH;
    }
    if (most(start + n, m->last) / n >= limits->max_parts) { /* so many come before the last */
        return ENOW_FRAG_ERR_TOO_MANY_PARTS;
    }
    return 0;
}

static int check_last(const enow_frag_entry_t *m, const enow_frag_limits_t *limits, uint32_t start, uint32_t n)
{
    if (m->end != 0) {
        return start != m->last || n != m->end - m->last ? ENOW_FRAG_ERR_MISMATCH : 0;
    }
    if (m->size == 0) {
        return limits->max_parts == 1 ? ENOW_FRAG_ERR_TOO_MANY_PARTS : 0;
    }
    if (start % m->size != 0) {
        return ENOW_FRAG_ERR_OFFSET;
    }
    if (n > m->size || start / m->size < parts_of(m)) {
        return ENOW_FRAG_ERR_MISMATCH;
    }
    return start / m->size >= limits->max_parts ? ENOW_FRAG_ERR_TOO_MANY_PARTS : 0;
}

int enow_frag_entry_check(const enow_frag_entry_t *m, const enow_frag_limits_t *limits, const enow_frag_part_t *part)
{
    const size_t n = part->data.len;

    if (n > limits->max_message || part->offset > limits->max_message - n) {
        return ENOW_FRAG_ERR_TOO_LARGE;
    }
    return part->more ? check_more(m, limits, part->offset, (uint32_t)n)
                      : check_last(m, limits, part->offset, (uint32_t)n);
}

void enow_frag_entry_needs(const enow_frag_entry_t *m, const enow_frag_part_t *part, uint32_t *bytes, uint32_t *parts)
{
    *bytes = part->offset + (uint32_t)part->data.len;
    if (part->more) { /* if the end is known, there is room for all bytes, and now for all bits */
        *parts = most(*bytes, m->last) / (uint32_t)part->data.len;
    } else {
        *parts = m->size == 0 ? 0 : part->offset / m->size;
    }
}

void enow_frag_entry_progress(enow_frag_entry_t *m, enow_frag_ack_t *ack)
{
    ack->status = ENOW_PUBACK_STATUS_PARTIAL;
    ack->bitmap = 0;
    if (m->fate == ENOW_FRAG_DELIVERED) {
        ack->received = m->end;
        return;
    }
    while (has(m, m->first)) {
        m->first++;
    }
    ack->received = m->first * m->size;
    if (m->size == 0) {
        return;
    }
    for (uint32_t i = 0; i < ENOW_FRAG_BITMAP_BITS; i++) {
        const uint32_t part = m->first + 1 + i;
        if (has(m, part) || (m->end != 0 && part == m->last / m->size)) {
            ack->bitmap |= UINT64_C(1) << i;
        }
    }
}
