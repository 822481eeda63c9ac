#include "home.h"

#include "check.h"
#include "fake.h"
#include "far.h"
#include "log.h"
#include "nvs.h"
#include "settings.h"
#include "state.h"

static enow_link_connection_t up(uint8_t last, uint8_t channel)
{
    const enow_link_connection_t c = {.up = true, .gateway = {{2, 0, 0, 0, 0, last}}, .channel = channel};

    return c;
}

static enow_link_home_t kept(void)
{
    enow_link_home_t home;

    enow_home_load(&home);
    return home;
}

static void put(const void *value, size_t len)
{
    nvs_handle_t nvs;

    CHECK(nvs_open("enow", NVS_READWRITE, &nvs) == ESP_OK, "opens");
    CHECK(nvs_set_blob(nvs, "home", value, len) == ESP_OK, "writes");
    nvs_close(nvs);
}

static void test_kept(void)
{
    enow_link_connection_t c = up(1, 6);

    CHECK(kept().channel == 0, "nothing yet");
    enow_home_changed(0, &c);
    CHECK(kept().channel == 6 && kept().gateway.bytes[5] == 1, "channel %u", kept().channel);

    /* Flash wears: the same place is not written again, another is. */
    put("\2\0\0\0\0\7\7", 7);
    enow_home_changed(0, &c);
    CHECK(kept().channel == 7, "written again: channel %u", kept().channel);
    c = up(1, 11);
    enow_home_changed(0, &c);
    CHECK(kept().channel == 11, "channel %u", kept().channel);
    c = up(2, 11);
    enow_home_changed(0, &c);
    CHECK(kept().gateway.bytes[5] == 2, "gateway %u", kept().gateway.bytes[5]);
}

static void test_damaged(void)
{
    static const struct {
        const char *bytes;
        size_t len;
    } none[] = {{"\2\0\0\0\0\1", 6},    {"\2\0\0\0\0\1\6\6", 8}, {"\2\0\0\0\0\1\0", 7},
                {"\2\0\0\0\0\1\17", 7}, {"\3\0\0\0\0\1\6", 7},   {"\0\0\0\0\0\0\6", 7}};

    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        put(none[i].bytes, none[i].len);
        CHECK(kept().channel == 0, "%zu", i);
    }
    put("\2\0\0\0\0\1\16", 7);
    CHECK(kept().channel == 14, "channel %u", kept().channel);
}

static void test_full(void)
{
    const enow_link_connection_t c = up(9, 3);

    log_clear();
    fake_nvs_full(true);
    enow_home_changed(0, &c);
    fake_nvs_full(false);
    CHECK(enow_node_state.home_unsaved == 1 && log_count("NVS does not keep") == 1, "%s", log_text);
    CHECK(enow_node_state.home.channel == 3, "known all the same");
}

int main(void)
{
    CHECK(enow_node_settings_open() == ESP_OK, "opens");
    test_kept();
    test_damaged();
    test_full();
    return check_result();
}
