// Against a real Mosquitto on a free port.
#include "check.h"
#include "fake.h"
#include "freertos/queue.h"
#include "mqtt_client.h"
#include <arpa/inet.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    esp_mqtt_event_id_t id;
    int message;
    int error;
    int total;
    int offset;
    int length;
    char topic[32];
    char data[2048];
    char user[32]; // "key=value" of the first user property
} event_t;

static QueueHandle_t s_events;
static pid_t s_broker;
static int s_port;
static int s_reserved; // bound to it, so that the system gives it to nobody else while there is no broker
static char s_folder[] = "/tmp/test_mqtt.XXXXXX";

static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int on = 1;
    s_reserved = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(s_reserved >= 0 && setsockopt(s_reserved, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    CHECK(bind(s_reserved, (struct sockaddr *)&address, length) == 0);
    CHECK(getsockname(s_reserved, (struct sockaddr *)&address, &length) == 0);
    return ntohs(address.sin_port);
}

static void start_broker(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/mosquitto.conf", s_folder);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fprintf(file, "user root\nlistener %d 127.0.0.1\nallow_anonymous true\nlog_type error\n", s_port);
    fclose(file);
    s_broker = fork();
    CHECK(s_broker >= 0);
    if (s_broker == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // with the test, however that ends, if it keeps its user
        setenv("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/bin", 1);
        execlp("mosquitto", "mosquitto", "-c", path, NULL);
        perror("mosquitto");
        _exit(127);
    }
}

static void stop_broker(void)
{
    int status;
    CHECK(kill(s_broker, SIGKILL) == 0 && waitpid(s_broker, &status, 0) == s_broker && WIFSIGNALED(status));
}

static void on_event(void *argument, esp_event_base_t base, int32_t id, void *data)
{
    esp_mqtt_event_handle_t from = data;
    CHECK(argument == NULL && base != NULL && from->event_id == (esp_mqtt_event_id_t)id && from->client != NULL);
    event_t event = {.id = from->event_id,
                     .message = from->msg_id,
                     .error = (int)from->error_handle->error_type,
                     .total = from->total_data_len,
                     .offset = from->current_data_offset,
                     .length = from->data_len};
    CHECK(event.length <= (int)sizeof event.data && from->topic_len < (int)sizeof event.topic);
    memcpy(event.data, from->data != NULL ? from->data : "", (size_t)event.length);
    memcpy(event.topic, from->topic != NULL ? from->topic : "", (size_t)from->topic_len);
    esp_mqtt5_user_property_item_t item;
    uint8_t count = 1;
    if (esp_mqtt5_client_get_user_property(from->property->user_property, &item, &count) == ESP_OK && count == 1) {
        snprintf(event.user, sizeof event.user, "%s=%s", item.key, item.value);
        free((void *)(uintptr_t)item.key);
        free((void *)(uintptr_t)item.value);
    }
    xQueueSend(s_events, &event, 0);
}

static esp_mqtt_client_config_t config(const char *id)
{
    static char uri[64];
    snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%d", s_port);
    esp_mqtt_client_config_t config = {
        .broker.address.uri = uri,
        .credentials.client_id = id,
        .session.protocol_ver = MQTT_PROTOCOL_V_5,
        .network.reconnect_timeout_ms = 100,
    };
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    config.outbox.limit = 4000;
#endif
    return config;
}

// The next event of this kind; others in between are ignored.
static event_t next(esp_mqtt_event_id_t id)
{
    event_t event;
    do {
        CHECK(xQueueReceive(s_events, &event, pdMS_TO_TICKS(30000)));
    } while (event.id != id);
    return event;
}

static void say_user(esp_mqtt_client_handle_t client, esp_mqtt5_publish_property_config_t *property)
{
    esp_mqtt5_user_property_item_t item = {.key = "seq", .value = "42"};
    *property = (esp_mqtt5_publish_property_config_t){0};
    CHECK(esp_mqtt5_client_set_user_property(&property->user_property, &item, 1) == ESP_OK);
    CHECK(esp_mqtt5_client_set_publish_property(client, property) == ESP_OK);
}

/* At QoS 1. A function, for the call is a choice by type (_Generic), which cppcheck does not read in a condition. */
static int subscribe(esp_mqtt_client_handle_t client, const char *filter)
{
    const int id = esp_mqtt_client_subscribe(client, filter, 1);

    return id;
}

static void queue_waits_for_the_broker(esp_mqtt_client_handle_t client)
{
    CHECK(esp_mqtt_client_start(client) == ESP_OK && esp_mqtt_client_start(client) == ESP_FAIL);
    CHECK(next(MQTT_EVENT_ERROR).error == MQTT_ERROR_TYPE_TCP_TRANSPORT);
    next(MQTT_EVENT_DISCONNECTED);
    CHECK(esp_mqtt_client_publish(client, "a/b", "gone", 0, 0, 0) == -1);
    CHECK(esp_mqtt_client_enqueue(client, "a/b", "gone", 0, 0, 0, false) == -1);
    CHECK(subscribe(client, "a/#") == -1);
    int id = esp_mqtt_client_enqueue(client, "a/b", "kept", 0, 1, 1, true);
    CHECK(id > 0 && esp_mqtt_client_get_outbox_size(client) > 4);
    start_broker();
    next(MQTT_EVENT_CONNECTED);
    CHECK(next(MQTT_EVENT_PUBLISHED).message == id && esp_mqtt_client_get_outbox_size(client) == 0);
}

static void messages_come_with_properties_and_in_pieces(esp_mqtt_client_handle_t client)
{
    int id = esp_mqtt_client_subscribe(client, "a/#", 1);
    CHECK(id > 0 && next(MQTT_EVENT_SUBSCRIBED).message == id);
    event_t event = next(MQTT_EVENT_DATA); // retained
    CHECK(strcmp(event.topic, "a/b") == 0 && memcmp(event.data, "kept", 4) == 0 && event.user[0] == '\0');

    esp_mqtt5_publish_property_config_t property;
    say_user(client, &property);
    static char big[3000];
    memset(big, 'x', sizeof big);
    CHECK(esp_mqtt_client_publish(client, "a/c", big, sizeof big, 1, 0) > 0);
    esp_mqtt5_client_delete_user_property(property.user_property);
    int offset = 0;
    do {
        event = next(MQTT_EVENT_DATA);
        CHECK(event.total == sizeof big && event.offset == offset && event.length <= 1024);
        CHECK((event.topic[0] != '\0') == (offset == 0) && strcmp(event.user, "seq=42") == 0);
        offset += event.length;
    } while (offset < event.total);

    CHECK(esp_mqtt_client_publish(client, "a/d", NULL, 0, 0, 0) == 0);
    event = next(MQTT_EVENT_DATA);
    CHECK(strcmp(event.topic, "a/d") == 0 && event.total == 0 && event.user[0] == '\0');
}

static void what_is_not_acknowledged_is_sent_again_or_expires(esp_mqtt_client_handle_t client)
{
    stop_broker();
    next(MQTT_EVENT_DISCONNECTED);
    static char big[3000];
    int id = esp_mqtt_client_enqueue(client, "a/e", big, sizeof big, 1, 0, true);
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 3, 0)
    CHECK(esp_mqtt_client_enqueue(client, "a/e", big, 1000, 1, 0, true) == -2);
    CHECK(esp_mqtt_client_publish(client, "a/e", big, 1000, 1, 0) == -2);
#endif
    start_broker();
    CHECK(next(MQTT_EVENT_PUBLISHED).message == id);
    CHECK(kill(s_broker, SIGSTOP) == 0);
    id = esp_mqtt_client_publish(client, "a/g", "sent, not acknowledged", 0, 1, 0);
    vTaskDelay(pdMS_TO_TICKS(100));
    stop_broker();
    next(MQTT_EVENT_DISCONNECTED);
    start_broker();
    CHECK(next(MQTT_EVENT_PUBLISHED).message == id);
    stop_broker();
    next(MQTT_EVENT_DISCONNECTED);
    fake_mqtt_expiry(50);
    id = esp_mqtt_client_enqueue(client, "a/f", "old", 0, 1, 0, true);
    CHECK(next(MQTT_EVENT_DELETED).message == id && esp_mqtt_client_get_outbox_size(client) == 0);
    fake_mqtt_expiry(30000);
}

