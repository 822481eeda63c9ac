#include "nanopb.h"

#include <pb_decode.h>
#include <pb_encode.h>

int nanopb_encode(const reading_Reading *in, uint8_t *buf, size_t cap)
{
    pb_ostream_t stream = pb_ostream_from_buffer(buf, cap);

    return pb_encode(&stream, reading_Reading_fields, in) ? (int)stream.bytes_written : -1;
}

int nanopb_decode(reading_Reading *out, const uint8_t *buf, size_t len)
{
    pb_istream_t stream = pb_istream_from_buffer(buf, len);

    return pb_decode(&stream, reading_Reading_fields, out) ? (int)len : -1;
}
