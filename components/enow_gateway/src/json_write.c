#include "json_write.h"

static void put(enow_gateway_json_writer_t *w, char c)
{
    if (w->len < w->cap) {
        w->out[w->len] = c;
    }
    w->len++;
}

static char printable(char c)
{
    if (c >= ' ' && c <= '~') {
        return c;
    }
    return '?';
}

static void put_quoted(enow_gateway_json_writer_t *w, const char *text)
{
    put(w, '"');
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\') {
            put(w, '\\');
        }
        put(w, printable(*text));
    }
    put(w, '"');
}

/* What stands in front of a value. */
static void put_front(enow_gateway_json_writer_t *w, const char *name)
{
    if (w->more) {
        put(w, ',');
    }
    w->more = true;
    if (name != NULL) {
        put_quoted(w, name);
        put(w, ':');
    }
}

static void put_plain(enow_gateway_json_writer_t *w, const char *text)
{
    for (; *text != 0; text++) {
        put(w, *text);
    }
}

void enow_gateway_json_begin(enow_gateway_json_writer_t *w, char *out, size_t cap)
{
    w->out = out;
    w->cap = cap;
    w->len = 0;
    w->more = false;
}

void enow_gateway_json_open(enow_gateway_json_writer_t *w, const char *name, char bracket)
{
    put_front(w, name);
    put(w, bracket);
    w->more = false;
}

void enow_gateway_json_close(enow_gateway_json_writer_t *w, char bracket)
{
    put(w, bracket);
    w->more = true;
}

void enow_gateway_json_bool(enow_gateway_json_writer_t *w, const char *name, bool value)
{
    put_front(w, name);
    put_plain(w, value ? "true" : "false");
}

void enow_gateway_json_integer(enow_gateway_json_writer_t *w, const char *name, int64_t value)
{
    char digits[21];
    size_t at = sizeof digits - 1;
    uint64_t rest = value < 0 ? (uint64_t) - (value + 1) + 1 : (uint64_t)value;

    put_front(w, name);
    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        put(w, '-');
    }
    put_plain(w, digits + at);
}

void enow_gateway_json_text(enow_gateway_json_writer_t *w, const char *name, const char *value)
{
    put_front(w, name);
    put_quoted(w, value);
}

int enow_gateway_json_end(enow_gateway_json_writer_t *w)
{
    if (w->len >= w->cap) {
        return ENOW_GATEWAY_ERR_CAPACITY;
    }
    w->out[w->len] = 0;
    return (int)w->len;
}
