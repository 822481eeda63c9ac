#include "check.h"

#include "../src/json_read.h"
#include "../src/remote.h"

#include <string.h>

typedef struct {
    uint8_t channel;
    int8_t floor;
    uint32_t wait_s;
    uint8_t power;
    bool open;
    char name[9];
    char secret[9];
    uint8_t key[4];
} settings_t;

static const enow_setting_t rows[] = {
    ENOW_SETTING_U8(settings_t, channel, 1, 14, "a number"),
    ENOW_SETTING_I8(settings_t, floor, -100, -1, "a number below zero"),
    ENOW_SETTING_U32(settings_t, wait_s, 0, UINT32_MAX, "a long number"),
};
static const enow_setting_t more_rows[] = {
    ENOW_SETTING_BOOL(settings_t, open, "yes or no"),
    ENOW_SETTING_STRING(settings_t, name, 2, "a text"),
    ENOW_SETTING_BLOB(settings_t, key, "a key"),
};
static const enow_setting_t closed_rows[] = {
    ENOW_SETTING_STRING(settings_t, secret, 0, "a password"),
};
static const enow_setting_t more_closed_rows[] = {
    ENOW_SETTING_U8(settings_t, power, 2, 20, "a number that nobody sets from afar"),
};
static const enow_settings_t table = {rows, sizeof rows / sizeof rows[0]};
static const enow_settings_t more = {more_rows, sizeof more_rows / sizeof more_rows[0]};
static const enow_settings_t closed = {closed_rows, sizeof closed_rows / sizeof closed_rows[0]};
static const enow_settings_t more_closed = {more_closed_rows, sizeof more_closed_rows / sizeof more_closed_rows[0]};
static const enow_settings_t *const open_tables[] = {&table, &more};
static const enow_settings_t *const closed_tables[] = {&closed, &more_closed};

/* "name=text ..." of what was set. */
static char set_so_far[256];
static enow_gateway_set_t how = ENOW_GATEWAY_SET_NOW;

static enow_gateway_set_t set(void *user, const char *name, const char *text)
{
    const size_t len = strlen(set_so_far);

    CHECK(user == set_so_far, "user");
    (void)snprintf(set_so_far + len, sizeof set_so_far - len, "%s%s=%s", len > 0 ? " " : "", name, text);
    return how;
}

static const enow_gateway_remote_t remote = {
    .open = open_tables, .open_count = 2, .closed = closed_tables, .closed_count = 2, .set = set, .user = set_so_far};

