#include "desk.h"

#include "../src/door.h"

#include <string.h>

enow_addr_t desk_node(uint8_t number)
{
    enow_addr_t addr = test_node;

    addr.bytes[5] = number;
    return addr;
}

void desk_config(desk_t *d)
{
    memset(d, 0, sizeof *d);
    enow_link_gateway_config_default(&d->cfg, test_gateway, 1);
    d->cfg.crypto = fixed_seed(&d->random, 1);
    d->network = test_secret(77);
    d->cfg.key_count = 1;
    d->cfg.keys[0].id = 1;
    memcpy(d->cfg.keys[0].key, d->network.bytes, sizeof d->network.bytes);
    d->cfg.sessions = 4;
    d->cfg.remembered = 4;
    d->cfg.join_every_us = 0;
    d->now_us = 1000000;
}

void desk_open(desk_t *d)
{
    const size_t size = enow_link_gateway_memory(&d->cfg);

    d->memory = (uint64_t *)malloc(size);
    CHECK(d->memory != NULL, "no memory");
    const int err = enow_link_gateway_init(&d->gateway, &d->cfg, d->memory, size);
    CHECK(err == 0, "%d", err);
    if (err != 0) {
        exit(EXIT_FAILURE);
    }
}

void desk_close(desk_t *d) { free(d->memory); }

static void keep(desk_t *d, const enow_link_event_t *event)
{
    desk_told_t *t = &d->told[d->told_count];

    if (d->told_count == DESK_TOLD) {
        CHECK(false, "too much is told");
        return;
    }
    d->told_count++;
    t->event = *event;
    if (event->kind == ENOW_LINK_EVENT_MESSAGE) {
        const enow_link_message_t *m = &event->as.message;
        t->topic_len = m->topic.len;
        t->len = m->payload.len;
        CHECK(t->topic_len + t->len <= sizeof t->text, "a long message");
        if (m->topic.len > 0) {
            memcpy(t->text, m->topic.data, m->topic.len);
        }
        if (m->payload.len > 0) {
            memcpy(t->text + m->topic.len, m->payload.data, m->payload.len);
        }
    }
}

void desk_poll(desk_t *d)
{
    enow_link_event_t event;

    while (enow_link_gateway_poll(d->gateway, d->now_us, &event)) {
        keep(d, &event);
    }
}

void desk_transmit(desk_t *d)
{
    uint8_t buf[ENOW_MAX_FRAME_V2];
    enow_link_transmission_t out;

    while (enow_link_gateway_transmit(d->gateway, d->now_us, &out, buf, sizeof buf)) {
        if (d->sent_count == DESK_SENT || out.len > sizeof d->sent[0].body) {
            CHECK(false, "too much is sent");
            return;
        }
        d->sent[d->sent_count].out = out;
        memcpy(d->sent[d->sent_count].body, buf, out.len);
        d->sent_count++;
        desk_poll(d);
    }
    desk_poll(d);
}

void desk_hear(desk_t *d, enow_addr_t from, enow_addr_t to, const uint8_t *body, size_t len)
{
    uint8_t *copy = (uint8_t *)malloc(len + 1); /* on the heap, so that a sanitizer sees its end */
    enow_link_frame_t frame;

    memset(&frame, 0, sizeof frame);
    if (copy == NULL) {
        exit(EXIT_FAILURE);
    }
    memcpy(copy, body, len);
    frame.src = from;
    frame.dst = to;
    frame.rssi = -50;
    frame.channel = 1;
    frame.body = copy;
    frame.len = len;
    enow_link_gateway_handle(d->gateway, d->now_us, &frame);
    desk_poll(d);
    desk_transmit(d);
    free(copy);
}

