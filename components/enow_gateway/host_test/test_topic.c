#include "check.h"

#include "../src/topic.h"

#include <string.h>

static const enow_gateway_roots_t roots = {"/device", "/gateway"};
static const enow_addr_t addr = {{0x24, 0x6f, 0x28, 0xaa, 0xbb, 0xcc}};

static enow_bytes_t bytes_of(const char *text)
{
    const enow_bytes_t bytes = {(const uint8_t *)text, strlen(text)};

    return bytes;
}

/* Each is written where its buffer is just long enough, and not where it is a byte shorter. */
static void test_print(void)
{
    char longest_root[ENOW_GATEWAY_MAX_ROOT + 1], longest_sub[ENOW_MAX_TOPIC + 1];
    memset(longest_root, 'r', ENOW_GATEWAY_MAX_ROOT);
    longest_root[ENOW_GATEWAY_MAX_ROOT] = 0;
    memset(longest_sub, 's', ENOW_MAX_TOPIC);
    longest_sub[ENOW_MAX_TOPIC] = 0;
    const enow_gateway_roots_t longest = {longest_root, "g"};
    char longest_topic[ENOW_GATEWAY_MAX_TOPIC + 1];
    (void)snprintf(longest_topic, sizeof longest_topic, "%s/24:6f:28:aa:bb:cc/%s", longest_root, longest_sub);
    const struct {
        const enow_gateway_roots_t *roots;
        enum { DEVICE, GATEWAY, EVERY, DENY } what;
        const char *sub, *want;
    } cases[] = {
        {&roots, DEVICE, "", "/device/24:6f:28:aa:bb:cc"},
        {&roots, DEVICE, "a/b", "/device/24:6f:28:aa:bb:cc/a/b"},
        {&roots, DEVICE, ENOW_GATEWAY_SUB_STATUS, "/device/24:6f:28:aa:bb:cc/$status"},
        {&roots, GATEWAY, ENOW_GATEWAY_SUB_CONFIG, "/gateway/24:6f:28:aa:bb:cc/$config"},
        {&roots, EVERY, ENOW_GATEWAY_SUB_SET, "/device/+/$set"},
        {&roots, DENY, "", "/gateway/$deny"},
        {&longest, DEVICE, longest_sub, longest_topic},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t len = strlen(cases[i].want);
        for (size_t cap = 0; cap <= len + 1; cap++) {
            char *out = malloc(cap + 1);
            int got = 0;
            out[cap] = '!';
            switch (cases[i].what) {
            case DEVICE:
                got = enow_gateway_topic_device(cases[i].roots, addr, bytes_of(cases[i].sub), out, cap);
                break;
            case GATEWAY:
                got = enow_gateway_topic_gateway(cases[i].roots, addr, cases[i].sub, out, cap);
                break;
            case EVERY:
                got = enow_gateway_topic_every_device(cases[i].roots, cases[i].sub, out, cap);
                break;
            case DENY:
                got = enow_gateway_topic_deny(cases[i].roots, out, cap);
                break;
            }
            if (cap <= len) {
                CHECK(got == ENOW_GATEWAY_ERR_CAPACITY, "%s in %u bytes: %d", cases[i].want, (unsigned)cap, got);
            } else {
                CHECK(got == (int)len && strcmp(out, cases[i].want) == 0, "want %s, got %d", cases[i].want, got);
            }
            CHECK(out[cap] == '!', "%s: written behind %u bytes", cases[i].want, (unsigned)cap);
            free(out);
        }
    }
}

