#include "client.h"

#include "document.h"
#include "esp_idf_version.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/semphr.h"
#include "mqtt_client.h"
#include "nvs.h"
#include "sdkconfig.h"
#include <stdio.h>
#include <string.h>

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h" /* it is nowhere to be found without */
#endif

#ifndef CONFIG_MQTT_PROTOCOL_5
#error "the gateway speaks MQTT 5: set CONFIG_MQTT_PROTOCOL_5=y, as its Kconfig does by itself"
#endif
#ifndef CONFIG_MQTT_REPORT_DELETED_MESSAGES
#error                                                                                                                 \
    "messages would be lost unseen: set CONFIG_MQTT_REPORT_DELETED_MESSAGES=y, as the gateway's Kconfig does by itself"
#endif

static const char *TAG = "enow_gateway";

#define TIMEOUT_MS 10000
#define BEGIN_MS 5000
#define WILL_QOS 1
#define SUBSCRIBE_QOS 1
/* Bytes that a message takes in esp-mqtt beside topic and payload: user properties and header. */
#define MESSAGE_OVERHEAD 256u
_Static_assert(CONFIG_ENOW_GATEWAY_MQTT_BUFFER >= ENOW_GATEWAY_MAX_TOPIC + MESSAGE_OVERHEAD,
               "esp-mqtt never takes a message whose topic and properties do not fit its buffer");

/* From this version on esp-mqtt has these fields. */
#define HAS_OUTBOX_LIMIT (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 1, 2))
#define HAS_REASON_CODE (ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0))

static const enow_gateway_client_config_t *s_cfg;
static esp_mqtt_client_handle_t s_client;
static SemaphoreHandle_t s_begun; /* esp-mqtt's task runs: before, its client must not be destroyed */

/* The message that is coming, in pieces. */
static struct {
    char topic[ENOW_GATEWAY_MAX_TOPIC];
    uint8_t payload[CONFIG_ENOW_GATEWAY_INBOX];
    size_t topic_len, len, total;
    bool retained, drop;
} s_in;

#if CONFIG_ENOW_GATEWAY_CA > 0
static char s_ca[CONFIG_ENOW_GATEWAY_CA];

/* The certificate of an own authority in NVS; false: there is none. */
static bool load_ca(void)
{
    size_t size = sizeof s_ca;
    nvs_handle_t nvs;

    if (nvs_open("enow", NVS_READONLY, &nvs) != ESP_OK) {
        return false;
    }
    const esp_err_t err = nvs_get_str(nvs, "broker_ca", s_ca, &size);
    nvs_close(nvs);
    if (err == ESP_ERR_NVS_INVALID_LENGTH) {
        ESP_LOGE(TAG, "broker_ca in NVS is longer than %u bytes: raise CONFIG_ENOW_GATEWAY_CA", (unsigned)sizeof s_ca);
    }
    return err == ESP_OK;
}
#endif

static void verify(esp_mqtt_client_config_t *mqtt)
{
#if CONFIG_ENOW_GATEWAY_CA > 0
    if (load_ca()) {
        mqtt->broker.verification.certificate = s_ca;
        return;
    }
#endif
#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
    mqtt->broker.verification.crt_bundle_attach = esp_crt_bundle_attach;
#else
    (void)mqtt;
#endif
}

static const char *text_or_none(const char *text) { return text[0] == '\0' ? NULL : text; }

static void tell(enow_gateway_client_event_kind_t kind, int code, int id)
{
    const enow_gateway_client_event_t event = {.kind = kind, .code = code, .id = (uint16_t)id};

    s_cfg->tell(&event);
}

