#define _GNU_SOURCE // PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP
#include "esp_now.h"
#include "clock.h"
#include "esp_mac.h"
#include "esp_wifi.h"
#include "fake.h"
#include "wifi.h"
#include <string.h>

#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
#define VERSION 2
#define FRAME_MAX ESP_NOW_MAX_DATA_LEN_V2
#else
#define VERSION 1
#define FRAME_MAX ESP_NOW_MAX_DATA_LEN
#endif

#ifdef ESP_ERR_ESPNOW_CHAN
#define WRONG_CHANNEL ESP_ERR_ESPNOW_CHAN
#else
#define WRONG_CHANNEL ESP_ERR_ESPNOW_ARG
#endif

typedef struct {
    esp_err_t error;
    uint32_t count;
} fault_t;

// Held while callbacks run: on a chip too, calls wait for the task that runs them.
static pthread_mutex_t s_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static bool s_ready;
static esp_now_recv_cb_t s_receive;
static esp_now_send_cb_t s_sent;
static esp_now_peer_info_t s_peers[ESP_NOW_MAX_TOTAL_PEER_NUM];
static int s_peer_count;
static int s_fetched;
static bool s_deaf;

static fault_t s_send_fault;
static fault_t s_add_fault;
static uint32_t s_callbacks_lost;
static bool s_deaf_after_change;
static uint32_t s_inits;

static void lock(void) { pthread_mutex_lock(&s_mutex); }

static esp_err_t unlock(esp_err_t err)
{
    pthread_mutex_unlock(&s_mutex);
    return err;
}

static bool counts(uint32_t *count)
{
    if (*count == 0) {
        return false;
    }
    if (*count != FAKE_UNTIL_WIFI_STOP) {
        --*count;
    }
    return true;
}

static esp_now_peer_info_t *find(const uint8_t *address)
{
    for (int i = 0; i < s_peer_count; i++) {
        if (memcmp(s_peers[i].peer_addr, address, ESP_NOW_ETH_ALEN) == 0) {
            return &s_peers[i];
        }
    }
    return NULL;
}

/* --- in the Wi-Fi task --- */

void now_received(const air_frame_t *frame)
{
    lock();
    if (s_ready && s_receive != NULL && !s_deaf && frame->length <= FRAME_MAX) {
        air_frame_t copy = *frame;
        wifi_pkt_rx_ctrl_t control = {.rssi = -50};
        control.channel = (unsigned)frame->channel & 0xfU;
        control.timestamp = (unsigned)clock_us();
        esp_now_recv_info_t info = {.src_addr = copy.source, .des_addr = copy.destination, .rx_ctrl = &control};
        // Memory of exactly this size, and gone afterwards, so that reading further or later is found.
        uint8_t *data = malloc(frame->length);
        if (data != NULL) {
            memcpy(data, frame->data, frame->length);
            s_receive(&info, data, (int)frame->length);
            free(data);
        }
    }
    unlock(ESP_OK);
}

void now_sent(const air_frame_t *frame, bool acknowledged)
{
    esp_now_send_status_t status = acknowledged ? ESP_NOW_SEND_SUCCESS : ESP_NOW_SEND_FAIL;
    lock();
    if (s_ready && s_sent != NULL && !counts(&s_callbacks_lost)) {
        air_frame_t copy = *frame;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 5, 0)
        esp_now_send_info_t info = {.des_addr = copy.destination,
                                    .src_addr = copy.source,
                                    .ifidx = WIFI_IF_STA,
                                    .data = copy.data,
                                    .data_len = (uint8_t)copy.length,
                                    .rate = WIFI_PHY_RATE_1M_L,
                                    .tx_status = acknowledged ? WIFI_SEND_SUCCESS : WIFI_SEND_FAIL};
        s_sent(&info, status);
#else
        s_sent(copy.destination, status);
#endif
    }
    unlock(ESP_OK);
}

void now_joined_on_other_channel(void)
{
    lock();
    s_deaf = s_deaf || s_deaf_after_change;
    unlock(ESP_OK);
}

void now_wifi_stopped(void)
{
    lock();
    if (s_send_fault.count == FAKE_UNTIL_WIFI_STOP) {
        s_send_fault.count = 0;
    }
    if (s_add_fault.count == FAKE_UNTIL_WIFI_STOP) {
        s_add_fault.count = 0;
    }
    if (s_callbacks_lost == FAKE_UNTIL_WIFI_STOP) {
        s_callbacks_lost = 0;
    }
    unlock(ESP_OK);
}

/* --- the API --- */

esp_err_t esp_now_init(void)
{
    air_radio_t *radio = wifi_radio();
    if (radio == NULL) {
        return ESP_ERR_WIFI_NOT_INIT;
    }
    lock();
    if (!s_ready) {
        s_ready = true;
        s_deaf = false;
        s_inits++;
        air_listen(radio, true);
    }
    return unlock(ESP_OK);
}

esp_err_t esp_now_deinit(void)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    s_ready = false;
    s_receive = NULL;
    s_sent = NULL;
    s_peer_count = 0;
    air_radio_t *radio = wifi_radio();
    if (radio != NULL) {
        air_listen(radio, false);
    }
    return unlock(ESP_OK);
}

esp_err_t esp_now_get_version(uint32_t *version)
{
    if (version == NULL) {
        return ESP_ERR_ESPNOW_ARG;
    }
    *version = VERSION;
    return ESP_OK;
}

