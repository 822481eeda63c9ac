/* The list of denied devices, which all gateways read from the broker (SPEC.md, section 7):
 * ["24:6f:28:aa:bb:cc", "24:6f:28:aa:bb:cd"]. */
#pragma once

#include "addr.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Addresses in the caller's memory, in order, each of them once. */
typedef struct {
    enow_addr_t *addrs;
    uint16_t capacity;
    uint16_t count;
} enow_gateway_deny_t;

/* Reads a list; no text at all is an empty one, as a retained message is deleted. Returns 0; or
 * ENOW_GATEWAY_ERR_SYNTAX, _KIND, _TEXT, _DEPTH, _ADDR or _FULL, *element is the one at fault, from 0 on, and deny is
 * empty: it is not the list in use that is read into. */
int enow_gateway_deny_parse(enow_gateway_deny_t *deny, const char *text, size_t len, unsigned *element);

/* Fills in the next address that is in list and not in but; *at begins with 0. False: there is no more. Between an old
 * list and a new one it tells whom to allow, and then, which may need their room, whom to deny. */
bool enow_gateway_deny_next(const enow_gateway_deny_t *list, const enow_gateway_deny_t *but, uint16_t *at,
                            enow_addr_t *addr);

#ifdef __cplusplus
}
#endif
