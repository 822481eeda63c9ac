#include "arguments.h"

#include <stdlib.h>
#include <string.h>

static void add(arguments_t *a, const char *name, const char *value)
{
    const argument_t argument = {name, value, false};

    if (a->count == ARGUMENTS) {
        script_fault(a->script, "too many arguments");
    }
    a->all[a->count++] = argument;
}

void arguments_of(arguments_t *a, const script_t *script)
{
    memset(a, 0, sizeof *a);
    a->script = script;
    memcpy(a->text, script->input, sizeof a->text);
    for (char *at = a->text + strspn(a->text, " "); *at != '\0'; at += strspn(at, " ")) {
        char *const word = at;
        char *value = NULL;
        char end = ' ';

        at += strcspn(at, " =");
        if (*at == '=') {
            *at++ = '\0';
            if (*at == '"') {
                end = '"';
                at++;
            }
            value = at;
            at = strchr(at, end);
        }
        if (at == NULL && end == '"') {
            script_fault(a->script, "a closing quote is missing");
        }
        add(a, value != NULL ? word : NULL, value != NULL ? value : word);
        if (at == NULL || *at == '\0') {
            return;
        }
        *at++ = '\0';
    }
}

const char *arguments_word(arguments_t *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->all[i].name == NULL && !a->all[i].taken) {
            a->all[i].taken = true;
            return a->all[i].value;
        }
    }
    return "";
}

bool arguments_flag(arguments_t *a, const char *word)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->all[i].name == NULL && !a->all[i].taken && strcmp(a->all[i].value, word) == 0) {
            a->all[i].taken = true;
            return true;
        }
    }
    return false;
}

const char *arguments_setting(arguments_t *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->all[i].name != NULL && strcmp(a->all[i].name, name) == 0) {
            a->all[i].taken = true;
            return a->all[i].value;
        }
    }
    return NULL;
}

void arguments_end(const arguments_t *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (!a->all[i].taken) {
            script_fault(a->script, a->all[i].name != NULL ? a->all[i].name : a->all[i].value);
        }
    }
}

int64_t number_of(const arguments_t *a, const char *text)
{
    char *end;
    const long long n = strtoll(text, &end, 10);

    if (*text == '\0' || *end != '\0') {
        script_fault(a->script, "a number is none");
    }
    return n;
}

int64_t arguments_number(arguments_t *a, const char *name, int64_t without)
{
    const char *const text = arguments_setting(a, name);

    return text != NULL ? number_of(a, text) : without;
}

static uint64_t unit_us(const char *unit, size_t len)
{
    static const struct {
        const char *name;
        uint64_t us;
    } units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", UINT64_C(3600000000)}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strlen(units[i].name) == len && strncmp(units[i].name, unit, len) == 0) {
            return units[i].us;
        }
    }
    return 0;
}

uint64_t time_of(const arguments_t *a, const char *text)
{
    uint64_t us = 0;

    do {
        char *unit;
        const unsigned long long n = strtoull(text, &unit, 10);
        const size_t len = strcspn(unit, "0123456789");
        const uint64_t each = unit_us(unit, len);
        if (unit == text || each == 0) {
            script_fault(a->script, "a time is none");
        }
        us += n * each;
        text = unit + len;
    } while (*text != '\0');
    return us;
}

uint64_t arguments_time(arguments_t *a, const char *name, uint64_t without)
{
    const char *const text = arguments_setting(a, name);

    return text != NULL ? time_of(a, text) : without;
}