esp_err_t esp_now_register_recv_cb(esp_now_recv_cb_t cb)
{
    lock();
    s_receive = cb;
    return unlock(s_ready ? ESP_OK : ESP_ERR_ESPNOW_NOT_INIT);
}

esp_err_t esp_now_register_send_cb(esp_now_send_cb_t cb)
{
    lock();
    s_sent = cb;
    return unlock(s_ready ? ESP_OK : ESP_ERR_ESPNOW_NOT_INIT);
}

esp_err_t esp_now_send(const uint8_t *peer_addr, const uint8_t *data, size_t len)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    if (peer_addr == NULL) {
        return unlock(ESP_ERR_NOT_SUPPORTED); // To all peers: the components never do.
    }
    if (data == NULL || len == 0 || len > FRAME_MAX) {
        return unlock(ESP_ERR_ESPNOW_ARG);
    }
    if (counts(&s_send_fault.count)) {
        return unlock(s_send_fault.error);
    }
    const esp_now_peer_info_t *peer = find(peer_addr);
    if (peer == NULL) {
        return unlock(ESP_ERR_ESPNOW_NOT_FOUND);
    }
    uint8_t channel = wifi_channel();
    if (peer->ifidx != WIFI_IF_STA || channel == 0) {
        return unlock(ESP_ERR_ESPNOW_IF);
    }
    if (peer->channel != 0 && peer->channel != channel) {
        return unlock(WRONG_CHANNEL);
    }
    return unlock(air_send(wifi_radio(), peer_addr, data, len) ? ESP_OK : ESP_ERR_ESPNOW_NO_MEM);
}

esp_err_t esp_now_add_peer(const esp_now_peer_info_t *peer)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    bool group = peer != NULL && (peer->peer_addr[0] & 1) != 0;
    if (peer == NULL || peer->channel > 14 || (group && (peer->encrypt || !air_is_broadcast(peer->peer_addr)))) {
        return unlock(ESP_ERR_ESPNOW_ARG);
    }
    if (counts(&s_add_fault.count)) {
        return unlock(s_add_fault.error);
    }
    if (find(peer->peer_addr) != NULL) {
        return unlock(ESP_ERR_ESPNOW_EXIST);
    }
    if (s_peer_count == ESP_NOW_MAX_TOTAL_PEER_NUM) {
        return unlock(ESP_ERR_ESPNOW_FULL);
    }
    s_peers[s_peer_count++] = *peer;
    return unlock(ESP_OK);
}

esp_err_t esp_now_del_peer(const uint8_t *peer_addr)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    if (peer_addr == NULL) {
        return unlock(ESP_ERR_ESPNOW_ARG);
    }
    esp_now_peer_info_t *peer = find(peer_addr);
    if (peer == NULL) {
        return unlock(ESP_ERR_ESPNOW_NOT_FOUND);
    }
    s_peer_count--;
    memmove(peer, peer + 1, (size_t)(&s_peers[s_peer_count] - peer) * sizeof *peer);
    return unlock(ESP_OK);
}

// Only peers that can be sent to one by one: on a chip too, broadcast is left out.
esp_err_t esp_now_fetch_peer(bool from_head, esp_now_peer_info_t *peer)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    if (from_head) {
        s_fetched = 0;
    }
    while (s_fetched < s_peer_count && air_is_broadcast(s_peers[s_fetched].peer_addr)) {
        s_fetched++;
    }
    if (s_fetched >= s_peer_count) {
        return unlock(ESP_ERR_ESPNOW_NOT_FOUND);
    }
    *peer = s_peers[s_fetched++];
    return unlock(ESP_OK);
}

bool esp_now_is_peer_exist(const uint8_t *peer_addr)
{
    lock();
    bool exists = s_ready && find(peer_addr) != NULL;
    unlock(ESP_OK);
    return exists;
}

esp_err_t esp_now_get_peer_num(esp_now_peer_num_t *num)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    *num = (esp_now_peer_num_t){.total_num = s_peer_count};
    for (int i = 0; i < s_peer_count; i++) {
        num->encrypt_num += s_peers[i].encrypt;
    }
    return unlock(ESP_OK);
}

esp_err_t esp_now_set_peer_rate_config(const uint8_t *peer_addr, esp_now_rate_config_t *config)
{
    lock();
    if (!s_ready) {
        return unlock(ESP_ERR_ESPNOW_NOT_INIT);
    }
    if (peer_addr == NULL || config == NULL) {
        return unlock(ESP_ERR_ESPNOW_ARG);
    }
    return unlock(find(peer_addr) == NULL ? ESP_ERR_ESPNOW_NOT_FOUND : ESP_OK);
}

/* --- faults --- */

void fake_now_send_fails(esp_err_t error, uint32_t count)
{
    lock();
    s_send_fault = (fault_t){.error = error, .count = count};
    unlock(ESP_OK);
}

void fake_now_add_peer_fails(esp_err_t error, uint32_t count)
{
    lock();
    s_add_fault = (fault_t){.error = error, .count = count};
    unlock(ESP_OK);
}

void fake_now_send_callbacks_lost(uint32_t count)
{
    lock();
    s_callbacks_lost = count;
    unlock(ESP_OK);
}

void fake_now_deaf_after_channel_change(bool on)
{
    lock();
    s_deaf_after_change = on;
    unlock(ESP_OK);
}

uint32_t fake_now_inits(void)
{
    lock();
    uint32_t inits = s_inits;
    unlock(ESP_OK);
    return inits;
}
