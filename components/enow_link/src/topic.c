#include "topic.h"

/* Decodes the character at *at, which is within the text, and moves behind it (RFC 3629). False: it is none. */
static bool decode(const enow_bytes_t *text, size_t *at, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t first = text->data[(*at)++];
    unsigned n = 1;

    if (first >= 0xf0) {
        n = 4;
    } else if (first >= 0xe0) {
        n = 3;
    } else if (first >= 0xc0) {
        n = 2;
    }
    if (first > 0xf4 || (n == 1 && first >= 0x80)) {
        return false;
    }
    uint32_t c = n == 1 ? first : first & (0x7fu >> n);
    for (unsigned i = 1; i < n; i++) {
        if (*at >= text->len) {
            return false;
        }
        const uint8_t next = text->data[(*at)++];
        if ((next & 0xc0) != 0x80) {
            return false;
        }
        c = c << 6 | (next & 0x3fu);
    }
    *character = c;
    return c >= least[n] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* Whether a broker takes a character in a topic's name (MQTT 5, section 1.5.4, and 4.7.1 for + and #). */
static bool character_ok(uint32_t c)
{
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool none = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);

    return !control && !none && c != '+' && c != '#';
}

/* What was read of a level. */
typedef enum { EMPTY, DOT, DOT_DOT, OTHER } level_t;

static level_t level_after(level_t level, uint32_t c)
{
    if (c == '.' && level < DOT_DOT) {
        return level == EMPTY ? DOT : DOT_DOT;
    }
    return OTHER;
}

static bool level_ok(level_t level) { return level != EMPTY && level != DOT_DOT; }

bool enow_link_topic_ok(const enow_bytes_t *topic)
{
    level_t level = EMPTY;
    size_t at = 0;

    if (topic->len == 0) {
        return true;
    }
    if (topic->data[0] == '$') {
        return false;
    }
    while (at < topic->len) {
        uint32_t c = 0;
        if (!decode(topic, &at, &c) || !character_ok(c) || (c == '/' && !level_ok(level))) {
            return false;
        }
        level = c == '/' ? EMPTY : level_after(level, c);
    }
    return level_ok(level);
}