static void test_take(void)
{
    static const struct {
        const char *text;
        int want;
        const char *set, *answer;
    } cases[] = {
        {"{}", 0, "", "{\"ok\":true,\"changed\":0,\"next_start\":0,\"unsaved\":0}"},
        {"{\"channel\":6}", 1, "channel=6", "{\"ok\":true,\"changed\":1,\"next_start\":0,\"unsaved\":0}"},
        {"{\"floor\":-100,\"wait_s\":4294967295,\"open\":true,\"name\":\"kitchen1\"}", 4,
         "floor=-100 wait_s=4294967295 open=true name=kitchen1",
         "{\"ok\":true,\"changed\":4,\"next_start\":0,\"unsaved\":0}"},
        {"{\"open\":false,\"name\":\"ab\"}", 2, "open=false name=ab",
         "{\"ok\":true,\"changed\":2,\"next_start\":0,\"unsaved\":0}"},
        {"{\"channel\":1,\"wait_s\":0,\"floor\":-1}", 3, "channel=1 wait_s=0 floor=-1",
         "{\"ok\":true,\"changed\":3,\"next_start\":0,\"unsaved\":0}"},
        {"{\"channel\":14}", 1, "channel=14", "{\"ok\":true,\"changed\":1,\"next_start\":0,\"unsaved\":0}"},

        /* Both sides of every limit. */
        {"{\"channel\":0}", ENOW_GATEWAY_ERR_RANGE, "",
         "{\"ok\":false,\"error\":\"out of range\",\"setting\":\"channel\",\"min\":1,\"max\":14}"},
        {"{\"channel\":15}", ENOW_GATEWAY_ERR_RANGE, "", NULL},
        {"{\"floor\":-101}", ENOW_GATEWAY_ERR_RANGE, "",
         "{\"ok\":false,\"error\":\"out of range\",\"setting\":\"floor\",\"min\":-100,\"max\":-1}"},
        {"{\"floor\":0}", ENOW_GATEWAY_ERR_RANGE, "", NULL},
        {"{\"wait_s\":4294967296}", ENOW_GATEWAY_ERR_RANGE, "",
         "{\"ok\":false,\"error\":\"out of range\",\"setting\":\"wait_s\",\"min\":0,\"max\":4294967295}"},
        {"{\"wait_s\":-1}", ENOW_GATEWAY_ERR_RANGE, "", NULL},
        {"{\"name\":\"a\"}", ENOW_GATEWAY_ERR_RANGE, "",
         "{\"ok\":false,\"error\":\"out of range\",\"setting\":\"name\",\"min\":2,\"max\":8}"},
        {"{\"name\":\"kitchen12\"}", ENOW_GATEWAY_ERR_RANGE, "", NULL},

        /* The wrong kind. */
        {"{\"channel\":\"6\"}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"channel\":6.0}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"channel\":true}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"channel\":null}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"channel\":[6]}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"wait_s\":18446744073709551616}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"open\":1}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"open\":\"true\"}", ENOW_GATEWAY_ERR_KIND, "", NULL},
        {"{\"name\":7}", ENOW_GATEWAY_ERR_KIND, "", NULL},

        /* Nothing is set where one cannot be. */
        {"{\"channel\":6,\"open\":true,\"nam\":\"x\"}", ENOW_GATEWAY_ERR_UNKNOWN, "",
         "{\"ok\":false,\"error\":\"no such setting\",\"setting\":\"nam\"}"},
        {"{\"channel\":6,\"open\":true,\"channel\":7}", ENOW_GATEWAY_ERR_TWICE, "",
         "{\"ok\":false,\"error\":\"named twice\",\"setting\":\"channel\"}"},
        {"{\"channel\":6,\"secret\":\"x\"}", ENOW_GATEWAY_ERR_FORBIDDEN, "",
         "{\"ok\":false,\"error\":\"not changed over MQTT\",\"setting\":\"secret\"}"},
        {"{\"channel\":6,\"power\":7}", ENOW_GATEWAY_ERR_FORBIDDEN, "", NULL},          /* of the second closed table */
        {"{\"channel\":6,\"key\":\"00010203\"}", ENOW_GATEWAY_ERR_FORBIDDEN, "", NULL}, /* a blob, though it is open */
        {"{\"channel\":6", ENOW_GATEWAY_ERR_SYNTAX, "", "{\"ok\":false,\"error\":\"not JSON\",\"at\":12}"},
        {"{\"channel\":6}}", ENOW_GATEWAY_ERR_SYNTAX, "", NULL},
        {"", ENOW_GATEWAY_ERR_SYNTAX, "", "{\"ok\":false,\"error\":\"not JSON\",\"at\":0}"},
        {"[]", ENOW_GATEWAY_ERR_KIND, "", "{\"ok\":false,\"error\":\"another kind of value is wanted\",\"at\":0}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *answer = malloc(ENOW_GATEWAY_REMOTE_ANSWER);
        const size_t len = strlen(cases[i].text);
        char *text = malloc(len + 1);
        memcpy(text, cases[i].text, len);
        set_so_far[0] = 0;
        const int got = enow_gateway_remote_take(&remote, text, len, answer);
        CHECK(got == cases[i].want && strcmp(set_so_far, cases[i].set) == 0, "%s: %d, set %s", cases[i].text, got,
              set_so_far);
        CHECK(cases[i].answer == NULL || strcmp(answer, cases[i].answer) == 0, "%s: %s", cases[i].text, answer);
        free(text);
        free(answer);
    }
}

static void test_how(void)
{
    static const char text[] = "{\"channel\":6,\"open\":true}";
    static const struct {
        enow_gateway_set_t how;
        const char *answer;
    } cases[] = {
        {ENOW_GATEWAY_SET_NEXT_START, "{\"ok\":true,\"changed\":2,\"next_start\":2,\"unsaved\":0}"},
        {ENOW_GATEWAY_SET_UNSAVED, "{\"ok\":true,\"changed\":2,\"next_start\":0,\"unsaved\":2}"},
    };
    char answer[ENOW_GATEWAY_REMOTE_ANSWER];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        how = cases[i].how;
        CHECK(enow_gateway_remote_take(&remote, text, sizeof text - 1, answer) == 2 &&
                  strcmp(answer, cases[i].answer) == 0,
              "%s", answer);
    }
    how = ENOW_GATEWAY_SET_NOW;
}

