#include "count.h"

#include "../../src/gateway_state.h"
#include "../../src/node_state.h"

bool count_node_from(enow_link_node_t *node, uint32_t counter)
{
    if (!node->joined || !node->session.secure) {
        return false;
    }
    node->session.tunnel.sealer.next = counter;
    return true;
}

bool count_gateway_from(enow_link_gateway_t *gateway, enow_addr_t node, uint32_t counter)
{
    const enow_link_peer_t *p = enow_link_gateway_peer(gateway, &node);

    if (p == NULL || p->session == ENOW_LINK_NOWHERE || !gateway->secure) {
        return false;
    }
    gateway->sessions[p->session].next = counter;
    return true;
}
