#include "enow/frag.h"

int enow_frag_split(enow_frag_splitter_t *splitter, enow_bytes_t message, uint32_t size)
{
    if (size < 1) {
        return ENOW_FRAG_ERR_PART_SIZE;
    }
    if (message.len > ENOW_MAX_MESSAGE) {
        return ENOW_FRAG_ERR_TOO_LARGE;
    }
    splitter->message = message;
    splitter->size = size;
    splitter->offset = 0;
    splitter->done = false;
    return 0;
}

bool enow_frag_splitter_next(enow_frag_splitter_t *splitter, enow_frag_part_t *part)
{
    const uint32_t start = splitter->offset;
    const uint32_t left = (uint32_t)splitter->message.len - start;

    if (splitter->done) {
        return false;
    }
    part->offset = start;
    part->more = left > splitter->size;
    part->mark = false;
    part->data.data = start == 0 ? splitter->message.data : splitter->message.data + start;
    part->data.len = part->more ? splitter->size : left;
    splitter->offset = start + (uint32_t)part->data.len;
    splitter->done = !part->more;
    return true;
}
