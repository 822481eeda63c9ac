#include "check.h"

#include "../src/json_read.h"
#include "../src/json_write.h"

#include <string.h>

/* ---- writing ---- */

static int write(char *out, size_t cap)
{
    enow_gateway_json_writer_t w;

    enow_gateway_json_begin(&w, out, cap);
    enow_gateway_json_open(&w, NULL, '{');
    enow_gateway_json_bool(&w, "yes", true);
    enow_gateway_json_bool(&w, "no", false);
    enow_gateway_json_open(&w, "numbers", '[');
    enow_gateway_json_integer(&w, NULL, 0);
    enow_gateway_json_integer(&w, NULL, INT64_MAX);
    enow_gateway_json_integer(&w, NULL, INT64_MIN);
    enow_gateway_json_close(&w, ']');
    enow_gateway_json_open(&w, "none", '{');
    enow_gateway_json_close(&w, '}');
    enow_gateway_json_text(&w, "text", "a\"b\\c\x1f ~\x7f\xc3\xa4");
    enow_gateway_json_close(&w, '}');
    return enow_gateway_json_end(&w);
}

static void test_write(void)
{
    static const char want[] =
        "{\"yes\":true,\"no\":false,\"numbers\":[0,9223372036854775807,-9223372036854775808],\"none\":{},"
        "\"text\":\"a\\\"b\\\\c? ~???\"}";

    for (size_t cap = 0; cap <= sizeof want; cap++) {
        char *out = malloc(cap);
        const int got = write(out, cap);
        if (cap < sizeof want) {
            CHECK(got == ENOW_GATEWAY_ERR_CAPACITY, "%d in %u bytes", got, (unsigned)cap);
        } else {
            CHECK(got == (int)sizeof want - 1 && strcmp(out, want) == 0, "%s", out);
        }
        free(out);
    }
}

/* ---- reading ---- */

/* What a text says, one letter and value after the other, or the error. */
static const char *read(const char *given, size_t len)
{
    static char said[1024];
    char *text = malloc(len); /* whose bytes end where the text does */
    enow_gateway_json_reader_t r;
    enow_gateway_json_value_t v;
    size_t at = 0;

    said[0] = 0;
    if (len > 0) {
        memcpy(text, given, len);
    }
    const char *bracket = len > 0 ? strpbrk(given, "[{") : NULL;
    int got = enow_gateway_json_read(&r, text, len, bracket == NULL ? '[' : *bracket);
    while (got >= 0 && (got = enow_gateway_json_next(&r, &v)) > 0 && at < sizeof said - 400) {
        at += (size_t)snprintf(said + at, sizeof said - at, "%s%s", at > 0 ? " " : "", v.name);
        switch (v.kind) {
        case ENOW_GATEWAY_JSON_NULL:
            at += (size_t)snprintf(said + at, sizeof said - at, ":0");
            break;
        case ENOW_GATEWAY_JSON_BOOL:
            at += (size_t)snprintf(said + at, sizeof said - at, ":%s", v.boolean ? "yes" : "no");
            break;
        case ENOW_GATEWAY_JSON_INTEGER:
            at += (size_t)snprintf(said + at, sizeof said - at, ":%lld", (long long)v.integer);
            break;
        case ENOW_GATEWAY_JSON_NUMBER:
            at += (size_t)snprintf(said + at, sizeof said - at, ":number");
            break;
        case ENOW_GATEWAY_JSON_STRING:
            at += (size_t)snprintf(said + at, sizeof said - at, ":'%s'", v.text);
            break;
        case ENOW_GATEWAY_JSON_NESTED:
            at += (size_t)snprintf(said + at, sizeof said - at, ":nested");
            break;
        }
    }
    CHECK(r.at <= r.len, "%s: read %u of %u bytes", given, (unsigned)r.at, (unsigned)r.len);
    if (got < 0) {
        (void)snprintf(said + at, sizeof said - at, "%s%s at %u", at > 0 ? " " : "", enow_gateway_err_text(got),
                       (unsigned)r.at);
    }
    free(text);
    return said;
}

