#include "topic.h"

#include <string.h>

static bool root_ok(const char *root)
{
    const size_t len = strlen(root);

    if (len == 0 || len > ENOW_GATEWAY_MAX_ROOT || strchr(root, '+') != NULL || strchr(root, '#') != NULL ||
        strstr(root, "//") != NULL || root[len - 1] == '/') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (root[i] < ' ' || root[i] > '~') {
            return false;
        }
    }
    return true;
}

int enow_gateway_roots_check(const enow_gateway_roots_t *roots)
{
    if (!root_ok(roots->device) || !root_ok(roots->gateway) || strcmp(roots->device, roots->gateway) == 0) {
        return ENOW_GATEWAY_ERR_TOPIC;
    }
    return 0;
}

/* Writes root/level, and /sub if there is one. */
static int print(const char *root, const char *level, enow_bytes_t sub, char *out, size_t cap)
{
    const size_t root_len = strlen(root), level_len = strlen(level);
    const size_t front = root_len + 1 + level_len;

    if (front + (sub.len > 0) >= cap || sub.len > cap - front - (sub.len > 0) - 1) {
        return ENOW_GATEWAY_ERR_CAPACITY;
    }
    memcpy(out, root, root_len);
    out[root_len] = '/';
    memcpy(out + root_len + 1, level, level_len);
    size_t len = front;
    if (sub.len > 0) {
        out[len++] = '/';
        memcpy(out + len, sub.data, sub.len);
        len += sub.len;
    }
    out[len] = 0;
    return (int)len;
}

static enow_bytes_t bytes_of(const char *text)
{
    const enow_bytes_t bytes = {(const uint8_t *)text, strlen(text)};

    return bytes;
}

int enow_gateway_topic_device(const enow_gateway_roots_t *roots, enow_addr_t addr, enow_bytes_t sub, char *out,
                              size_t cap)
{
    char mac[ENOW_GATEWAY_ADDR_TEXT + 1];

    enow_gateway_addr_print(addr, mac);
    return print(roots->device, mac, sub, out, cap);
}

int enow_gateway_topic_gateway(const enow_gateway_roots_t *roots, enow_addr_t addr, const char *sub, char *out,
                               size_t cap)
{
    char mac[ENOW_GATEWAY_ADDR_TEXT + 1];

    enow_gateway_addr_print(addr, mac);
    return print(roots->gateway, mac, bytes_of(sub), out, cap);
}

int enow_gateway_topic_every_device(const enow_gateway_roots_t *roots, const char *sub, char *out, size_t cap)
{
    return print(roots->device, "+", bytes_of(sub), out, cap);
}

int enow_gateway_topic_deny(const enow_gateway_roots_t *roots, char *out, size_t cap)
{
    return print(roots->gateway, ENOW_GATEWAY_SUB_DENY, bytes_of(""), out, cap);
}

/* How many bytes follow root/; 0: none, or it is not in front. */
static size_t below(const char *topic, size_t len, const char *root)
{
    const size_t root_len = strlen(root);

    return len > root_len && memcmp(topic, root, root_len) == 0 && topic[root_len] == '/' ? len - root_len - 1 : 0;
}

int enow_gateway_topic_parse(const enow_gateway_roots_t *roots, const char *topic, size_t len,
                             enow_gateway_topic_t *out)
{
    static const char deny[] = ENOW_GATEWAY_SUB_DENY;
    const size_t of_device = below(topic, len, roots->device);
    const size_t of_gateway = below(topic, len, roots->gateway);

    memset(out, 0, sizeof *out);
    if (of_device == 0 && of_gateway == 0) {
        return ENOW_GATEWAY_ERR_TOPIC;
    }
    /* Where one root stands below the other, the longer one says more. */
    const bool is_device = of_gateway == 0 || (of_device != 0 && of_device < of_gateway);
    const size_t rest = is_device ? of_device : of_gateway;
    out->kind = is_device ? ENOW_GATEWAY_TOPIC_DEVICE : ENOW_GATEWAY_TOPIC_GATEWAY;
    topic += len - rest;
    len = rest;
    if (out->kind == ENOW_GATEWAY_TOPIC_GATEWAY && len == sizeof deny - 1 && memcmp(topic, deny, len) == 0) {
        out->kind = ENOW_GATEWAY_TOPIC_DENY;
        return 0;
    }
    const char *slash = memchr(topic, '/', len);
    const size_t mac_len = slash == NULL ? len : (size_t)(slash - topic);
    if (!enow_gateway_addr_parse(topic, mac_len, &out->addr)) {
        return ENOW_GATEWAY_ERR_ADDR;
    }
    if (slash != NULL) {
        out->sub.data = (const uint8_t *)slash + 1;
        out->sub.len = len - mac_len - 1;
        return out->sub.len == 0 ? ENOW_GATEWAY_ERR_TOPIC : 0;
    }
    return 0;
}

bool enow_gateway_topic_is(const enow_gateway_topic_t *topic, const char *sub)
{
    const size_t len = strlen(sub);

    return topic->sub.len == len && (len == 0 || memcmp(topic->sub.data, sub, len) == 0);
}
