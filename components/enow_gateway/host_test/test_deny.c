#include "check.h"

#include "../src/deny.h"

#include <string.h>

#define A "\"24:6f:28:00:00:0a\""
#define B "\"24:6F:28:00:00:0B\""
#define C "\"24:6f:28:00:00:0c\""

/* The last digits of the addresses in a list. */
static const char *text_of(const enow_gateway_deny_t *list)
{
    static char text[8];

    for (uint16_t i = 0; i < list->count; i++) {
        text[i] = (char)('a' + list->addrs[i].bytes[5] - 10);
    }
    text[list->count] = 0;
    return text;
}

static void test_parse(void)
{
    static const struct {
        const char *text;
        int want;
        const char *list;
        unsigned element;
    } cases[] = {
        {"", 0, "", 0},
        {"[]", 0, "", 0},
        {"[" A "]", 0, "a", 0},
        {" [ " C " ,\n" B "\t,\r" A " ] ", 0, "abc", 0},
        {"[" B "," A "," B "," A "]", 0, "ab", 0},
        {"[" A "," B "," C ",\"24:6f:28:00:00:0d\"]", ENOW_GATEWAY_ERR_FULL, "", 3},
        {"[" A "," B "," C "," A "]", 0, "abc", 0},
        {"[" A ",7]", ENOW_GATEWAY_ERR_KIND, "", 1},
        {"[" A ",[" B "]]", ENOW_GATEWAY_ERR_KIND, "", 1},
        {"[null]", ENOW_GATEWAY_ERR_KIND, "", 0},
        {"[" A ",\"24:6f:28:00:00:0\"]", ENOW_GATEWAY_ERR_ADDR, "", 1},
        {"[" A "," B ",\"\"]", ENOW_GATEWAY_ERR_ADDR, "", 2},
        {"[\"ff:ff:ff:ff:ff:ff\"]", ENOW_GATEWAY_ERR_ADDR, "", 0},
        {"[\"01:00:00:00:00:00\"]", ENOW_GATEWAY_ERR_ADDR, "", 0},
        {"[\"00:00:00:00:00:00\"]", ENOW_GATEWAY_ERR_ADDR, "", 0},
        {"[" A ",]", ENOW_GATEWAY_ERR_SYNTAX, "", 1},
        {"[" A "", ENOW_GATEWAY_ERR_SYNTAX, "", 1},
        {"[" A "]x", ENOW_GATEWAY_ERR_SYNTAX, "", 1},
        {" ", ENOW_GATEWAY_ERR_SYNTAX, "", 0},
        {"{}", ENOW_GATEWAY_ERR_KIND, "", 0},
        {A, ENOW_GATEWAY_ERR_KIND, "", 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enow_addr_t *addrs = malloc(3 * sizeof *addrs);
        enow_gateway_deny_t list = {addrs, 3, 2};
        const size_t len = strlen(cases[i].text);
        char *text = malloc(len + 1);
        unsigned element = 99;
        memcpy(text, cases[i].text, len);
        const int got = enow_gateway_deny_parse(&list, text, len, &element);
        CHECK(got == cases[i].want && strcmp(text_of(&list), cases[i].list) == 0, "%s: %d, %s", cases[i].text, got,
              text_of(&list));
        CHECK(got == 0 || element == cases[i].element, "%s: element %u", cases[i].text, element);
        free(text);
        free(addrs);
    }
}

static void test_next(void)
{
    static const struct {
        const char *old, *new, *allow, *deny;
    } cases[] = {
        {"", "", "", ""},
        {"", "[" A "," B "]", "", "ab"},
        {"[" A "," B "]", "", "ab", ""},
        {"[" A "," B "]", "[" C "," B "]", "a", "c"},
        {"[" A "," B "," C "]", "[" C "," B "," A "]", "", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enow_addr_t one[3], two[3], addr, found[3];
        enow_gateway_deny_t old = {one, 3, 0}, new = {two, 3, 0}, got = {found, 3, 0};
        unsigned element;
        uint16_t at = 0;
        CHECK(enow_gateway_deny_parse(&old, cases[i].old, strlen(cases[i].old), &element) == 0, "old %s", cases[i].old);
        CHECK(enow_gateway_deny_parse(&new, cases[i].new, strlen(cases[i].new), &element) == 0, "new %s", cases[i].new);
        while (got.count < 3 && enow_gateway_deny_next(&old, &new, &at, &addr)) {
            found[got.count++] = addr;
        }
        CHECK(strcmp(text_of(&got), cases[i].allow) == 0, "case %u: %s are allowed", (unsigned)i, text_of(&got));
        at = got.count = 0;
        while (got.count < 3 && enow_gateway_deny_next(&new, &old, &at, &addr)) {
            found[got.count++] = addr;
        }
        CHECK(strcmp(text_of(&got), cases[i].deny) == 0, "case %u: %s are denied", (unsigned)i, text_of(&got));
    }
}

int main(void)
{
    test_parse();
    test_next();
    return check_result();
}
