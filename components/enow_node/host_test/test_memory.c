#include "memory.h"

#include "check.h"
#include "crypto_tables.h"
#include "enow/node.h"

static enow_link_node_config_t config(void)
{
    enow_link_node_config_t cfg;

    enow_link_node_config_default(&cfg, test_node);
    cfg.crypto = enow_crypto_soft();
    cfg.receive.max_message = CONFIG_ENOW_NODE_MAX_RECEIVE;
    cfg.receive.source_bytes = enow_frag_limits_message_bytes(&cfg.receive);
    cfg.receive.max_bytes = cfg.receive.source_bytes;
    return cfg;
}

/* What menuconfig sets fits, and little is left over, whatever it sets. */
int main(void)
{
    enow_link_node_config_t cfg = config();
    const size_t needed = enow_link_node_memory(&cfg);
    CHECK(needed <= ENOW_NODE_MEMORY, "%zu of %zu", needed, (size_t)ENOW_NODE_MEMORY);
    CHECK(needed + 512 > ENOW_NODE_MEMORY, "%zu of %zu", needed, (size_t)ENOW_NODE_MEMORY);

    cfg.queue_messages += 10;
    const size_t queue = (enow_link_node_memory(&cfg) - needed) / 10;
    CHECK(queue <= ENOW_NODE_MEMORY_WAITING && queue + 16 > ENOW_NODE_MEMORY_WAITING, "%zu", queue);
    cfg = config();
    cfg.receive.max_messages += 10;
    const size_t arriving = (enow_link_node_memory(&cfg) - needed) / 10;
    CHECK(arriving <= ENOW_NODE_MEMORY_ARRIVING && arriving + 16 > ENOW_NODE_MEMORY_ARRIVING, "%zu", arriving);

    CHECK(ENOW_NODE_POWER(1) == 64 && ENOW_NODE_POWER(64) == 64 && ENOW_NODE_POWER(65) == 128, "least");
    CHECK(ENOW_NODE_POWER(1024) == 1024 && ENOW_NODE_POWER(1025) == 2048, "default");
    CHECK(ENOW_NODE_POWER(524289) == 1048576 && ENOW_NODE_POWER(1048576) == 1048576, "most");
    return check_result();
}