/* Puts the pieces of a message together. */
static void receive(const esp_mqtt_event_t *event)
{
    const size_t at = (size_t)event->current_data_offset, len = (size_t)event->data_len;

    if (at == 0) {
        s_in.topic_len = (size_t)event->topic_len;
        s_in.total = (size_t)event->total_data_len;
        s_in.len = 0;
        s_in.retained = event->retain;
        s_in.drop = s_in.topic_len > sizeof s_in.topic || s_in.total > sizeof s_in.payload;
        memcpy(s_in.topic, event->topic, s_in.topic_len < sizeof s_in.topic ? s_in.topic_len : sizeof s_in.topic);
        if (s_in.drop) {
            tell(ENOW_GATEWAY_CLIENT_TOO_LONG, 0, 0);
        }
    }
    if (s_in.drop || at != s_in.len || len > s_in.total - at) {
        return;
    }
    if (len > 0) {
        memcpy(s_in.payload + at, event->data, len);
    }
    s_in.len += len;
    if (s_in.len == s_in.total) {
        const enow_gateway_client_event_t whole = {
            .kind = ENOW_GATEWAY_CLIENT_MESSAGE,
            .topic = {(const uint8_t *)s_in.topic, s_in.topic_len},
            .payload = {s_in.payload, s_in.len},
            .retained = s_in.retained,
        };

        s_cfg->tell(&whole);
    }
}

/* What the broker says of a message: one byte of data in every version of esp-mqtt, or none if there is nothing to say.
 */
static int verdict(const esp_mqtt_event_t *event) { return event->data_len > 0 ? (int)(uint8_t)event->data[0] : 0; }

/* Why the broker ended the connection: before 6.0 esp-mqtt keeps it to itself. */
static int reason(const esp_mqtt_event_t *event)
{
#if HAS_REASON_CODE
    return (int)event->reason_code;
#else
    (void)event;
    return 0;
#endif
}

static void failed(const esp_mqtt_error_codes_t *error)
{
    if (error->error_type == MQTT_ERROR_TYPE_CONNECTION_REFUSED) {
        tell(ENOW_GATEWAY_CLIENT_REFUSED, (int)error->connect_return_code, 0);
    } else if (error->error_type == MQTT_ERROR_TYPE_TCP_TRANSPORT) {
        tell(ENOW_GATEWAY_CLIENT_UNREACHABLE, error->esp_transport_sock_errno, 0);
    }
}

static void on_mqtt(void *arg, esp_event_base_t base, int32_t id, void *data)
{
    const esp_mqtt_event_t *event = data;

    (void)arg, (void)base;
    switch ((esp_mqtt_event_id_t)id) {
    case MQTT_EVENT_BEFORE_CONNECT:
        (void)xSemaphoreGive(s_begun);
        break;
    case MQTT_EVENT_CONNECTED:
        tell(ENOW_GATEWAY_CLIENT_UP, 0, 0);
        break;
    case MQTT_EVENT_DISCONNECTED:
        tell(ENOW_GATEWAY_CLIENT_DOWN, reason(event), 0);
        break;
    case MQTT_EVENT_ERROR:
        failed(event->error_handle);
        break;
    case MQTT_EVENT_SUBSCRIBED:
        if (event->error_handle->error_type == MQTT_ERROR_TYPE_SUBSCRIBE_FAILED) {
            tell(ENOW_GATEWAY_CLIENT_UNSUBSCRIBED, 0, 0);
        }
        break;
    case MQTT_EVENT_PUBLISHED:
        tell(ENOW_GATEWAY_CLIENT_PUBLISHED, verdict(event), event->msg_id);
        break;
    case MQTT_EVENT_DELETED:
        tell(ENOW_GATEWAY_CLIENT_DELETED, 0, event->msg_id);
        break;
    case MQTT_EVENT_DATA:
        receive(event);
        break;
    default:
        break;
    }
}

bool enow_gateway_client_is_uri(const char *text)
{
    static const char *const schemes[] = {"mqtt://", "mqtts://", "ws://", "wss://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0) {
            return true;
        }
    }
    return false;
}

