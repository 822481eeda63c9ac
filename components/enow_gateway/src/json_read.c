#include "json_read.h"

#include <string.h>

/* The character at hand; 0 at the end, and for a character 0, which stands nowhere. */
static char peek(const enow_gateway_json_reader_t *r)
{
    if (r->at < r->len) {
        return r->text[r->at];
    }
    return 0;
}

static char peek_past_space(enow_gateway_json_reader_t *r)
{
    while (r->at < r->len && strchr(" \t\r\n", r->text[r->at]) != NULL && r->text[r->at] != 0) {
        r->at++;
    }
    return peek(r);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Takes a character, if it is at hand. */
static bool take(enow_gateway_json_reader_t *r, char c)
{
    if (peek(r) != c || r->at >= r->len) {
        return false;
    }
    r->at++;
    return true;
}

/* Takes digits; false: there are none. */
static bool take_digits(enow_gateway_json_reader_t *r)
{
    const size_t from = r->at;

    while (is_digit(peek(r))) {
        r->at++;
    }
    return r->at > from;
}

/* Takes a word: false, true or null. */
static bool take_word(enow_gateway_json_reader_t *r, const char *word)
{
    const size_t len = strlen(word);

    if (r->len - r->at < len || memcmp(r->text + r->at, word, len) != 0) {
        return false;
    }
    r->at += len;
    return true;
}

/* Reads four hexadecimal digits; false: they are none. */
static bool take_hex(enow_gateway_json_reader_t *r, uint32_t *unit)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";

    *unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        const char c = peek(r);
        const char *digit = c == 0 ? NULL : strchr(digits, c);
        if (digit == NULL) {
            return false;
        }
        *unit = *unit << 4 | ((uint32_t)(digit - digits) & 15u);
        r->at++;
    }
    return true;
}

/* Text that is read into memory of a fixed size, or, where that is null, over nothing. */
typedef struct {
    char *out;
    size_t cap, len;
} text_t;

/* False: it does not fit. */
static bool append(text_t *text, uint32_t byte)
{
    if (text->out == NULL) {
        return true;
    }
    if (byte == 0 || text->len == text->cap) {
        return false;
    }
    text->out[text->len++] = (char)(byte & 0xff);
    return true;
}

static bool append_character(text_t *text, uint32_t c)
{
    if (c < 0x80) {
        return append(text, c);
    }
    if (c < 0x800) {
        return append(text, 0xc0 | c >> 6) && append(text, 0x80 | (c & 0x3f));
    }
    if (c < 0x10000) {
        return append(text, 0xe0 | c >> 12) && append(text, 0x80 | (c >> 6 & 0x3f)) && append(text, 0x80 | (c & 0x3f));
    }
    return append(text, 0xf0 | c >> 18) && append(text, 0x80 | (c >> 12 & 0x3f)) &&
           append(text, 0x80 | (c >> 6 & 0x3f)) && append(text, 0x80 | (c & 0x3f));
}

/* Reads what follows a backslash. */
static int take_escape(enow_gateway_json_reader_t *r, text_t *text)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char c = peek(r);
    const char *name = c == 0 ? NULL : strchr(names, c);
    uint32_t unit, low;

    if (name != NULL) {
        r->at++;
        return append(text, (uint8_t)meant[name - names]) ? 0 : ENOW_GATEWAY_ERR_TEXT;
    }
    if (!take(r, 'u') || !take_hex(r, &unit) || (unit >= 0xdc00 && unit < 0xe000)) {
        return ENOW_GATEWAY_ERR_SYNTAX;
    }
    if (unit >= 0xd800 && unit < 0xdc00) { /* two units make one character */
        if (!take(r, '\\') || !take(r, 'u') || !take_hex(r, &low) || low < 0xdc00 || low > 0xdfff) {
            return ENOW_GATEWAY_ERR_SYNTAX;
        }
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    }
    return append_character(text, unit) ? 0 : ENOW_GATEWAY_ERR_TEXT;
}

/* Reads a string with its quotes into out, and a 0; null: over it. */
static int take_string(enow_gateway_json_reader_t *r, char *out, size_t cap)
{
    text_t text = {out, cap, 0};

    if (!take(r, '"')) {
        return ENOW_GATEWAY_ERR_SYNTAX;
    }
    while (!take(r, '"')) {
        int err = 0;
        if (take(r, '\\')) {
            err = take_escape(r, &text);
        } else if (r->at >= r->len || (uint8_t)peek(r) < ' ') {
            err = ENOW_GATEWAY_ERR_SYNTAX;
        } else if (!append(&text, (uint8_t)r->text[r->at++])) {
            err = ENOW_GATEWAY_ERR_TEXT;
        }
        if (err < 0) {
            return err;
        }
    }
    if (out != NULL) {
        out[text.len] = 0;
    }
    return 0;
}

/* Reads the digits of an integer; false: it is beyond an int64_t. */
static bool integer(const char *digits, size_t len, bool negative, int64_t *value)
{
    int64_t n = 0;

    for (size_t i = 0; i < len; i++) {
        const int digit = digits[i] - '0';
        if (n < (INT64_MIN + digit) / 10) {
            return false;
        }
        n = n * 10 - digit; /* below zero, where there is one more */
    }
    if (!negative && n == INT64_MIN) {
        return false;
    }
    *value = negative ? n : -n;
    return true;
}

