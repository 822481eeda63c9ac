#include "node_state.h"

enow_link_gateway_memory_t *enow_link_node_memory_of_gateway(enow_link_node_t *node)
{
    for (uint8_t i = 0; node->joined && i < node->remembered; i++) {
        if (enow_link_addr_same(&node->memory[i].addr, &node->session.peer)) {
            return &node->memory[i];
        }
    }
    return 0;
}

/* The place for another gateway: a free one, or that of who was heard longest ago. */
static enow_link_gateway_memory_t *place(enow_link_node_t *node)
{
    enow_link_gateway_memory_t *m = &node->memory[0];

    if (node->remembered < ENOW_LINK_GATEWAYS) {
        return &node->memory[node->remembered++];
    }
    for (uint8_t i = 1; i < ENOW_LINK_GATEWAYS; i++) {
        if ((int64_t)(node->memory[i].heard_us - m->heard_us) < 0) { /* after deep sleep they may lie before 0 */
            m = &node->memory[i];
        }
    }
    enow_frag_receiver_forget(node->parts, m->sender.source);
    return m;
}

/* Makes sure that there is a memory of the gateway in use: it begins anew where the gateway did, or has not been heard
 * for so long that it may have forgotten. */
void enow_link_node_remember(enow_link_node_t *node)
{
    enow_link_gateway_memory_t *m = enow_link_node_memory_of_gateway(node);

    if (m == 0) {
        m = place(node);
        memset(m, 0, sizeof *m);
        m->addr = node->session.peer;
    }
    enow_frag_receiver_forget(node->parts, m->sender.source);
    if (m->sender.source == 0 || m->sender.boot != node->session.boot ||
        node->now_us - m->heard_us > ENOW_LINK_FORGET_AFTER_US) {
        enow_link_inbox_new_sender(&node->inbox, &m->sender, node->session.boot);
    }
    m->heard_us = node->now_us;
}
