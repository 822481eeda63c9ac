#include "settings.h"

#include "../../src/keys.h"
#include "../crypto_tables.h"

#include <stdlib.h>
#include <string.h>

/* Network key 1 is the bytes from 0 on, key 2 from 32 on. */
static enow_link_secret_t network_key(size_t number) { return test_secret((uint8_t)(32 * (number - 1))); }

/* Keeps the shares where a limit of one message is changed. */
static void fragments(arguments_t *a, enow_frag_limits_t *l, uint32_t max_message, uint32_t max_parts,
                      uint32_t max_messages)
{
    l->max_message = max_message;
    l->max_parts = max_parts;
    l->max_messages = max_messages;
    l->source_messages = 2;
    l->source_bytes = l->source_messages * enow_frag_limits_message_bytes(l);
    l->max_bytes = l->max_messages * enow_frag_limits_message_bytes(l);

    const bool longer = arguments_setting(a, "max_message") != NULL;
    l->max_message = (uint32_t)arguments_number(a, "max_message", l->max_message);
    l->max_parts = (uint32_t)arguments_number(a, "max_parts", l->max_parts);
    l->max_messages = (uint32_t)arguments_number(a, "max_messages", l->max_messages);
    l->source_messages = (uint32_t)arguments_number(a, "source_messages", l->source_messages);
    l->timeout_us = arguments_time(a, "timeout", l->timeout_us);
    if (longer) {
        l->source_bytes = l->source_messages * enow_frag_limits_message_bytes(l);
        l->max_bytes = l->max_messages * enow_frag_limits_message_bytes(l);
    }
}

/* Numbers with commas between them. */
static void channels(arguments_t *a, enow_link_node_config_t *cfg)
{
    const char *text = arguments_setting(a, "channels");

    if (text == NULL) {
        text = "1,6,11";
    }
    for (cfg->channel_count = 0; cfg->channel_count < ENOW_LINK_MAX_CHANNEL; text++) {
        char *end;
        cfg->channels[cfg->channel_count++] = (uint8_t)strtoul(text, &end, 10);
        text = end;
        if (*text != ',') {
            break;
        }
    }
    if (*text != '\0') {
        script_fault(a->script, "channels are none");
    }
}

/* As G@6. */
static void home(const world_t *w, arguments_t *a, enow_link_home_t *home)
{
    const char *text = arguments_setting(a, "home");
    char name[DEVICE_NAME] = "";

    if (text == NULL) {
        return;
    }
    const char *at = strchr(text, '@');
    if (at == NULL || at - text >= DEVICE_NAME) {
        script_fault(a->script, "home has no channel");
        return;
    }
    memcpy(name, text, (size_t)(at - text));
    home->gateway = world_addr(w, name);
    home->channel = (uint8_t)number_of(a, at + 1);
}

static void device_key(const world_t *w, const device_t *d, arguments_t *a, enow_link_node_config_t *cfg)
{
    const int64_t number = arguments_number(a, "key", 1);
    const enow_link_secret_t network = network_key((size_t)number);
    enow_link_secret_t key;

    if (!w->secure) {
        return;
    }
    if (!enow_link_device_key(&key, cfg->crypto, &network, d->addr)) {
        script_fault(w->script, "no key");
    }
    cfg->key_id = (uint8_t)number;
    memcpy(cfg->key, key.bytes, sizeof cfg->key);
}

