/* The elements of a list: any length, any bytes, and of the first element any length. */
#include "enow_proto.h"
#include "unknown.h"

static void next(size_t len, uint8_t length)
{
    uint8_t memory[ENOW_MAX_BODY];
    enow_bytes_t list = {memory + ENOW_MAX_BODY - len, len}, value;
    uint8_t type, byte = 0;

    unknown_bytes(memory + ENOW_MAX_BODY - len, len);
    if (len >= 2) {
        memory[ENOW_MAX_BODY - len + 1] = length;
    }
    if (enow_tlv_next(&list, &type, &value) > 0) {
        /*@ assert list.data + list.len == &memory[ENOW_MAX_BODY]; */
        /*@ assert value.data + value.len == list.data; */
        byte = type;
        if (value.len > 0) {
            byte = value.data[0];
            byte = value.data[value.len - 1];
        }
    }
    (void)byte;
}

static void next_each_length(size_t len)
{
    for (unsigned length = 0; length <= UINT8_MAX; length++) {
        next(len, (uint8_t)length);
    }
}

void prove_tlv(void)
{
    for (size_t len = 0; len <= LONGEST && len <= 2 + UINT8_MAX; len++) { /* from there on every first element fits */
        next_each_length(len);
    }
    next_each_length(ENOW_MAX_BODY);
}
