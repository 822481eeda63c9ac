/* JSON (RFC 8259) that a gateway writes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes one document into the caller's buffer. A name is null within a list, and at the outermost. */
typedef struct {
    char *out;
    size_t cap, len; /* len goes on to count where cap has ended */
    bool more;       /* a value stands before the next one */
} enow_gateway_json_writer_t;

void enow_gateway_json_begin(enow_gateway_json_writer_t *w, char *out, size_t cap);

void enow_gateway_json_open(enow_gateway_json_writer_t *w, const char *name, char bracket);
void enow_gateway_json_close(enow_gateway_json_writer_t *w, char bracket);

void enow_gateway_json_bool(enow_gateway_json_writer_t *w, const char *name, bool value);
void enow_gateway_json_integer(enow_gateway_json_writer_t *w, const char *name, int64_t value);

/* Writes a text that ends with a 0. What is not printable ASCII is written as "?". */
void enow_gateway_json_text(enow_gateway_json_writer_t *w, const char *name, const char *value);

/* Ends the document with a 0. Returns its length, or ENOW_GATEWAY_ERR_CAPACITY. */
int enow_gateway_json_end(enow_gateway_json_writer_t *w);

#ifdef __cplusplus
}
#endif