esp_err_t enow_gateway_client_open(const enow_gateway_client_config_t *cfg)
{
    static StaticSemaphore_t begun;
    char id[sizeof cfg->cfg->client_id];
    esp_mqtt_client_config_t mqtt = {
        .broker.address.uri = cfg->cfg->broker_uri,
        .credentials = {.username = text_or_none(cfg->cfg->broker_user),
                        .client_id = id,
                        .authentication.password = text_or_none(cfg->cfg->broker_pass)},
        .session = {.last_will = {.topic = cfg->will,
                                  .msg = ENOW_GATEWAY_DOCUMENT_OFFLINE,
                                  .msg_len = (int)(sizeof ENOW_GATEWAY_DOCUMENT_OFFLINE - 1),
                                  .qos = WILL_QOS,
                                  .retain = 1},
                    .keepalive = cfg->cfg->broker_alive_s,
                    .protocol_ver = MQTT_PROTOCOL_V_5},
        .network = {.timeout_ms = TIMEOUT_MS, .disable_auto_reconnect = true},
        .buffer.size = CONFIG_ENOW_GATEWAY_MQTT_BUFFER,
#if HAS_OUTBOX_LIMIT
        .outbox.limit =
            (uint64_t)cfg->cfg->window * (CONFIG_ENOW_MAX_MESSAGE + ENOW_GATEWAY_MAX_TOPIC + MESSAGE_OVERHEAD),
#endif
    };
    const uint8_t *mac = cfg->addr.bytes;

    if (!enow_gateway_client_is_uri(cfg->cfg->broker_uri)) {
        return ESP_ERR_INVALID_ARG; /* of which esp-mqtt says nothing: its task ends after BEFORE_CONNECT */
    }
    if (cfg->cfg->client_id[0] != '\0') {
        memcpy(id, cfg->cfg->client_id, sizeof id);
    } else {
        (void)snprintf(id, sizeof id, "enow%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    }
    if (strncmp(mqtt.broker.address.uri, "mqtts:", 6) == 0 || strncmp(mqtt.broker.address.uri, "wss:", 4) == 0) {
        verify(&mqtt);
    }
    s_cfg = cfg;
    s_begun = xSemaphoreCreateBinaryStatic(&begun);
    s_client = esp_mqtt_client_init(&mqtt);
    if (s_client == NULL) {
        return ESP_ERR_NO_MEM;
    }
    esp_err_t err = esp_mqtt_client_register_event(s_client, MQTT_EVENT_ANY, on_mqtt, NULL);
    if (err == ESP_OK) {
        err = esp_mqtt_client_start(s_client);
    }
    if (err == ESP_OK && xSemaphoreTake(s_begun, pdMS_TO_TICKS(BEGIN_MS)) != pdTRUE) {
        err = ESP_ERR_NOT_SUPPORTED; /* its task ends without a word where it knows no such scheme */
    }
    if (err != ESP_OK) {
        enow_gateway_client_close();
    }
    return err;
}

void enow_gateway_client_close(void)
{
    if (s_client != NULL) {
        (void)esp_mqtt_client_destroy(s_client);
        s_client = NULL;
    }
}

bool enow_gateway_client_subscribe(const char *filter)
{
    return esp_mqtt_client_subscribe(s_client, filter, SUBSCRIBE_QOS) >= 0;
}

int enow_gateway_client_publish(const enow_gateway_message_t *message, const enow_gateway_properties_t *properties)
{
    /* A payload of null is an empty one; of one that is not, and has no bytes, esp-mqtt sends all up to a NUL. */
    const char *payload = message->payload.len == 0 ? NULL : (const char *)message->payload.data;
    esp_mqtt5_publish_property_config_t property = {0};
    esp_mqtt5_user_property_item_t items[ENOW_GATEWAY_PROPERTIES];
    int id = -1;

    for (size_t i = 0; i < properties->count; i++) {
        items[i].key = properties->list[i].name;
        items[i].value = properties->list[i].value;
    }
    if (properties->count == 0 ||
        esp_mqtt5_client_set_user_property(&property.user_property, items, (uint8_t)properties->count) == ESP_OK) {
        /* Without properties too: else those of a message that failed would go with this one. */
        (void)esp_mqtt5_client_set_publish_property(s_client, &property);
        id = esp_mqtt_client_publish(s_client, message->topic, payload, (int)message->payload.len, message->qos,
                                     message->retain);
    }
    esp_mqtt5_client_delete_user_property(property.user_property);
    return id;
}