static int take_number(enow_gateway_json_reader_t *r, enow_gateway_json_value_t *value)
{
    const bool negative = take(r, '-');
    const size_t from = r->at;

    if (!take(r, '0') && !take_digits(r)) {
        return ENOW_GATEWAY_ERR_SYNTAX;
    }
    const size_t len = r->at - from;
    bool whole = true;
    if (take(r, '.')) {
        whole = false;
        if (!take_digits(r)) {
            return ENOW_GATEWAY_ERR_SYNTAX;
        }
    }
    if (take(r, 'e') || take(r, 'E')) {
        whole = false;
        if (!take(r, '+')) {
            (void)take(r, '-');
        }
        if (!take_digits(r)) {
            return ENOW_GATEWAY_ERR_SYNTAX;
        }
    }
    whole = whole && integer(r->text + from, len, negative, &value->integer);
    value->kind = whole ? ENOW_GATEWAY_JSON_INTEGER : ENOW_GATEWAY_JSON_NUMBER;
    return 0;
}

/* Reads a value that has no others within, its string into text; null: over it. */
static int take_plain(enow_gateway_json_reader_t *r, enow_gateway_json_value_t *value, char *text)
{
    if (peek(r) == '"') {
        value->kind = ENOW_GATEWAY_JSON_STRING;
        return take_string(r, text, ENOW_GATEWAY_JSON_TEXT);
    }
    value->boolean = take_word(r, "true");
    if (value->boolean || take_word(r, "false")) {
        value->kind = ENOW_GATEWAY_JSON_BOOL;
        return 0;
    }
    if (take_word(r, "null")) {
        value->kind = ENOW_GATEWAY_JSON_NULL;
        return 0;
    }
    return take_number(r, value);
}

/* Moves past the name of a member and its colon, in front of its value. */
static int take_name(enow_gateway_json_reader_t *r, char *name)
{
    (void)peek_past_space(r);
    const int err = take_string(r, name, ENOW_GATEWAY_JSON_NAME);
    if (err == 0 && peek_past_space(r) == ':') {
        r->at++;
        (void)peek_past_space(r);
        return 0;
    }
    return err < 0 ? err : ENOW_GATEWAY_ERR_SYNTAX;
}

/* Moves past a list or an object, whatever is in it. Bit i of objects: what is open i deep is an object. */
static int skip(enow_gateway_json_reader_t *r)
{
    enow_gateway_json_value_t ignored;
    uint32_t objects = 0;
    unsigned depth = 0;
    bool first = false; /* nothing stands behind the bracket yet */
    int err;

    do {
        const char c = peek_past_space(r);
        const bool object = (objects & 1) != 0;
        if (depth > 0 && c == (object ? '}' : ']')) {
            r->at++;
            objects >>= 1;
            depth--;
            first = false;
            continue;
        }
        if (depth > 0 && !first && !take(r, ',')) {
            return ENOW_GATEWAY_ERR_SYNTAX;
        }
        err = depth > 0 && object ? take_name(r, NULL) : 0;
        if (err < 0) {
            return err;
        }
        const char begin = peek_past_space(r);
        if (begin != '[' && begin != '{') {
            err = take_plain(r, &ignored, NULL);
            if (err < 0) {
                return err;
            }
            first = false;
            continue;
        }
        if (depth == ENOW_GATEWAY_JSON_DEPTH) {
            return ENOW_GATEWAY_ERR_DEPTH;
        }
        r->at++;
        objects = objects << 1 | (begin == '{');
        depth++;
        first = true;
    } while (depth > 0);
    return 0;
}

int enow_gateway_json_read(enow_gateway_json_reader_t *r, const char *text, size_t len, char bracket)
{
    r->text = text;
    r->len = len;
    r->at = 0;
    r->bracket = bracket;
    r->begun = false;
    const char c = peek_past_space(r);
    if (take(r, bracket)) {
        return 0;
    }
    return c == 0 ? ENOW_GATEWAY_ERR_SYNTAX : ENOW_GATEWAY_ERR_KIND;
}

/* Moves past the end of the text; nothing but space may follow. */
static int finish(enow_gateway_json_reader_t *r)
{
    r->at++;
    (void)peek_past_space(r);
    return r->at == r->len ? 0 : ENOW_GATEWAY_ERR_SYNTAX;
}

int enow_gateway_json_next(enow_gateway_json_reader_t *r, enow_gateway_json_value_t *value)
{
    const bool object = r->bracket == '{';
    const char c = peek_past_space(r);
    int err = 0;

    memset(value, 0, sizeof *value);
    if (c == (object ? '}' : ']')) {
        return finish(r);
    }
    if (r->begun && !take(r, ',')) {
        return ENOW_GATEWAY_ERR_SYNTAX;
    }
    r->begun = true;
    if (object) {
        err = take_name(r, value->name);
        if (err < 0) {
            return err;
        }
    }
    const char begin = peek_past_space(r);
    if (begin == '[' || begin == '{') {
        value->kind = ENOW_GATEWAY_JSON_NESTED;
        err = skip(r);
    } else {
        err = take_plain(r, value, value->text);
    }
    return err < 0 ? err : 1;
}