static void test_read(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"[]", ""},
        {"{}", ""},
        {" \t\r\n[ ] ", ""},
        {"[true,false,null]", ":yes :no :0"},
        {"{\"a\":1,\"b\" : \"c\" , \"\":null}", "a:1 b:'c' :0"},
        {"[0,-0,-7,9223372036854775807,-9223372036854775808]", ":0 :0 :-7 :9223372036854775807 :-9223372036854775808"},
        {"[9223372036854775808,-9223372036854775809,99999999999999999999]", ":number :number :number"},
        {"[1.5,1e3,1E+3,2e-3,-0.0]", ":number :number :number :number :number"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", ":'\"\\/\b\f\n\r\t'"},
        {"[\"\\u0041\\u00e4\\u20AC\\ud83d\\ude00\"]", ":'A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80'"},
        {"[\"\xc3\xa4\"]", ":'\xc3\xa4'"},
        {"[[],{},[[1,2],{\"a\":[{\"b\":\"c\"}]},\"d\\n\"],1]", ":nested :nested :nested :1"},
        {"[[ ] , [ 1 , [ ] ] ]", ":nested :nested"},
        {"", "not JSON at 0"},
        {" ", "not JSON at 1"},
        {"true", "another kind of value is wanted at 0"},
        {"[", "not JSON at 1"},
        {"{", "not JSON at 1"},
        {"[1", ":1 not JSON at 2"},
        {"[1,", ":1 not JSON at 3"},
        {"[1,]", ":1 not JSON at 3"},
        {"[,1]", "not JSON at 1"},
        {"[1 2]", ":1 not JSON at 3"},
        {"[1]]", ":1 not JSON at 3"},
        {"[1]1", ":1 not JSON at 3"},
        {"[01]", ":0 not JSON at 2"},
        {"[-]", "not JSON at 2"},
        {"[1.]", "not JSON at 3"},
        {"[.5]", "not JSON at 1"},
        {"[1e]", "not JSON at 3"},
        {"[1e+]", "not JSON at 4"},
        {"[+1]", "not JSON at 1"},
        {"[tru]", "not JSON at 1"},
        {"[True]", "not JSON at 1"},
        {"[truefalse]", ":yes not JSON at 5"},
        {"[nul", "not JSON at 1"},
        {"[\"a]", "not JSON at 4"},
        {"[\"\\x\"]", "not JSON at 3"},
        {"[\"\\", "not JSON at 3"},
        {"[\"\\u00g0\"]", "not JSON at 6"},
        {"[\"\\u00", "not JSON at 6"},
        {"[\"\\ud83d\"]", "not JSON at 8"},
        {"[\"\\ud83d\\u0041\"]", "not JSON at 14"},
        {"[\"\\ude00\"]", "not JSON at 8"},
        {"[\"\\u0000\"]", "text too long at 8"},
        {"[\"\x1f\"]", "not JSON at 2"},
        {"['a']", "not JSON at 1"},
        {"{\"a\"}", "not JSON at 4"},
        {"{\"a\":}", "not JSON at 5"},
        {"{\"a\":1,}", "a:1 not JSON at 7"},
        {"{a:1}", "not JSON at 1"},
        {"{1:1}", "not JSON at 1"},
        {"{\"a\":1 \"b\":2}", "a:1 not JSON at 7"},
        {"{\"a\":1]", "a:1 not JSON at 6"},
        {"[[}]", "not JSON at 2"},
        {"[[1}]", "not JSON at 3"},
        {"[[1", "not JSON at 3"},
        {"[[1,]]", "not JSON at 4"},
        {"[[,1]]", "not JSON at 2"},
        {"[[1 1]]", "not JSON at 4"},
        {"[[\"a\":1]]", "not JSON at 5"},
        {"[[[[", "not JSON at 4"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *got = read(cases[i].text, strlen(cases[i].text));
        CHECK(strcmp(got, cases[i].want) == 0, "%s: want %s, got %s", cases[i].text, cases[i].want, got);
    }
    CHECK(strcmp(read("[1\0]", 4), ":1 not JSON at 2") == 0, "a character 0");
    CHECK(strcmp(read("[\"\0\"]", 5), "not JSON at 2") == 0, "a character 0 in a string");
    CHECK(strcmp(read("\0[]", 3), "not JSON at 0") == 0, "a character 0 in front");
}

/* Reads text between n times open and n times close. */
static const char *read_around(const char *front, char open, unsigned n, char close, const char *back)
{
    char text[512];
    const int len = snprintf(text, sizeof text, "%s", front);

    memset(text + len, open, n);
    memset(text + len + n, close, n);
    const int end = len + (int)n + (close != 0 ? (int)n : 0);
    (void)snprintf(text + end, sizeof text - (size_t)end, "%s", back);
    return read(text, strlen(text));
}

static void test_limits(void)
{
    char *got = (char *)(uintptr_t)read_around("[\"", 'x', ENOW_GATEWAY_JSON_TEXT, 0, "\"]");
    CHECK(strlen(got) == 3 + ENOW_GATEWAY_JSON_TEXT, "the longest text: %s", got);
    CHECK(strcmp(read_around("[\"", 'x', ENOW_GATEWAY_JSON_TEXT + 1, 0, "\"]"), "text too long at 131") == 0, "longer");
    CHECK(strcmp(read_around("[[\"", 'x', ENOW_GATEWAY_JSON_TEXT + 1, 0, "\"]]"), ":nested") == 0,
          "which nobody reads");
    got = (char *)(uintptr_t)read_around("{\"", 'x', ENOW_GATEWAY_JSON_NAME, 0, "\":1}");
    CHECK(strlen(got) == 2 + ENOW_GATEWAY_JSON_NAME, "the longest name: %s", got);
    CHECK(strcmp(read_around("{\"", 'x', ENOW_GATEWAY_JSON_NAME + 1, 0, "\":1}"), "text too long at 35") == 0,
          "longer");
    CHECK(strcmp(read_around("[", '[', ENOW_GATEWAY_JSON_DEPTH, ']', "]"), ":nested") == 0, "the deepest");
    CHECK(strcmp(read_around("[", '[', ENOW_GATEWAY_JSON_DEPTH + 1, ']', "]"), "nested too deep at 33") == 0, "deeper");
    /* What is open is told apart to the last level. */
    CHECK(strcmp(read_around("[{\"a\":", '[', ENOW_GATEWAY_JSON_DEPTH - 1, ']', "}]"), ":nested") == 0, "an object");
    CHECK(strncmp(read_around("[{\"a\":", '[', ENOW_GATEWAY_JSON_DEPTH - 1, ']', "]]"), "not JSON", 8) == 0,
          "mixed up");
}

/* Each error has a text of its own. */
static void test_errors(void)
{
    const char *none = enow_gateway_err_text(1);

    for (int err = ENOW_GATEWAY_ERR_MEMORY; err <= ENOW_GATEWAY_ERR_CAPACITY; err++) {
        for (int other = err + 1; other <= ENOW_GATEWAY_ERR_CAPACITY; other++) {
            CHECK(strcmp(enow_gateway_err_text(err), enow_gateway_err_text(other)) != 0, "%d and %d", err, other);
        }
        CHECK(strcmp(enow_gateway_err_text(err), none) != 0, "%d", err);
    }
}

int main(void)
{
    test_errors();
    test_write();
    test_read();
    test_limits();
    return check_result();
}