void desk_wait(desk_t *d, uint64_t us)
{
    const uint64_t end_us = d->now_us + us;
    unsigned again = 0;
    uint64_t at_us;

    while (enow_link_gateway_next_deadline(d->gateway, &at_us) && at_us <= end_us) {
        again = at_us > d->now_us ? 0 : again + 1;
        if (again > ENOW_LINK_PENDING) { /* which are dropped one after the other */
            CHECK(false, "the gateway waits until %lu again and again", (unsigned long)at_us);
            return;
        }
        d->now_us = at_us > d->now_us ? at_us : d->now_us;
        desk_poll(d);
        desk_transmit(d);
    }
    d->now_us = end_us;
    desk_poll(d);
    desk_transmit(d);
}

void desk_clear(desk_t *d)
{
    d->sent_count = 0;
    d->told_count = 0;
}

enow_link_gateway_stats_t desk_stats(const desk_t *d)
{
    enow_link_gateway_stats_t stats;

    enow_link_gateway_stats(d->gateway, &stats);
    return stats;
}

uint32_t desk_drops(const desk_t *d, enow_drop_reason_t why) { return desk_stats(d).drops.count[why]; }

const desk_told_t *desk_event(const desk_t *d, enow_link_event_kind_t kind)
{
    for (size_t i = 0; i < d->told_count; i++) {
        if (d->told[i].event.kind == kind) {
            return &d->told[i];
        }
    }
    return NULL;
}

size_t desk_events(const desk_t *d, enow_link_event_kind_t kind)
{
    size_t n = 0;

    for (size_t i = 0; i < d->told_count; i++) {
        n += d->told[i].event.kind == kind;
    }
    return n;
}

const desk_frame_t *desk_frame(const desk_t *d, enow_addr_t to)
{
    for (size_t i = 0; i < d->sent_count; i++) {
        if (enow_link_addr_same(&d->sent[i].out.dst, &to)) {
            return &d->sent[i];
        }
    }
    return NULL;
}

size_t desk_frames(const desk_t *d, enow_addr_t to)
{
    size_t n = 0;

    for (size_t i = 0; i < d->sent_count; i++) {
        n += enow_link_addr_same(&d->sent[i].out.dst, &to);
    }
    return n;
}

int desk_send(desk_t *d, enow_addr_t to, const char *topic, const char *payload, size_t len, bool acknowledge)
{
    enow_link_outgoing_t m;

    memset(&m, 0, sizeof m);
    m.topic.data = (const uint8_t *)topic;
    m.topic.len = strlen(topic);
    m.payload.data = (const uint8_t *)payload;
    m.payload.len = len;
    m.acknowledge = acknowledge;
    const int err = enow_link_gateway_send(d->gateway, d->now_us, to, &m, NULL);
    desk_poll(d);
    desk_transmit(d);
    return err;
}

static const enow_crypto_t *crypto_of(scripted_t *n)
{
    return n->random.crypto.user != NULL ? &n->random.crypto : real_crypto();
}

void node_init(scripted_t *n, desk_t *d, uint8_t number)
{
    enow_link_secret_t device;

    memset(n, 0, sizeof *n);
    n->desk = d;
    n->addr = desk_node(number);
    n->version = ENOW_VERSION;
    n->key_id = 1;
    n->hello.boot = 7;
    n->hello.max_message = 1000;
    n->hello.max_frame = ENOW_MAX_FRAME_V1;
    n->hello.keep_alive = 60;
    n->hello.window = 64;
    (void)fixed_seed(&n->random, number);
    CHECK(enow_link_device_key(&device, real_crypto(), &d->network, n->addr), "no device key");
    CHECK(enow_link_device_keys(&n->keys, real_crypto(), &device), "no keys");
}

bool node_connack(const scripted_t *n, const desk_frame_t *frame, enow_pkt_connack_t *answer)
{
    enow_walk_t walk;
    enow_raw_packet_t raw;

    if (frame == NULL) {
        return false;
    }
    enow_walk_init(&walk, frame->body, frame->out.len);
    return enow_walk_next(&walk, &raw) > 0 && raw.type == ENOW_TYPE_CONNACK &&
           enow_pkt_connack_decode(answer, raw.flags, raw.body, raw.body_len) >= 0 &&
           (n->desk->cfg.key_count == 0 || enow_link_check_answer(real_crypto(), &n->keys.search, &test_gateway,
                                                                  &n->addr, frame->body, frame->out.len));
}

