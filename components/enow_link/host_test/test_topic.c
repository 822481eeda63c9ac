#include "check.h"

#include "../src/topic.h"

#include <string.h>

typedef struct {
    const char *topic;
    bool ok;
} case_t;

static const case_t cases[] = {
    {"", true},
    {"a", true},
    {"temperature", true},
    {"a/b/c", true},
    {"a/$b", true},
    {"$a", false},
    {"/", false},
    {"a/", false},
    {"/a", false},
    {"a//b", false},
    {"..", false},
    {"a/../b", false},
    {"a/..", false},
    {"...", true},
    {"a/...", true},
    {".", true},
    {"a+b", false},
    {"#", false},
    {"a b", true},
    {"a\x1f", false},
    {"a\x7f", false},
    {"a~", true},
    {"\xc2\x9f", false}, /* the last control character */
    {"\xc2\xa0", true},  /* behind it */
    {"\xc3\xa4/\xe2\x82\xac", true},
    {"\xf0\x9f\x8c\xa1", true},
    {"\xc3", false}, /* cut short */
    {"\xe2\x82", false},
    {"\xf0\x9f\x8c", false},
    {"\x80", false},
    {"\xc3x", false},
    {"\xc0\x80", false}, /* longer than need be */
    {"\xc1\xbf", false},
    {"\xe0\x9f\xbf", false},
    {"\xe0\xa0\x80", true},
    {"\xf0\x8f\xbf\xbd", false},
    {"\xf0\x90\x80\x80", true},
    {"\xed\x9f\xbf", true}, /* around the surrogates */
    {"\xed\xa0\x80", false},
    {"\xed\xbf\xbf", false},
    {"\xee\x80\x80", true},
    {"\xef\xb7\x8f", true}, /* around the noncharacters */
    {"\xef\xb7\x90", false},
    {"\xef\xb7\xaf", false},
    {"\xef\xb7\xb0", true},
    {"\xef\xbf\xbd", true},
    {"\xef\xbf\xbe", false},
    {"\xef\xbf\xbf", false},
    {"\xf0\x9f\xbf\xbe", false},
    {"\xf4\x8f\xbf\xbd", true}, /* the last character but the noncharacters */
    {"\xf4\x90\x80\x80", false},
    {"\xf5\x80\x80\x80", false},
    {"\xff", false},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const enow_bytes_t topic = {(const uint8_t *)cases[i].topic, strlen(cases[i].topic)};
        CHECK(enow_link_topic_ok(&topic) == cases[i].ok, "case %u: \"%s\"", (unsigned)i, cases[i].topic);
    }
    const enow_bytes_t zero = {(const uint8_t *)"a\0b", 3};
    CHECK(!enow_link_topic_ok(&zero), "a character 0");
    return check_result();
}
