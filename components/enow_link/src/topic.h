/* The topics that a node may give its messages (SPEC.md, section 5). */
#pragma once

#include "enow_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Whether a topic is empty, or UTF-8 of levels joined by /, without + and #, without control characters and
 * noncharacters, no level empty or "..", and no $ in front. */
bool enow_link_topic_ok(const enow_bytes_t *topic);

#ifdef __cplusplus
}
#endif