static void test_parse(void)
{
    static const enow_gateway_roots_t below = {"home", "home/gateways"}, above = {"home/devices", "home"};
    static const struct {
        const enow_gateway_roots_t *roots;
        const char *topic;
        int want; /* a kind, or an error */
        const char *sub;
    } cases[] = {
        {&roots, "/device/24:6f:28:aa:bb:cc", ENOW_GATEWAY_TOPIC_DEVICE, ""},
        {&roots, "/device/24:6F:28:AA:bb:cc", ENOW_GATEWAY_TOPIC_DEVICE, ""}, /* in either case, as in Go */
        {&roots, "/device/24:6f:28:aa:bb:cc/$set", ENOW_GATEWAY_TOPIC_DEVICE, "$set"},
        {&roots, "/device/24:6f:28:aa:bb:cc/a/b", ENOW_GATEWAY_TOPIC_DEVICE, "a/b"},
        {&roots, "/gateway/24:6f:28:aa:bb:cc/$config", ENOW_GATEWAY_TOPIC_GATEWAY, "$config"},
        {&roots, "/gateway/$deny", ENOW_GATEWAY_TOPIC_DENY, ""},
        {&roots, "/gateway/$deny/x", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/$deny", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/gateway/$den", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb:cc/", ENOW_GATEWAY_ERR_TOPIC, ""},
        {&roots, "/device/24:6f:28:aa:bb:c", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb:ccc", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb-cc", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb:cg", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb:`c", ENOW_GATEWAY_ERR_ADDR, ""}, /* the characters around the digits */
        {&roots, "/device/24:6f:28:aa:bb:@c", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb:c/", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/24:6f:28:aa:bb:c:", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device//24:6f:28:aa:bb:cc", ENOW_GATEWAY_ERR_ADDR, ""},
        {&roots, "/device/", ENOW_GATEWAY_ERR_TOPIC, ""},
        {&roots, "/device", ENOW_GATEWAY_ERR_TOPIC, ""},
        {&roots, "/devices/24:6f:28:aa:bb:cc", ENOW_GATEWAY_ERR_TOPIC, ""},
        {&roots, "device/24:6f:28:aa:bb:cc", ENOW_GATEWAY_ERR_TOPIC, ""},
        {&roots, "", ENOW_GATEWAY_ERR_TOPIC, ""},
        {&below, "home/24:6f:28:aa:bb:cc/x", ENOW_GATEWAY_TOPIC_DEVICE, "x"},
        {&below, "home/gateways/24:6f:28:aa:bb:cc/x", ENOW_GATEWAY_TOPIC_GATEWAY, "x"},
        {&below, "home/gateways/$deny", ENOW_GATEWAY_TOPIC_DENY, ""},
        {&above, "home/24:6f:28:aa:bb:cc/x", ENOW_GATEWAY_TOPIC_GATEWAY, "x"},
        {&above, "home/devices/24:6f:28:aa:bb:cc/x", ENOW_GATEWAY_TOPIC_DEVICE, "x"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t len = strlen(cases[i].topic);
        char *topic = malloc(len + 1); /* whose bytes end where the topic does */
        enow_gateway_topic_t t;
        memcpy(topic, cases[i].topic, len);
        const int got = enow_gateway_topic_parse(cases[i].roots, topic, len, &t);
        if (cases[i].want < 0) {
            CHECK(got == cases[i].want, "%s: %d", cases[i].topic, got);
        } else {
            CHECK(got == 0 && (int)t.kind == cases[i].want && enow_gateway_topic_is(&t, cases[i].sub),
                  "%s: %d, kind %d", cases[i].topic, got, t.kind);
            CHECK(t.kind == ENOW_GATEWAY_TOPIC_DENY || enow_gateway_addr_compare(t.addr, addr) == 0, "%s: its address",
                  cases[i].topic);
        }
        free(topic);
    }
}

static void test_is(void)
{
    enow_gateway_topic_t t;

    CHECK(enow_gateway_topic_parse(&roots, "/device/24:6f:28:aa:bb:cc/$set", 30, &t) == 0, "parse");
    CHECK(enow_gateway_topic_is(&t, "$set"), "itself");
    CHECK(!enow_gateway_topic_is(&t, "$se") && !enow_gateway_topic_is(&t, "$sets") && !enow_gateway_topic_is(&t, "") &&
              !enow_gateway_topic_is(&t, "$sat"),
          "another");
}

static void test_roots(void)
{
    char longest[ENOW_GATEWAY_MAX_ROOT + 2];
    memset(longest, 'r', sizeof longest);
    longest[ENOW_GATEWAY_MAX_ROOT] = 0;
    const struct {
        const char *device, *gateway;
        bool ok;
    } cases[] = {
        {"/device", "/gateway", true},
        {"d", "g", true},
        {"a/b", "a", true},
        {"d", "d", false},
        {"", "g", false},
        {"d", "", false},
        {"d/", "g", false},
        {"d//d", "g", false},
        {"//d", "g", false},
        {"/", "g", false},
        {"d+", "g", false},
        {"d", "#", false},
        {"d\x1f", "g", false},
        {"d\x7f", "g", false},
        {"d ~", "g", true},
        {"d\xc3\xa4", "g", false},
        {longest, "g", true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const enow_gateway_roots_t r = {cases[i].device, cases[i].gateway};
        CHECK(enow_gateway_roots_check(&r) == (cases[i].ok ? 0 : ENOW_GATEWAY_ERR_TOPIC), "%s and %s", r.device,
              r.gateway);
    }
    longest[ENOW_GATEWAY_MAX_ROOT] = 'r';
    longest[ENOW_GATEWAY_MAX_ROOT + 1] = 0;
    const enow_gateway_roots_t r = {longest, "g"};
    CHECK(enow_gateway_roots_check(&r) == ENOW_GATEWAY_ERR_TOPIC, "a byte too long");
}

int main(void)
{
    test_print();
    test_parse();
    test_is();
    test_roots();
    return check_result();
}