/* As many settings as there may be in one object, and one more. */
static void test_count(void)
{
    static enow_setting_t row[ENOW_GATEWAY_REMOTE_MAX + 1];
    static char names[ENOW_GATEWAY_REMOTE_MAX + 1][4];
    const enow_settings_t many = {row, ENOW_GATEWAY_REMOTE_MAX + 1};
    const enow_settings_t *const one[] = {&many};
    enow_gateway_remote_t r = remote;
    char text[1024] = "{", answer[ENOW_GATEWAY_REMOTE_ANSWER];

    for (unsigned i = 0; i <= ENOW_GATEWAY_REMOTE_MAX; i++) {
        (void)snprintf(names[i], sizeof names[i], "s%u", i);
        row[i] = rows[0];
        row[i].key = names[i];
    }
    r.open = one, r.open_count = 1, r.closed_count = 0;
    for (unsigned i = 0; i <= ENOW_GATEWAY_REMOTE_MAX; i++) {
        const size_t len = strlen(text);
        (void)snprintf(text + len, sizeof text - len, "%s\"s%u\":7}", i > 0 ? "," : "", i);
        set_so_far[0] = 0;
        const int got = enow_gateway_remote_take(&r, text, strlen(text), answer);
        if (i < ENOW_GATEWAY_REMOTE_MAX) {
            CHECK(got == (int)i + 1, "%u settings: %d", i + 1, got);
        } else {
            CHECK(got == ENOW_GATEWAY_ERR_FULL && set_so_far[0] == 0, "%u settings: %d", i + 1, got);
        }
        text[strlen(text) - 1] = 0;
    }
    CHECK(enow_gateway_remote_take(&r, "{\"x\":1}", 7, answer) == ENOW_GATEWAY_ERR_UNKNOWN, "where nothing is closed");
}

/* The longest answer fits, and is JSON, whatever was asked. */
static void test_longest(void)
{
    char text[2 * ENOW_GATEWAY_JSON_NAME + 16] = "{\"", answer[ENOW_GATEWAY_REMOTE_ANSWER];
    enow_gateway_json_reader_t reader;
    enow_gateway_json_value_t value;
    int got;

    for (unsigned i = 0; i < ENOW_GATEWAY_JSON_NAME; i++) {
        strcat(text, "\\\"");
    }
    strcat(text, "\":1}");
    CHECK(enow_gateway_remote_take(&remote, text, strlen(text), answer) == ENOW_GATEWAY_ERR_UNKNOWN, "%s", text);
    CHECK(enow_gateway_json_read(&reader, answer, strlen(answer), '{') == 0, "%s", answer);
    while ((got = enow_gateway_json_next(&reader, &value)) > 0) {
    }
    CHECK(got == 0 && strlen(value.name) == 0, "%s", answer);
}

int main(void)
{
    test_take();
    test_how();
    test_count();
    test_longest();
    return check_result();
}
