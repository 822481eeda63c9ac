#include "check.h"
#include "enow/frag.h"

#include <string.h>

static const uint8_t text[] = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'};

typedef struct {
    uint32_t offset, len;
    bool more;
} want_t;

static const struct {
    const char *name;
    size_t len;
    uint32_t size;
    want_t parts[4];
    size_t count;
} cases[] = {
    {"empty", 0, 4, {{0, 0, false}}, 1},
    {"shorter than a part", 3, 4, {{0, 3, false}}, 1},
    {"one part", 4, 4, {{0, 4, false}}, 1},
    {"one byte more", 5, 4, {{0, 4, true}, {4, 1, false}}, 2},
    {"two parts", 8, 4, {{0, 4, true}, {4, 4, false}}, 2},
    {"single bytes", 3, 1, {{0, 1, true}, {1, 1, true}, {2, 1, false}}, 3},
};

static void test_cases(void)
{
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        const enow_bytes_t message = {cases[c].len == 0 ? NULL : text, cases[c].len};
        enow_frag_splitter_t splitter;
        enow_frag_part_t part;
        size_t count = 0;

        CHECK(enow_frag_split(&splitter, message, cases[c].size) == 0, "%s", cases[c].name);
        while (enow_frag_splitter_next(&splitter, &part)) {
            const want_t *want = &cases[c].parts[count++];

            CHECK(part.offset == want->offset && part.data.len == want->len && part.more == want->more, "%s: part %u",
                  cases[c].name, (unsigned)count);
            CHECK(cases[c].len == 0 || part.data.data == text + want->offset, "%s: part %u is no view", cases[c].name,
                  (unsigned)count);
        }
        CHECK(count == cases[c].count, "%s: %u parts", cases[c].name, (unsigned)count);
        CHECK(!enow_frag_splitter_next(&splitter, &part), "%s: a part after the end", cases[c].name);
    }
}

static void test_limits(void)
{
    const enow_bytes_t longest = {text, ENOW_MAX_MESSAGE}, too_long = {text, ENOW_MAX_MESSAGE + 1u};
    enow_frag_splitter_t splitter;
    enow_frag_part_t part;

    CHECK(enow_frag_split(&splitter, longest, 0) == ENOW_FRAG_ERR_PART_SIZE, "size 0");
    CHECK(enow_frag_split(&splitter, too_long, 1) == ENOW_FRAG_ERR_TOO_LARGE, "one byte too long");
    CHECK(enow_frag_split(&splitter, longest, 1) == 0, "longest");
    CHECK(enow_frag_split(&splitter, longest, ENOW_MAX_MESSAGE - 1) == 0, "longest");
    CHECK(enow_frag_splitter_next(&splitter, &part) && part.more, "first part");
}

int main(void)
{
    test_cases();
    test_limits();
    return check_result();
}
