#include "error.h"

const char *enow_gateway_err_text(int err)
{
    switch (err) {
    case ENOW_GATEWAY_ERR_CAPACITY:
        return "does not fit its buffer";
    case ENOW_GATEWAY_ERR_SYNTAX:
        return "not JSON";
    case ENOW_GATEWAY_ERR_KIND:
        return "another kind of value is wanted";
    case ENOW_GATEWAY_ERR_DEPTH:
        return "nested too deep";
    case ENOW_GATEWAY_ERR_TEXT:
        return "text too long";
    case ENOW_GATEWAY_ERR_ADDR:
        return "want the address of one station, such as 24:6f:28:aa:bb:cc";
    case ENOW_GATEWAY_ERR_TOPIC:
        return "not a topic of this gateway";
    case ENOW_GATEWAY_ERR_FULL:
        return "no room";
    case ENOW_GATEWAY_ERR_TOO_LARGE:
        return "too large";
    case ENOW_GATEWAY_ERR_RANGE:
        return "out of range";
    case ENOW_GATEWAY_ERR_UNKNOWN:
        return "no such setting";
    case ENOW_GATEWAY_ERR_FORBIDDEN:
        return "not changed over MQTT";
    case ENOW_GATEWAY_ERR_TWICE:
        return "named twice";
    case ENOW_GATEWAY_ERR_MEMORY:
        return "not enough memory";
    default:
        return "unknown error";
    }
}
