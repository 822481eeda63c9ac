/* Settings that are changed while the gateway runs: by the program, or over MQTT. */
#pragma once

#include "remote.h"
#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

void enow_gateway_change_start(enow_gateway_t *gateway);

/** As enow_gateway_set. */
esp_err_t enow_gateway_change(const char *key, const char *text);

/** As enow_gateway_remote_take. */
int enow_gateway_change_remote(const char *text, size_t len, char answer[ENOW_GATEWAY_REMOTE_ANSWER]);

/** Puts the log level in force. */
void enow_gateway_change_log_level(uint8_t level);

#ifdef __cplusplus
}
#endif
