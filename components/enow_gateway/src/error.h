/* What is wrong with what came from the broker or is to go there. Other errors are enow_link_err_t, from -32 on. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    /* The buffer is too small. */
    ENOW_GATEWAY_ERR_CAPACITY = -64,
    /* No JSON, or more than one value of it. */
    ENOW_GATEWAY_ERR_SYNTAX = -65,
    /* JSON of another kind than is wanted. */
    ENOW_GATEWAY_ERR_KIND = -66,
    /* Values within values, too many deep. */
    ENOW_GATEWAY_ERR_DEPTH = -67,
    /* A text in JSON that is longer than any that is wanted, or has a character 0. */
    ENOW_GATEWAY_ERR_TEXT = -68,
    /* An address that is not that of one station. */
    ENOW_GATEWAY_ERR_ADDR = -69,
    /* A topic that is none of a gateway's, or a root that can be none. */
    ENOW_GATEWAY_ERR_TOPIC = -70,
    /* More than there is room for. */
    ENOW_GATEWAY_ERR_FULL = -71,
    /* More than there is ever room for. */
    ENOW_GATEWAY_ERR_TOO_LARGE = -72,
    /* A setting is out of range. */
    ENOW_GATEWAY_ERR_RANGE = -73,
    /* No setting has this name. */
    ENOW_GATEWAY_ERR_UNKNOWN = -74,
    /* The setting cannot be changed over MQTT. */
    ENOW_GATEWAY_ERR_FORBIDDEN = -75,
    /* The setting is named twice. */
    ENOW_GATEWAY_ERR_TWICE = -76,
    /* The memory is too small, or not aligned for a uint64_t. */
    ENOW_GATEWAY_ERR_MEMORY = -77,
} enow_gateway_err_t;

/* Half a sentence that says what is wrong, and what is wanted. */
const char *enow_gateway_err_text(int err);

#ifdef __cplusplus
}
#endif
