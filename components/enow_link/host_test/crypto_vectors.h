/* Readers of testdata/crypto, whose README tells the format. What is wrong with a file ends the program. */
#pragma once

#include "../src/keys.h"

#include <stdio.h>

enum { VECTOR_VALUES = 24, VECTOR_SIZE = 1600 };

typedef struct {
    char key[24];
    uint8_t data[VECTOR_SIZE];
    size_t len;
} vector_value_t;

typedef struct {
    FILE *file;
    unsigned line; /* read last, from 1 */
    unsigned count;
    char name[64];
    char next[64]; /* of the vector behind this one */
    vector_value_t values[VECTOR_VALUES];
    size_t values_count;
} vectors_t;

void vectors_open(vectors_t *v, const char *folder, const char *name);

/* Reads the next vector. False at the end of the file, which must have had at_least. */
bool vectors_next(vectors_t *v, unsigned at_least);

bool vector_has(const vectors_t *v, const char *key);

/* A value that must be there. The bytes are the vector's and may be changed. */
uint8_t *vector_get(vectors_t *v, const char *key, size_t *len);

/* A value of so many bytes. */
uint8_t *vector_of(vectors_t *v, const char *key, size_t len);

enow_link_secret_t vector_secret(vectors_t *v, const char *key);
enow_addr_t vector_addr(vectors_t *v, const char *key);
