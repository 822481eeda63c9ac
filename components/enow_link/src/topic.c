#include "topic.h"

#include <string.h>

/* Decodes the character at the front of len bytes (RFC 3629). Returns its length; 0: it is none. */
static size_t decode(const uint8_t *p, size_t len, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = 1;

    if (p[0] >= 0xf0) {
        n = 4;
    } else if (p[0] >= 0xe0) {
        n = 3;
    } else if (p[0] >= 0xc0) {
        n = 2;
    }
    if (p[0] > 0xf4 || (n == 1 && p[0] >= 0x80) || n > len) {
        return 0;
    }
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3fu);
    }
    *character = c;
    return c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0 : n;
}

/* Whether a broker takes a character in a topic's name (MQTT 5, section 1.5.4, and 4.7.1 for + and #). */
static bool character_ok(uint32_t c)
{
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool none = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);

    return !control && !none && c != '+' && c != '#';
}

static bool level_ok(const uint8_t *level, size_t len) { return len > 0 && !(len == 2 && memcmp(level, "..", 2) == 0); }

bool enow_link_topic_ok(const enow_bytes_t *topic)
{
    const uint8_t *p = topic->data;
    size_t level = 0; /* where the current one starts */
    size_t n;

    if (topic->len == 0) {
        return true;
    }
    if (p[0] == '$') {
        return false;
    }
    for (size_t i = 0; i < topic->len; i += n) {
        uint32_t c = 0;
        n = decode(p + i, topic->len - i, &c);
        if (n == 0 || !character_ok(c) || (c == '/' && !level_ok(p + level, i - level))) {
            return false;
        }
        level = c == '/' ? i + 1 : level;
    }
    return level_ok(p + level, topic->len - level);
}
