#include "../src/tokens.h"
#include "check.h"

enum { PLACES = 8 };

static const uint64_t ms = 1000, second = 1000000, hour = 3600 * UINT64_C(1000000);
static const enow_addr_t node = {{1}}, other = {{2}}, third = {{0, 0, 0, 0, 0, 1}};

static void test_bucket(void)
{
    const struct {
        uint64_t at;
        enow_addr_t addr;
        bool want;
    } steps[] = {
        {0, node, true},
        {0, node, true},
        {0, node, true},
        {0, node, true},
        {0, node, false},
        {0, other, true}, /* a bucket of its own */
        {500 * ms - 1, node, false},
        {500 * ms, node, true},
        {500 * ms, node, false},
        {1500 * ms, node, true},
        {1500 * ms, node, true},
        {1500 * ms, node, false},
        {hour, node, true}, /* no more than 4, however long it was quiet */
        {hour, node, true},
        {hour, node, true},
        {hour, node, true},
        {hour, node, false},
    };
    enow_link_bucket_t buckets[4];
    enow_link_tokens_t tokens;

    enow_link_tokens_init(&tokens, buckets, 4);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        CHECK(enow_link_tokens_take(&tokens, steps[i].at, &steps[i].addr) == steps[i].want, "step %u", (unsigned)i);
    }
}

/* A flood of made-up addresses costs neither memory nor the tokens of those that are known, and gets no more than a
 * bounded number through. */
static void test_flood(void)
{
    const uint64_t long_us = 20 * second;
    enow_link_bucket_t buckets[PLACES];
    enow_link_tokens_t tokens;
    unsigned known = 0, through = 0;
    uint16_t made_up = 0;

    enow_link_tokens_init(&tokens, buckets, PLACES);
    for (uint64_t now = 0; now < long_us; now += 10 * ms) {
        known += now % (500 * ms) == 0 && enow_link_tokens_take(&tokens, now, &node);
        for (unsigned i = 0; i < 10; i++) {
            const enow_addr_t addr = {{9, 0, 0, 0, (uint8_t)(made_up >> 8), (uint8_t)made_up}};

            made_up++;
            through += enow_link_tokens_take(&tokens, now, &addr);
            CHECK(tokens.size <= PLACES, "%u buckets", (unsigned)tokens.size);
        }
    }
    CHECK(known == 40, "%u of the known node", known);
    CHECK(through > 0 && through <= PLACES * (4 + 40), "%u of the flood", through);
    CHECK(tokens.size == PLACES, "%u buckets are not full", (unsigned)tokens.size);
    CHECK(enow_link_tokens_take(&tokens, long_us + hour, &other), "refused when the flood is over");
}

/* Room is made of full buckets alone: a flood does not give back the tokens of one that is spent. */
static void test_sweep(void)
{
    enow_link_bucket_t buckets[2];
    enow_link_tokens_t tokens;

    enow_link_tokens_init(&tokens, buckets, 2);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(enow_link_tokens_take(&tokens, 0, &node), "token %u", i);
    }
    CHECK(enow_link_tokens_take(&tokens, 0, &other), "the other's");
    CHECK(!enow_link_tokens_take(&tokens, 500 * ms - 1, &third), "a third bucket, before one of the two is full");
    CHECK(!enow_link_tokens_take(&tokens, 1000 * ms - 2, &third), "looked for again, before half a second is over");
    CHECK(enow_link_tokens_take(&tokens, 1000 * ms, &third), "no third bucket when one of the two is full");
    CHECK(enow_link_tokens_take(&tokens, 1000 * ms, &node), "the first of two that are back");
    CHECK(enow_link_tokens_take(&tokens, 1000 * ms, &node), "the second of two that are back");
    CHECK(!enow_link_tokens_take(&tokens, 1000 * ms, &node), "a third of two that are back");

    enow_link_tokens_init(&tokens, buckets, 1);
    CHECK(enow_link_tokens_take(&tokens, 0, &node), "the first");
    CHECK(enow_link_tokens_take(&tokens, 500 * ms, &third), "no bucket in the moment in which the only one is full");
}

int main(void)
{
    test_bucket();
    test_flood();
    test_sweep();
    return check_result();
}
