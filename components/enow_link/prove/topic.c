/* The check of topics: any length, any bytes. */
#include "topic.h"

#include "unknown.h"

static void topic(size_t len)
{
    uint8_t memory[ENOW_MAX_TOPIC];
    const enow_bytes_t topic = {memory + ENOW_MAX_TOPIC - len, len};

    unknown_bytes(memory + ENOW_MAX_TOPIC - len, len);
    (void)enow_link_topic_ok(&topic);
}

void prove_topic(void)
{
    for (size_t len = 0; len <= LONGEST && len < ENOW_MAX_TOPIC; len++) {
        topic(len);
    }
    topic(ENOW_MAX_TOPIC);
}
