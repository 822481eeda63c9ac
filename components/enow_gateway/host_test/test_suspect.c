#include "../src/suspect.h"

#include "check.h"

#define PROOF ENOW_GATEWAY_SUSPECT_PROOF_US
#define LASTS ENOW_GATEWAY_SUSPECT_LASTS_US

/* One that makes messages go one at a time, and a connection greeted at a time. */
static enow_gateway_suspect_t suspicious(uint64_t greeted_us)
{
    enow_gateway_suspect_t s = {0};

    for (unsigned i = 0; i < ENOW_GATEWAY_SUSPECT_LOSSES; i++) {
        enow_gateway_suspect_greeted(&s, 1000);
        (void)enow_gateway_suspect_lost(&s, 1000 + LASTS - 1);
    }
    enow_gateway_suspect_greeted(&s, greeted_us);
    return s;
}

/* So many connections in a row that do not last make messages go one at a time; one that lasts ends it. */
static void test_losses(void)
{
    enow_gateway_suspect_t s = {0};
    uint64_t now = 5000;

    for (unsigned i = 0; i < ENOW_GATEWAY_SUSPECT_LOSSES; i++) {
        CHECK(enow_gateway_suspect_alone_until(&s) == 0 && enow_gateway_suspect_from(&s, true) == 0, "%u losses", i);
        enow_gateway_suspect_greeted(&s, now);
        enow_gateway_suspect_handed(&s, now + 1);
        now += LASTS - 1;
        CHECK(!enow_gateway_suspect_lost(&s, now), "nobody is to blame where all go");
    }
    enow_gateway_suspect_greeted(&s, now);
    CHECK(enow_gateway_suspect_alone_until(&s) == now + LASTS, "one at a time until it lasts");
    CHECK(!enow_gateway_suspect_lost(&s, now + LASTS), "it lasts");
    CHECK(enow_gateway_suspect_alone_until(&s) == 0, "all go");
}

/* The first message waits until the greeting is answered. */
static void test_answered(void)
{
    enow_gateway_suspect_t s = {0};

    enow_gateway_suspect_greeted(&s, 1000000);
    CHECK(enow_gateway_suspect_from(&s, true) == 0, "at once");
    CHECK(enow_gateway_suspect_from(&s, false) == 1000000 + LASTS, "where the broker answers nothing, for a while");
}

/* It waits for proof that the broker answers others, and that the connection lasts without it. */
static void test_from(void)
{
    const enow_gateway_suspect_t s = suspicious(1000000);

    CHECK(enow_gateway_suspect_from(&s, true) == 1000000 + PROOF, "a while after the greeting");
    CHECK(enow_gateway_suspect_from(&s, false) == 1000000 + LASTS, "not alone where the broker answers nothing");
}

static void test_blame(void)
{
    const uint64_t greeted = 77, handed = greeted + PROOF;
    enow_gateway_suspect_t s = suspicious(greeted);

    CHECK(!enow_gateway_suspect_lost(&s, greeted + 1), "no message");
    for (unsigned late = 0; late < 2; late++) {
        s = suspicious(greeted);
        enow_gateway_suspect_handed(&s, handed);
        CHECK(enow_gateway_suspect_lost(&s, handed + PROOF - 1 + late) == (late == 0), "sooner than it has lasted: %u",
              late);
    }
    s = suspicious(greeted);
    enow_gateway_suspect_handed(&s, handed);
    enow_gateway_suspect_handed(&s, handed + 1);
    CHECK(!enow_gateway_suspect_lost(&s, handed + 2), "it could be for the message before");
    for (unsigned late = 0; late < 2; late++) {
        s = suspicious(greeted);
        enow_gateway_suspect_handed(&s, greeted + LASTS - 2);
        CHECK(enow_gateway_suspect_lost(&s, greeted + LASTS - 1 + late) == (late == 0), "while it goes alone: %u",
              late);
    }
    s = suspicious(greeted);
    enow_gateway_suspect_handed(&s, handed);
    enow_gateway_suspect_greeted(&s, handed);
    CHECK(!enow_gateway_suspect_lost(&s, handed + 1), "of another connection");
}

int main(void)
{
    test_losses();
    test_answered();
    test_from();
    test_blame();
    return check_result();
}
