/* Topics that a broker may send: what parses is made again of its parts, in as many bytes. */
#include "../src/topic.h"
#include "fuzz.h"

#include <string.h>

static const enow_gateway_roots_t roots[] = {
    {"/device", "/gateway"},
    {"home", "home/gateways"},
    {"home/devices", "home"},
};

static char lower(char c) { return (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    enow_gateway_topic_t t;
    int made = 0;

    const enow_gateway_roots_t *r = &roots[input_byte(&in) % 3];
    size_t len = in.len;
    char *topic = (char *)input_bytes(&in, &len);
    if (enow_gateway_topic_parse(r, topic, len, &t) == 0) {
        char *again = malloc(len + 1);
        char sub[4096];
        WANT(again != NULL && t.sub.len < sizeof sub);
        memcpy(sub, t.sub.len > 0 ? (const char *)t.sub.data : "", t.sub.len);
        sub[t.sub.len] = 0;
        switch (t.kind) {
        case ENOW_GATEWAY_TOPIC_DEVICE:
            made = enow_gateway_topic_device(r, t.addr, t.sub, again, len + 1);
            break;
        case ENOW_GATEWAY_TOPIC_GATEWAY:
            if (strlen(sub) < t.sub.len) { /* a character 0, which no topic has */
                made = (int)len;
                memcpy(again, topic, len);
                break;
            }
            made = enow_gateway_topic_gateway(r, t.addr, sub, again, len + 1);
            break;
        case ENOW_GATEWAY_TOPIC_DENY:
            made = enow_gateway_topic_deny(r, again, len + 1);
            break;
        }
        WANT(made == (int)len);
        const size_t rest = t.sub.len;
        for (size_t i = 0; i < len; i++) {
            WANT(i < len - rest ? lower(again[i]) == lower(topic[i]) : again[i] == topic[i]);
        }
        free(again);
    }
    free(topic);
    return 0;
}
