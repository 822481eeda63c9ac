#include "downlink.h"

#include "change.h"
#include "deny.h"
#include "enow/config.h"
#include "enow/driver.h"
#include "esp_log.h"
#include "presence.h"
#include "uplink.h"
#include <string.h>

static const char *TAG = "enow_gateway";

#define DENIED (ENOW_CONFIG_GATEWAY_DENIED > 0 ? ENOW_CONFIG_GATEWAY_DENIED : 1)

static const enow_gateway_t *s_gateway;
static enow_gateway_downlink_stats_t s_stats; /* the owner's */

/* The list in force, and the one that comes: of esp-mqtt's task. */
static enow_addr_t s_addrs[2][DENIED];
static enow_gateway_deny_t s_denied[2];
static unsigned s_in_force;

/* --- $set --- */

typedef struct {
    enow_addr_t node;
    enow_bytes_t payload;
    bool retained;
    int err;
} set_t;

static void set_in_owner(void *arg)
{
    set_t *set = arg;
    const enow_link_outgoing_t message = {.payload = set->payload, .acknowledge = true};

    if (set->retained) {
        s_stats.retained++;
        return;
    }
    if (enow_gateway_presence_elsewhere(set->node)) {
        s_stats.elsewhere++;
        return;
    }
    set->err = enow_link_gateway_send(s_gateway->machine, enow_driver_now(), set->node, &message, NULL);
    if (set->err == 0) {
        s_stats.queued++;
    } else {
        s_stats.refused++;
    }
}

static const char *refusal(int err)
{
    switch (err) {
    case ENOW_LINK_ERR_DENIED:
        return "the node is on the deny-list";
    case ENOW_LINK_ERR_TOO_LARGE:
        return "it is longer than a node gets (CONFIG_ENOW_GATEWAY_NODE_MAIL_BYTES)";
    case ENOW_LINK_ERR_FULL:
        return "too many wait already (CONFIG_ENOW_GATEWAY_NODE_MAIL and _MAIL): let the node fetch them first";
    default:
        return "the topic's address is none of a node";
    }
}

static bool take_set(enow_addr_t node, enow_bytes_t payload, bool retained)
{
    set_t set = {.node = node, .payload = payload, .retained = retained};

    (void)enow_driver_call(set_in_owner, &set);
    if (set.err != 0) {
        ESP_LOGW(TAG, "message of %u bytes to a node dropped: %s", (unsigned)payload.len, refusal(set.err));
    }
    return true;
}

void enow_gateway_downlink_result(const enow_link_result_t *result)
{
    if (result->err == 0) {
        s_stats.delivered++;
    } else {
        s_stats.failed++;
        ESP_LOGD(TAG, "message to a node given up: %d", result->err);
    }
}

/* --- $status of nodes --- */

typedef struct {
    enow_addr_t node;
    enow_gateway_whereabouts_t where;
    bool retained;
} heard_t;

static void heard_in_owner(void *arg)
{
    const heard_t *heard = arg;

    enow_gateway_presence_heard(heard->node, &heard->where, heard->retained);
}

static bool take_status(enow_addr_t node, enow_bytes_t payload, bool retained)
{
    heard_t heard = {.node = node, .retained = retained};

    if (payload.len == 0) {
        return true; /* somebody has it deleted */
    }
    if (enow_gateway_document_read_node((const char *)payload.data, payload.len, &heard.where) != 0) {
        return false;
    }
    (void)enow_driver_call(heard_in_owner, &heard);
    return true;
}

/* --- $deny --- */

static void deny_in_owner(void *arg)
{
    const enow_addr_t *addr = arg;

    if (enow_link_gateway_deny(s_gateway->machine, enow_driver_now(), *addr) != 0) {
        ESP_LOGW(TAG, "a device is not denied: there is room for %d (CONFIG_ENOW_GATEWAY_DENIED)",
                 ENOW_CONFIG_GATEWAY_DENIED);
    }
}

static void allow_in_owner(void *arg)
{
    const enow_addr_t *addr = arg;

    enow_link_gateway_allow(s_gateway->machine, *addr);
}

static void each(const enow_gateway_deny_t *list, const enow_gateway_deny_t *but, void (*f)(void *arg))
{
    enow_addr_t addr;
    uint16_t at = 0;

    while (enow_gateway_deny_next(list, but, &at, &addr)) {
        (void)enow_driver_call(f, &addr);
    }
}

static bool take_deny(enow_bytes_t payload)
{
    enow_gateway_deny_t *old = &s_denied[s_in_force], *new = &s_denied[1 - s_in_force];
    unsigned element = 0;
    const int err = enow_gateway_deny_parse(new, (const char *)payload.data, payload.len, &element);

    if (err != 0) {
        ESP_LOGE(TAG, "the list on %s/$deny stays as it was, for element %u of the new one is wrong: %s",
                 s_gateway->roots.gateway, element, enow_gateway_err_text(err));
        return false;
    }
    each(old, new, allow_in_owner);
    each(new, old, deny_in_owner);
    s_in_force = 1 - s_in_force;
    return true;
}

/* --- $config --- */

static bool take_config(enow_bytes_t payload)
{
    char topic[ENOW_GATEWAY_OWN_TOPIC], answer[ENOW_GATEWAY_REMOTE_ANSWER];
    const int changed = enow_gateway_change_remote((const char *)payload.data, payload.len, answer);

    (void)enow_gateway_topic_gateway(&s_gateway->roots, s_gateway->addr, ENOW_GATEWAY_SUB_CONFIG "/answer", topic,
                                     sizeof topic);
    enow_gateway_uplink_document(topic, answer, false);
    return changed >= 0;
}

void enow_gateway_downlink_start(const enow_gateway_t *gateway)
{
    s_gateway = gateway;
    memset(&s_stats, 0, sizeof s_stats);
    s_in_force = 0;
    for (unsigned i = 0; i < 2; i++) {
        s_denied[i] = (enow_gateway_deny_t){.addrs = s_addrs[i], .capacity = ENOW_CONFIG_GATEWAY_DENIED};
    }
}

bool enow_gateway_downlink_take(enow_bytes_t topic, enow_bytes_t payload, bool retained)
{
    enow_gateway_topic_t to;

    if (enow_gateway_topic_parse(&s_gateway->roots, (const char *)topic.data, topic.len, &to) != 0) {
        return false;
    }
    if (to.kind == ENOW_GATEWAY_TOPIC_DENY) {
        return take_deny(payload);
    }
    if (to.kind == ENOW_GATEWAY_TOPIC_GATEWAY) {
        return enow_gateway_topic_is(&to, ENOW_GATEWAY_SUB_CONFIG) && take_config(payload);
    }
    if (enow_gateway_topic_is(&to, ENOW_GATEWAY_SUB_SET)) {
        return take_set(to.addr, payload, retained);
    }
    return enow_gateway_topic_is(&to, ENOW_GATEWAY_SUB_STATUS) && take_status(to.addr, payload, retained);
}

void enow_gateway_downlink_stats(enow_gateway_downlink_stats_t *out) { *out = s_stats; }
