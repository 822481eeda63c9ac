#include "report.h"

#include "broker_events.h"
#include "document.h"
#include "downlink.h"
#include "enow/driver.h"
#include "station.h"
#include "uplink.h"
#include <string.h>

#define SECOND_US UINT64_C(1000000)

#define RADIO(MEMBER) ENOW_GATEWAY_COUNTER(enow_radio_stats_t, MEMBER)
#define STATION(MEMBER) ENOW_GATEWAY_COUNTER(enow_gateway_station_stats_t, MEMBER)
#define BROKER(MEMBER) ENOW_GATEWAY_COUNTER(enow_gateway_broker_stats_t, MEMBER)
#define UPLINK(MEMBER) ENOW_GATEWAY_COUNTER(enow_gateway_uplink_stats_t, MEMBER)
#define DOWNLINK(MEMBER) ENOW_GATEWAY_COUNTER(enow_gateway_downlink_stats_t, MEMBER)
#define SETTINGS(MEMBER) ENOW_GATEWAY_COUNTER(enow_settings_stats_t, MEMBER)

static const enow_gateway_counter_t s_radio[] = {
    RADIO(received),      RADIO(dropped_full), RADIO(dropped_size), RADIO(sent),   RADIO(unacknowledged),
    RADIO(timed_out),     RADIO(late),         RADIO(no_memory),    RADIO(failed), RADIO(peers_full),
    RADIO(wrong_channel), RADIO(resets),       RADIO(restarts),
};
static const enow_gateway_counter_t s_station[] = {
    STATION(attempts), STATION(joins), STATION(losses), STATION(not_found), STATION(refused), STATION(moves),
};
static const enow_gateway_counter_t s_broker[] = {
    BROKER(attempts), BROKER(connections), BROKER(losses),   BROKER(unreachable), BROKER(refused),
    BROKER(failures), BROKER(expired),     BROKER(received), BROKER(too_long),    BROKER(malformed),
};
static const enow_gateway_counter_t s_uplink[] = {
    UPLINK(received), UPLINK(published), UPLINK(refused), UPLINK(dropped),   UPLINK(too_large),
    UPLINK(replaced), UPLINK(again),     UPLINK(waiting), UPLINK(in_flight), UPLINK(bytes),
};
static const enow_gateway_counter_t s_downlink[] = {
    DOWNLINK(queued), DOWNLINK(delivered), DOWNLINK(failed), DOWNLINK(retained), DOWNLINK(elsewhere), DOWNLINK(refused),
};
static const enow_gateway_counter_t s_settings[] = {
    SETTINGS(bad),
    SETTINGS(unsaved),
    SETTINGS(unreadable),
    SETTINGS(erased),
};

#define PART(NAME, COUNTERS, VALUES)                                                                                   \
    {                                                                                                                  \
        NAME, (COUNTERS), sizeof(COUNTERS) / sizeof(COUNTERS)[0], (VALUES)                                             \
    }

/* Longer than any: a number has ten digits, and there are as many names and reasons as the tables have. */
#define STATS_SIZE 4096u

static const enow_gateway_t *s_gateway;
static uint64_t s_last_us;
static bool s_reported;
static char s_text[STATS_SIZE]; /* the publisher's */

void enow_gateway_report_start(const enow_gateway_t *gateway)
{
    s_gateway = gateway;
    s_reported = false;
}

static void collect_in_owner(void *arg)
{
    enow_gateway_stats_t *out = arg;

    enow_link_gateway_stats(s_gateway->machine, &out->link);
    enow_gateway_downlink_stats(&out->downlink);
}

esp_err_t enow_gateway_report_collect(enow_gateway_stats_t *out)
{
    const esp_err_t err = enow_driver_call(collect_in_owner, out);

    if (err == ESP_OK) {
        enow_radio_stats(&out->radio);
        enow_settings_stats(&out->settings);
        enow_gateway_station_stats(&out->station);
        enow_gateway_broker_events_stats(&out->broker);
        enow_gateway_uplink_stats(&out->uplink);
    }
    return err;
}

static void report(uint64_t now_us)
{
    static enow_gateway_stats_t stats; /* too large for the stack */
    const enow_gateway_counters_t parts[] = {
        PART("radio", s_radio, &stats.radio),          PART("station", s_station, &stats.station),
        PART("broker", s_broker, &stats.broker),       PART("uplink", s_uplink, &stats.uplink),
        PART("downlink", s_downlink, &stats.downlink), PART("settings", s_settings, &stats.settings),
    };
    const enow_gateway_properties_t none = {.count = 0};
    enow_gateway_message_t message = {.retain = true, .qos = 0};
    char topic[ENOW_GATEWAY_OWN_TOPIC];

    if (enow_gateway_report_collect(&stats) != ESP_OK) {
        return;
    }
    const int len = enow_gateway_document_stats(now_us / SECOND_US, &stats.link, parts, sizeof parts / sizeof parts[0],
                                                s_text, sizeof s_text);
    (void)enow_gateway_topic_gateway(&s_gateway->roots, s_gateway->addr, ENOW_GATEWAY_SUB_STATS, topic, sizeof topic);
    message.topic = topic;
    message.payload = (enow_bytes_t){(const uint8_t *)s_text, (size_t)len};
    if (len > 0) {
        (void)enow_gateway_client_publish(&message, &none);
    }
}

uint64_t enow_gateway_report_due(uint64_t now_us)
{
    const uint64_t every_us = s_gateway->cfg.stats_s * SECOND_US;

    if (every_us == 0) {
        return UINT64_MAX;
    }
    if (!s_reported || now_us - s_last_us >= every_us) {
        s_reported = true;
        s_last_us = now_us;
        report(now_us);
    }
    return s_last_us + every_us;
}