bool node_search(scripted_t *n, uint8_t cookie[ENOW_LINK_PROOF_SIZE])
{
    uint8_t packet[64];
    enow_pkt_connect_t search;
    enow_pkt_connack_t answer;
    int len;

    enow_pkt_connect_init(&search);
    search.version = n->version;
    search.nonce = ++n->nonce;
    if (n->desk->cfg.key_count > 0) {
        search.flags = ENOW_PKT_CONNECT_SECURE;
        search.key_id = n->key_id;
        len = enow_link_encode_search(real_crypto(), &n->keys.search, &n->addr, &search, packet, sizeof packet);
    } else {
        len = enow_pkt_connect_encode(&search, packet, sizeof packet);
    }
    CHECK(len > 0, "%d", len);
    desk_clear(n->desk);
    desk_hear(n->desk, n->addr, enow_link_broadcast(), packet, (size_t)len);
    const bool here = node_connack(n, desk_frame(n->desk, n->addr), &answer) &&
                      answer.status == ENOW_CONNACK_STATUS_HERE && answer.echo == n->nonce;
    if (here) {
        memcpy(cookie, answer.cookie, sizeof answer.cookie);
    }
    return here;
}

void node_make_join(scripted_t *n, const uint8_t cookie[ENOW_LINK_PROOF_SIZE])
{
    uint8_t hello[200];
    enow_pkt_connect_t c;
    int len;

    enow_pkt_connect_init(&c);
    c.version = n->version;
    c.nonce = ++n->nonce;
    memcpy(c.cookie, cookie, sizeof c.cookie);
    c.flags = n->sleepy ? ENOW_PKT_CONNECT_SLEEPY : 0;
    if (n->desk->cfg.key_count > 0) {
        const int size = enow_hello_encode(&n->hello, hello, sizeof hello);
        const enow_bytes_t stated = {hello, (size_t)size};
        c.key_id = n->key_id;
        CHECK(size > 0, "%d", size);
        len = enow_link_join_begin(&n->join, crypto_of(n), &n->keys.psk, &n->addr, &test_gateway, &c, stated, n->packet,
                                   sizeof n->packet);
    } else {
        c.flags |= ENOW_PKT_CONNECT_JOIN;
        c.hello = n->hello;
        len = enow_pkt_connect_encode_last(&c, n->packet, sizeof n->packet);
    }
    CHECK(len > 0, "%d", len);
    n->packet_len = (size_t)len;
}

void node_send_join(scripted_t *n) { desk_hear(n->desk, n->addr, test_gateway, n->packet, n->packet_len); }

bool node_accept(scripted_t *n, const desk_frame_t *frame)
{
    enow_pkt_connack_t answer;
    enow_link_session_keys_t keys;
    uint8_t copy[ENOW_MAX_FRAME_V1];

    if (!node_connack(n, frame, &answer) || answer.status != ENOW_CONNACK_STATUS_ACCEPTED || answer.echo != n->nonce) {
        return false;
    }
    if (n->desk->cfg.key_count == 0) {
        n->welcome = answer.welcome;
        return true;
    }
    memcpy(copy, frame->body, frame->out.len);
    if (enow_link_join_finish(&n->join, real_crypto(), copy, frame->out.len, &n->welcome, &keys) != 0) {
        return false;
    }
    n->welcome.tlvs.len = 0;
    enow_link_tunnel_init_node(&n->tunnel, n->desk->now_us, &keys, n->welcome.session);
    return true;
}

bool node_half_joins(scripted_t *n)
{
    uint8_t cookie[ENOW_LINK_PROOF_SIZE];

    if (!node_search(n, cookie)) {
        return false;
    }
    node_make_join(n, cookie);
    desk_clear(n->desk);
    node_send_join(n);
    return node_accept(n, desk_frame(n->desk, n->addr));
}

