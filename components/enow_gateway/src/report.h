/* $stats: what the gateway counts, published at intervals. */
#pragma once

#include "state.h"

#ifdef __cplusplus
extern "C" {
#endif

void enow_gateway_report_start(const enow_gateway_t *gateway);

/** Collects the counters of all parts. Returns ESP_ERR_INVALID_STATE without an owner. From any task. */
esp_err_t enow_gateway_report_collect(enow_gateway_stats_t *out);

/** Publishes them if it is time. Returns when it is again. In the publisher, while there is a broker. */
uint64_t enow_gateway_report_due(uint64_t now_us);

#ifdef __cplusplus
}
#endif
