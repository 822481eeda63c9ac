/* Arrays as large as what they are named after, for whoever reads sizes of symbols. */
#include "gateway_state.h"
#include "node_state.h"

const char size_node[sizeof(struct enow_link_node)] = {0};
const char size_gateway[sizeof(struct enow_link_gateway)] = {0};
const char size_peer[sizeof(enow_link_peer_t)] = {0};
const char size_peer_session[sizeof(enow_link_peer_session_t)] = {0};
const char size_message[sizeof(enow_link_waiting_t)] = {0};