bool node_joins(scripted_t *n)
{
    uint8_t packets[ENOW_MAX_FRAME_V1];
    enow_raw_packet_t raw;

    if (!node_half_joins(n)) {
        return false;
    }
    desk_clear(n->desk);
    node_pings(n, 1);
    return has_packet(packets, node_hears(n, packets, sizeof packets), ENOW_TYPE_PINGRESP, &raw);
}

void node_says(scripted_t *n, const void *packets, size_t len)
{
    uint8_t frame[ENOW_MAX_FRAME_V1 + ENOW_SEALED_OVERHEAD];
    int size = (int)len;

    CHECK(len <= ENOW_MAX_FRAME_V1, "long packets");
    if (n->desk->cfg.key_count == 0) {
        memcpy(frame, packets, len);
    } else {
        memcpy(frame + ENOW_LINK_SEALED_CLEAR, packets, len);
        size = enow_link_sealer_seal(&n->tunnel.sealer, real_crypto(), frame, len, sizeof frame);
    }
    CHECK(size > 0, "%d", size);
    desk_hear(n->desk, n->addr, test_gateway, frame, (size_t)size);
}

void node_pings(scripted_t *n, uint32_t time)
{
    uint8_t packet[ENOW_PKT_PINGREQ_MAX_SIZE];
    enow_pkt_pingreq_t p = {time};

    node_says(n, packet, (size_t)enow_pkt_pingreq_encode(&p, packet, sizeof packet));
}

void node_publishes(scripted_t *n, uint16_t id, uint8_t flags, const char *topic, const char *payload)
{
    uint8_t data[200], packet[220];
    const enow_message_t m = {
        {(const uint8_t *)topic, strlen(topic)},
        {(const uint8_t *)payload, strlen(payload)},
    };
    const int size = enow_message_encode(&m, data, sizeof data);
    enow_pkt_publish_t p;

    enow_pkt_publish_init(&p);
    p.flags = flags;
    p.message_id = id;
    p.data.data = data;
    p.data.len = (size_t)size;
    node_says(n, packet, (size_t)enow_pkt_publish_encode(&p, packet, sizeof packet));
}

void node_acknowledges(scripted_t *n, uint16_t id, enow_puback_status_t status, uint32_t received)
{
    uint8_t packet[ENOW_PKT_PUBACK_MAX_SIZE];
    enow_pkt_puback_t p;

    enow_pkt_puback_init(&p);
    p.message_id = id;
    p.status = status;
    p.received = received;
    node_says(n, packet, (size_t)enow_pkt_puback_encode(&p, packet, sizeof packet));
}

size_t node_hears(scripted_t *n, uint8_t *packets, size_t cap)
{
    size_t all = 0;

    for (size_t i = 0; i < n->desk->sent_count; i++) {
        desk_frame_t *f = &n->desk->sent[i];
        const uint8_t *from = f->body;
        int len = (int)f->out.len;
        if (!enow_link_addr_same(&f->out.dst, &n->addr)) {
            continue;
        }
        if (n->desk->cfg.key_count > 0) {
            len = enow_link_opener_open(&n->tunnel.opener, real_crypto(), f->body, f->out.len);
            from += ENOW_LINK_SEALED_CLEAR;
        }
        CHECK(len >= 0 && all + (size_t)len <= cap, "%d", len);
        if (len > 0 && all + (size_t)len <= cap) {
            memcpy(packets + all, from, (size_t)len);
            all += (size_t)len;
        }
    }
    n->desk->sent_count = 0;
    return all;
}

bool has_packet(const uint8_t *packets, size_t len, uint8_t type, enow_raw_packet_t *raw)
{
    enow_walk_t walk;

    enow_walk_init(&walk, packets, len);
    while (enow_walk_next(&walk, raw) > 0) {
        if (raw->type == type) {
            return true;
        }
    }
    return false;
}
