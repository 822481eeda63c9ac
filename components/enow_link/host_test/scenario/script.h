/* Reads a scenario as it is written: what is put in, and what must come out (testdata/scenarios/README.md). What is
 * wrong with the file ends the program. */
#pragma once

#include "text.h"

#include <stdbool.h>
#include <stdio.h>

enum { SCRIPT_LINE = 1024 };

typedef struct {
    const char *path;
    FILE *file;
    unsigned line; /* read last, from 1 */
    bool ahead;    /* it is the next input */
    char text[SCRIPT_LINE];

    unsigned input_line;
    char input[SCRIPT_LINE];
    text_t want; /* its outputs; what explains them left out */
} script_t;

void script_open(script_t *s, const char *path);

/* Reads the next input and its outputs. False: there is none. */
bool script_next(script_t *s);

void script_close(script_t *s);

/* Tells what is wrong with the input, and ends the program. */
void script_fault(const script_t *s, const char *what);
