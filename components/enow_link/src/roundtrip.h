/* How long a sender waits for an answer, after RFC 6298. */
#pragma once

#include "enow/frag.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENOW_FRAG_MIN_TIMEOUT_US (UINT32_C(20) * 1000)

/* Takes one round trip. By Karn's rule it must be that of a question asked once. */
void enow_frag_round_trip_sample(enow_frag_round_trip_t *trip, uint64_t sample_us);

/* Takes note of an answer to a question that was repeated: it is no sample. The time-out becomes as estimated again,
 * for on this air it was most likely a loss that doubled it; but after several in a row the estimate may be what is
 * wrong, and the time-out stays doubled until a sample, as RFC 6298 has it. */
void enow_frag_round_trip_unclear_answer(enow_frag_round_trip_t *trip);

/* The time to wait for an answer. */
uint32_t enow_frag_round_trip_current(const enow_frag_round_trip_t *trip);

/* Doubles the time to wait, until the next sample. */
void enow_frag_round_trip_back_off(enow_frag_round_trip_t *trip);

#ifdef __cplusplus
}
#endif
