#include "enow_node.h"

const char *enow_node_err_text(esp_err_t err)
{
    switch (err) {
    case ENOW_NODE_ERR_NO_KEY:
        return "the device has no key: flash what 'enow keys provision' makes";
    case ENOW_NODE_ERR_OTHER_DEVICE:
        return "the key in NVS is that of another device: flash what 'enow keys provision' makes for this one";
    case ENOW_NODE_ERR_REFUSED:
        return "the gateway will never take the message: its log says why";
    case ESP_ERR_TIMEOUT:
        return "not acknowledged yet: it is still sent";
    case ESP_ERR_NO_MEM:
        return "the queue is full: again when a message has gone, or raise queue_messages and queue_bytes";
    case ESP_ERR_INVALID_SIZE:
        return "longer than the queue here or the gateway there takes: raise queue_bytes here, or the gateway's "
               "longest message";
    case ESP_ERR_INVALID_STATE:
        return "no node runs: call enow_node_start";
    default:
        return esp_err_to_name(err);
    }
}
