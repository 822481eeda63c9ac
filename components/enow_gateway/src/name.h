/* The gateway's name in the home network, by mDNS. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/** Answers to hostname.local; empty: to none. Call it when there is a network. */
void enow_gateway_name_start(const char *hostname);

void enow_gateway_name_stop(void);

#ifdef __cplusplus
}
#endif
