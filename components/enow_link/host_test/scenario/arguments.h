/* The arguments of an input: words, and settings as name=value. A value in quotes may have spaces. What nobody takes is
 * a fault of the scenario, and so is a number that is none. */
#pragma once

#include "script.h"

#include <stdint.h>

enum { ARGUMENTS = 64 };

typedef struct {
    const char *name; /* of a setting; NULL: a word */
    const char *value;
    bool taken;
} argument_t;

typedef struct {
    const script_t *script;
    char text[SCRIPT_LINE];
    argument_t all[ARGUMENTS];
    size_t count;
} arguments_t;

void arguments_of(arguments_t *a, const script_t *script);

/* Takes the next word, "" if there is none. */
const char *arguments_word(arguments_t *a);

/* Takes a word if it is there. */
bool arguments_flag(arguments_t *a, const char *word);

/* Takes a setting; NULL if it is not there. */
const char *arguments_setting(arguments_t *a, const char *name);

/* Takes a setting that is a number, or a time in us; what it is without. */
int64_t arguments_number(arguments_t *a, const char *name, int64_t without);
uint64_t arguments_time(arguments_t *a, const char *name, uint64_t without);

/* Nothing may be left. */
void arguments_end(const arguments_t *a);

int64_t number_of(const arguments_t *a, const char *text);

/* As Go writes times: 1h30m, 5ms, in us. */
uint64_t time_of(const arguments_t *a, const char *text);
