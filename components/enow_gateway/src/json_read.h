/*
 * JSON (RFC 8259), as far as a gateway reads it: a list or an object of plain values. It needs no heap and calls
 * nothing within itself, since what it reads comes from whoever can write to the broker: a nest of a thousand brackets
 * is an error, and no overflow of the stack.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the longest name of a member, and of the longest text, that is read; the 0 behind them not counted. */
#define ENOW_GATEWAY_JSON_NAME 32u
#define ENOW_GATEWAY_JSON_TEXT 128u

/* How deep values that nobody has a use for may be within each other. */
#define ENOW_GATEWAY_JSON_DEPTH 32u

typedef enum {
    ENOW_GATEWAY_JSON_NULL = 1,
    ENOW_GATEWAY_JSON_BOOL = 2,
    /* Within an int64_t. */
    ENOW_GATEWAY_JSON_INTEGER = 3,
    /* Any other number. */
    ENOW_GATEWAY_JSON_NUMBER = 4,
    ENOW_GATEWAY_JSON_STRING = 5,
    /* A list or an object; its content was skipped. */
    ENOW_GATEWAY_JSON_NESTED = 6,
} enow_gateway_json_kind_t;

/* One element of a list, or one member of an object. */
typedef struct {
    enow_gateway_json_kind_t kind;
    bool boolean;
    int64_t integer;
    char name[ENOW_GATEWAY_JSON_NAME + 1]; /* of a member */
    char text[ENOW_GATEWAY_JSON_TEXT + 1]; /* of a string */
} enow_gateway_json_value_t;

/* Reads one list or object from text that stays the caller's. at is the offset of what was not understood. */
typedef struct {
    const char *text;
    size_t len, at;
    char bracket;
    bool begun;
} enow_gateway_json_reader_t;

/* Begins to read a list, bracket '[', or an object, '{'. Returns 0, or ENOW_GATEWAY_ERR_SYNTAX or _KIND. */
int enow_gateway_json_read(enow_gateway_json_reader_t *r, const char *text, size_t len, char bracket);

/* Reads the next element or member. Returns 1; 0: there is none, and nothing else follows; or ENOW_GATEWAY_ERR_SYNTAX,
 * _TEXT or _DEPTH, after which the reader is of no use. */
int enow_gateway_json_next(enow_gateway_json_reader_t *r, enow_gateway_json_value_t *value);

#ifdef __cplusplus
}
#endif