// Another process, which is killed and has a will.
static pid_t start_testator(void)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        s_events = xQueueCreate(32, sizeof(event_t));
        esp_mqtt_client_config_t with_will = config("testator");
        with_will.session.last_will.topic = "will";
        with_will.session.last_will.msg = "gone";
        with_will.session.last_will.qos = 1;
        esp_mqtt_client_handle_t client = esp_mqtt_client_init(&with_will);
        CHECK(esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, on_event, NULL) == ESP_OK);
        CHECK(esp_mqtt_client_start(client) == ESP_OK);
        for (;;) {
            next(MQTT_EVENT_CONNECTED);
            esp_mqtt_client_publish(client, "here", "testator", 0, 1, 1);
        }
    }
    return child;
}

static void will_is_done(esp_mqtt_client_handle_t client, pid_t testator)
{
    start_broker();
    next(MQTT_EVENT_CONNECTED);
    CHECK(subscribe(client, "here") > 0 && subscribe(client, "will") > 0);
    CHECK(strcmp(next(MQTT_EVENT_DATA).topic, "here") == 0);
    CHECK(kill(testator, SIGKILL) == 0 && waitpid(testator, NULL, 0) == testator);
    event_t event = next(MQTT_EVENT_DATA);
    CHECK(strcmp(event.topic, "will") == 0 && memcmp(event.data, "gone", 4) == 0);
}

int main(void)
{
    CHECK(mkdtemp(s_folder) != NULL);
    s_port = free_port();
    s_events = xQueueCreate(64, sizeof(event_t));
    esp_mqtt_client_config_t bad = {.broker.address.uri = "127.0.0.1"};
    CHECK(esp_mqtt_client_init(&bad) == NULL);
    pid_t testator = start_testator(); // while there is one thread
    esp_mqtt_client_config_t good = config("client");
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&good);
    CHECK(client != NULL && esp_mqtt_client_register_event(client, MQTT_EVENT_ANY, on_event, NULL) == ESP_OK);
    CHECK(esp_mqtt_client_stop(client) == ESP_FAIL);

    queue_waits_for_the_broker(client);
    messages_come_with_properties_and_in_pieces(client);
    what_is_not_acknowledged_is_sent_again_or_expires(client);
    will_is_done(client, testator);

    CHECK(esp_mqtt_client_stop(client) == ESP_OK && esp_mqtt_client_destroy(client) == ESP_OK);
    stop_broker();
    char path[64];
    snprintf(path, sizeof path, "%s/mosquitto.conf", s_folder);
    unlink(path);
    rmdir(s_folder);
    vQueueDelete(s_events);
    return 0;
}
