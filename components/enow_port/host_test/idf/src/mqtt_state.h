/* A client of esp-mqtt, whose calls are in mqtt_client.c, whose messages in mqtt_outbox.c and whose task in
 * mqtt_task.c. */
#pragma once

#include "freertos/semphr.h"
#include "mqtt_client.h"
#include "mqtt_outbox.h"
#include <mosquitto.h>
#include <pthread.h>

#define HANDLERS 8

typedef enum { STOPPED, CONNECT, CONNECTING, CONNECTED, WAITING } mqtt_state_t;

struct esp_mqtt_client {
    pthread_mutex_t api; // held by the task but while it waits for data: calls wait for a connection that is being made
    SemaphoreHandle_t stopped;
    TaskHandle_t task;
    int wake[2]; // a pipe
    bool run;
    mqtt_state_t state;
    int64_t moment_us; // when connecting or waiting ends
    struct mosquitto *mosquitto;
    bool lost; // the connection

    esp_mqtt_client_config_t config; // texts are copies
    char *host;
    int port;
    bool tls;
    bool has_transport; // the scheme of its URI is known
    int certificate;    // a file that holds it, -1 if none was given
    const esp_mqtt5_publish_property_config_t *publish_property;

    outbox_t outbox;
    struct {
        esp_mqtt_event_id_t id;
        esp_event_handler_t function;
        void *argument;
    } handlers[HANDLERS];
    size_t handler_count;
};

void mqtt_lock(esp_mqtt_client_handle_t client);
void mqtt_unlock(esp_mqtt_client_handle_t client);

/** Ends the task's wait for data. */
void mqtt_wake(esp_mqtt_client_handle_t client);

bool mqtt_speaks_5(esp_mqtt_client_handle_t client);

/** Whether there is memory for a message of this length. */
bool mqtt_has_memory(int length);

/** The connection has ended, which is told in whatever task finds out. */
void mqtt_disconnected(esp_mqtt_client_handle_t client);

/** The task, which ends when client->run is false. */
void mqtt_task(void *client);

/** Hands a message to libmosquitto, which keeps it no longer than the connection; one with QoS 0 is done with then. */
bool mqtt_send(esp_mqtt_client_handle_t client, message_t *message);