enow_link_node_config_t settings_node(world_t *w, device_t *d, arguments_t *a)
{
    enow_link_node_config_t cfg;

    device_entropy(d);
    enow_link_node_config_default(&cfg, d->addr);
    cfg.crypto = &d->crypto;
    cfg.max_frame = (uint16_t)arguments_number(a, "max_frame", cfg.max_frame);
    cfg.queue_messages = (uint16_t)arguments_number(a, "queue_messages", 16);
    cfg.queue_bytes = (uint32_t)arguments_number(a, "queue_bytes", 64 << 10);
    cfg.listen_us = (uint32_t)arguments_time(a, "listen", cfg.listen_us);
    cfg.keep_alive_s = (uint16_t)(arguments_time(a, "keep_alive", UINT64_C(60000000)) / 1000000);
    cfg.min_rssi = (int8_t)arguments_number(a, "min_rssi", cfg.min_rssi);
    cfg.hysteresis = (uint8_t)arguments_number(a, "hysteresis", cfg.hysteresis);
    cfg.sleepy = arguments_flag(a, "sleepy");
    channels(a, &cfg);
    home(w, a, &cfg.home);
    device_key(w, d, a, &cfg);
    const char *const to = arguments_setting(a, "to");
    if (to != NULL) {
        cfg.gateway = world_addr(w, to);
    }
    fragments(a, &cfg.receive, 2048, 64, 4);
    return cfg;
}

static enow_link_passthrough_t passthrough(arguments_t *a)
{
    static const char *const names[] = {"off", "unknown", "all"};
    const char *text = arguments_setting(a, "passthrough");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (text == NULL || strcmp(names[i], text) == 0) {
            return (enow_link_passthrough_t)i;
        }
    }
    script_fault(a->script, "passthrough is off, unknown or all");
    return ENOW_LINK_PASS_OFF;
}

static void keys(world_t *w, enow_link_gateway_config_t *cfg)
{
    const uint8_t ring = w->both_keys ? 2 : 1;

    for (cfg->key_count = 0; w->secure && cfg->key_count < ring; cfg->key_count++) {
        enow_link_gateway_key_t *key = &cfg->keys[cfg->key_count];
        key->id = (uint8_t)(cfg->key_count + 1);
        memcpy(key->key, network_key(key->id).bytes, sizeof key->key);
    }
}

/* With pools so large that none is empty: Go has none. */
static void pools(enow_link_gateway_config_t *cfg)
{
    cfg->remembered = cfg->sessions;
    cfg->senders = (uint16_t)(2 * cfg->sessions);
    cfg->mail.messages = (uint16_t)(cfg->senders * cfg->mail.node_messages);
    cfg->answers = (uint16_t)(16 * cfg->senders);
    cfg->replies = 64;
    cfg->searches = 1024;
    cfg->joins = 4096;
    cfg->buckets = 1024;
    cfg->denied = 64;
}

enow_link_gateway_config_t settings_gateway(world_t *w, device_t *d, arguments_t *a)
{
    enow_link_gateway_config_t cfg;

    device_entropy(d);
    enow_link_gateway_config_default(&cfg, d->addr, (uint8_t)arguments_number(a, "channel", 1));
    d->accepts = !arguments_flag(a, "undecided");
    w->both_keys = arguments_flag(a, "both_keys");
    cfg.crypto = &d->crypto;
    keys(w, &cfg);
    cfg.max_frame = (uint16_t)arguments_number(a, "max_frame", cfg.max_frame);
    cfg.sessions = (uint16_t)arguments_number(a, "sessions", 8);
    cfg.peers = (uint8_t)arguments_number(a, "peers", cfg.peers);
    cfg.keep_alive_s = (uint16_t)(arguments_time(a, "keep_alive", UINT64_C(60000000)) / 1000000);
    cfg.join_every_us = (uint32_t)arguments_time(a, "join_every", cfg.join_every_us);
    cfg.mail.node_messages = (uint16_t)arguments_number(a, "mail_messages", 4);
    cfg.mail.node_bytes = (uint32_t)arguments_number(a, "mail_bytes", 4096);
    cfg.mail.bytes = (uint32_t)arguments_number(a, "mail_all_bytes", 8192);
    cfg.mail.keep_us = arguments_time(a, "mail_keep", cfg.mail.keep_us);
    cfg.recent_ids = (uint16_t)arguments_number(a, "recent_ids", 16);
    cfg.recent_us = arguments_time(a, "recent_for", cfg.recent_us);
    cfg.passthrough = passthrough(a);
    fragments(a, &cfg.fragments, 8192, 256, 8);
    pools(&cfg);
    return cfg;
}
