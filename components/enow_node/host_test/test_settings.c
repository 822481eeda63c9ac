#include "settings.h"

#include "check.h"
#include "fake.h"
#include "log.h"
#include "nvs_flash.h"

/* A file of the component, as text. */
static const char *text_of(const char *folder, const char *name)
{
    static char text[1 << 17];
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL, "%s", path);
    const size_t len = file == NULL ? 0 : fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

static void test_round(void)
{
    enow_node_config_t cfg;

    enow_node_config_default(&cfg);
    CHECK(cfg.keep_alive_s == CONFIG_ENOW_NODE_KEEP_ALIVE_S && cfg.channels == 0xffe && !cfg.open && !cfg.sleepy,
          "defaults");
    CHECK(enow_node_set("keep_alive_s", "120") == ESP_OK, "sets");
    CHECK(enow_node_set("sleepy", "true") == ESP_OK, "sets");
    CHECK(enow_node_set("country", "DE") == ESP_OK, "a setting of Wi-Fi");
    CHECK(enow_node_set("send_timeout_ms", "700") == ESP_OK, "a setting of the radio");
    CHECK(enow_node_config_load(&cfg) == ESP_OK, "loads");
    CHECK(cfg.keep_alive_s == 120 && cfg.sleepy && strcmp(cfg.wifi.country, "DE") == 0 &&
              cfg.radio.send_timeout_ms == 700,
          "keep-alive %u", cfg.keep_alive_s);
}

static void test_limits(void)
{
    static const struct {
        const char *key, *text;
        esp_err_t want;
    } tries[] = {
        {"keep_alive_s", "0", ESP_ERR_INVALID_ARG},
        {"keep_alive_s", "1", ESP_OK},
        {"keep_alive_s", "65535", ESP_OK},
        {"keep_alive_s", "65536", ESP_ERR_INVALID_ARG},
        {"channels", "1", ESP_ERR_INVALID_ARG},
        {"channels", "2", ESP_OK},
        {"channels", "32766", ESP_OK},
        {"channels", "32767", ESP_ERR_INVALID_ARG},
        {"listen_ms", "0", ESP_ERR_INVALID_ARG},
        {"listen_ms", "1000", ESP_OK},
        {"listen_ms", "1001", ESP_ERR_INVALID_ARG},
        {"max_receive", "1024", ESP_OK},
        {"max_receive", "1025", ESP_ERR_INVALID_ARG},
        {"keep_alive", "1", ESP_ERR_NOT_FOUND},
        {"", "1", ESP_ERR_NOT_FOUND},
    };

    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        const esp_err_t err = enow_node_set(tries[i].key, tries[i].text);
        CHECK(err == tries[i].want, "%s = %s: %s", tries[i].key, tries[i].text, esp_err_to_name(err));
    }
}

/* A value as README.md writes it. */
static void write_default(char *out, size_t size, const enow_setting_t *row, const void *config)
{
    const uint8_t *at = (const uint8_t *)config + row->offset;

    switch (row->kind) {
    case ENOW_KIND_U8:
        (void)snprintf(out, size, "%u", *at);
        break;
    case ENOW_KIND_I8:
        (void)snprintf(out, size, "%d", *(const int8_t *)at);
        break;
    case ENOW_KIND_U16:
        (void)snprintf(out, size, "%u", *(const uint16_t *)(const void *)at);
        break;
    case ENOW_KIND_U32:
        (void)snprintf(out, size, "%lu", (unsigned long)*(const uint32_t *)(const void *)at);
        break;
    case ENOW_KIND_BOOL:
        (void)snprintf(out, size, "%s", *at != 0 ? "true" : "false");
        break;
    case ENOW_KIND_STRING:
        (void)snprintf(out, size, "%s", (const char *)at);
        break;
    case ENOW_KIND_BLOB:
        (void)snprintf(out, size, "none");
        break;
    }
}

/* Its values as README.md writes them. */
static void write_values(char *out, size_t size, const enow_setting_t *row)
{
    if (row->kind == ENOW_KIND_BOOL) {
        (void)snprintf(out, size, "true, false");
    } else if (row->kind == ENOW_KIND_BLOB) {
        (void)snprintf(out, size, "%u hexadecimal digits", 2u * row->size);
    } else if (row->kind == ENOW_KIND_STRING) {
        (void)snprintf(out, size, "%lld characters", (long long)row->max);
    } else {
        (void)snprintf(out, size, "%lld..%lld", (long long)row->min, (long long)row->max);
    }
}

/* Each setting has its line in README.md, with what Kconfig says of it. */
static void check_lines(const char *readme, const enow_settings_t *table, const void *config)
{
    char line[160], value[40], values[40];

    for (size_t i = 0; i < table->count; i++) {
        const enow_setting_t *row = &table->rows[i];

        write_default(value, sizeof value, row, config);
        write_values(values, sizeof values, row);
        (void)snprintf(line, sizeof line, "| `%s` | %s | %s | ", row->key, value, values);
        CHECK(strstr(readme, line) != NULL, "README.md has no line: %s%s |", line, row->help);
    }
}

/* Each of the node's own stands in the help of an option; those of the queue are the link's. */
static void check_kconfig(const char *kconfig)
{
    char text[64];

    for (size_t i = 0; i < enow_node_settings.count; i++) {
        const char *key = enow_node_settings.rows[i].key;

        (void)snprintf(text, sizeof text, " %s", key);
        CHECK(strstr(kconfig, text) != NULL || strncmp(key, "queue_", 6) == 0, "Kconfig does not name %s", key);
    }
}

static void test_documents(const char *folder)
{
    enow_node_config_t cfg;

    enow_node_config_default(&cfg);
    check_lines(text_of(folder, "README.md"), &enow_node_settings, &cfg);
    check_lines(text_of(folder, "README.md"), &enow_wifi_settings, &cfg.wifi);
    check_lines(text_of(folder, "README.md"), &enow_radio_settings, &cfg.radio);
    check_kconfig(text_of(folder, "Kconfig"));
}

int main(int argc, char **argv)
{
    test_round();
    test_limits();
    CHECK(argc == 2, "want the component's folder");
    test_documents(argc == 2 ? argv[1] : ".");
    return check_result();
}
