#include "suspect.h"

void enow_gateway_suspect_greeted(enow_gateway_suspect_t *s, uint64_t now_us)
{
    s->greeted_us = now_us;
    s->handed = 0;
}

uint64_t enow_gateway_suspect_alone_until(const enow_gateway_suspect_t *s)
{
    return s->losses < ENOW_GATEWAY_SUSPECT_LOSSES ? 0 : s->greeted_us + ENOW_GATEWAY_SUSPECT_LASTS_US;
}

uint64_t enow_gateway_suspect_from(const enow_gateway_suspect_t *s, bool answered)
{
    if (!answered) {
        return s->greeted_us + ENOW_GATEWAY_SUSPECT_LASTS_US;
    }
    return s->losses < ENOW_GATEWAY_SUSPECT_LOSSES ? 0 : s->greeted_us + ENOW_GATEWAY_SUSPECT_PROOF_US;
}

void enow_gateway_suspect_handed(enow_gateway_suspect_t *s, uint64_t now_us)
{
    if (s->handed == 0) {
        s->handed_us = now_us;
    }
    if (s->handed < 2) {
        s->handed++;
    }
}

bool enow_gateway_suspect_lost(enow_gateway_suspect_t *s, uint64_t now_us)
{
    const bool blamed = now_us < enow_gateway_suspect_alone_until(s) && s->handed == 1 &&
                        now_us - s->handed_us < ENOW_GATEWAY_SUSPECT_PROOF_US;

    if (now_us - s->greeted_us >= ENOW_GATEWAY_SUSPECT_LASTS_US) {
        s->losses = 0;
    } else if (s->losses < ENOW_GATEWAY_SUSPECT_LOSSES) {
        s->losses++;
    }
    return blamed;
}
