#include "check.h"
#include "esp_idf_version.h"
#include "fake.h"
#include "nvs_flash.h"
#include <string.h>
#include <unistd.h>

// As `enow keys provision` writes it.
static const char provisioned[] = "key,type,encoding,value\n"
                                  "enow,namespace,,\n"
                                  "key_id,data,u8,7\n"
                                  "address,data,hex2bin,246f28aabbcc\n";

static bool file_has(const char *path, const char *text)
{
    char content[1000] = "";
    FILE *file = fopen(path, "r");
    CHECK(file != NULL && fread(content, 1, sizeof content - 1, file) > 0);
    fclose(file);
    return strstr(content, text) != NULL;
}

static void again(void)
{
    CHECK(nvs_flash_deinit() == ESP_OK);
    CHECK(nvs_flash_init() == ESP_OK);
}

/* How many entries there are of a key, of whatever type; of any key where it is NULL. */
static unsigned entries(const char *space, const char *key)
{
    unsigned count = 0;
    nvs_iterator_t it;
    for (esp_err_t err = nvs_entry_find("nvs", space, NVS_TYPE_ANY, &it); err == ESP_OK; err = nvs_entry_next(&it)) {
        nvs_entry_info_t info;
        CHECK(nvs_entry_info(it, &info) == ESP_OK && strcmp(info.namespace_name, space) == 0);
        count += key == NULL || strcmp(info.key, key) == 0;
    }
    CHECK(it == NULL);
    return count;
}

/* A key that is set again as another type, which hides the new value in old versions. */
static void set_as_other_type(void)
{
    const bool hides = ESP_IDF_VERSION < ESP_IDF_VERSION_VAL(5, 1, 7);
    nvs_handle_t nvs;
    uint16_t wide;
    CHECK(nvs_open("types", NVS_READWRITE, &nvs) == ESP_OK);
    CHECK(nvs_set_u8(nvs, "key", 1) == ESP_OK && nvs_set_u8(nvs, "other", 1) == ESP_OK);
    CHECK(nvs_set_u16(nvs, "key", 2) == ESP_OK);
    CHECK(nvs_get_u16(nvs, "key", &wide) == (hides ? ESP_ERR_NVS_NOT_FOUND : ESP_OK));
    CHECK(entries("types", "key") == (hides ? 2 : 1) && entries("types", NULL) == (hides ? 3 : 2));
    CHECK(nvs_erase_key(nvs, "key") == ESP_OK);
    CHECK(nvs_get_u16(nvs, "key", &wide) == (hides ? ESP_OK : ESP_ERR_NVS_NOT_FOUND));
    CHECK(nvs_erase_key(nvs, "none") == ESP_ERR_NVS_NOT_FOUND && entries("none", NULL) == 0);
    nvs_close(nvs);
}

int main(void)
{
    char path[] = "/tmp/test_nvs.XXXXXX";
    int file = mkstemp(path);
    CHECK(file >= 0 && write(file, provisioned, strlen(provisioned)) == (ssize_t)strlen(provisioned));
    close(file);
    setenv("FAKE_NVS", path, 1);

    nvs_handle_t nvs;
    CHECK(nvs_open("enow", NVS_READWRITE, &nvs) == ESP_ERR_NVS_NOT_INITIALIZED);
    CHECK(nvs_flash_init() == ESP_OK);
    CHECK(nvs_open("other", NVS_READONLY, &nvs) == ESP_ERR_NVS_NOT_FOUND);
    CHECK(nvs_open("enow", NVS_READONLY, &nvs) == ESP_OK);
    uint8_t id;
    uint16_t wide;
    CHECK(nvs_get_u8(nvs, "key_id", &id) == ESP_OK && id == 7);
    CHECK(nvs_get_u16(nvs, "key_id", &wide) == ESP_ERR_NVS_NOT_FOUND);
    uint8_t address[6];
    size_t length = 5;
    CHECK(nvs_get_blob(nvs, "address", address, &length) == ESP_ERR_NVS_INVALID_LENGTH && length == 6);
    CHECK(nvs_get_blob(nvs, "address", address, &length) == ESP_OK);
    CHECK(memcmp(address, "\x24\x6f\x28\xaa\xbb\xcc", 6) == 0);
    CHECK(nvs_set_u8(nvs, "key_id", 8) == ESP_ERR_NVS_READ_ONLY);
    nvs_close(nvs);

    CHECK(nvs_open("more", NVS_READWRITE, &nvs) == ESP_OK);
    CHECK(nvs_set_i8(nvs, "123456789012345", -5) == ESP_OK);
    CHECK(nvs_set_i8(nvs, "1234567890123456", -5) == ESP_ERR_NVS_KEY_TOO_LONG);
    CHECK(nvs_set_str(nvs, "text", "a, b") == ESP_OK);
    CHECK(nvs_commit(nvs) == ESP_OK);
    CHECK(file_has(path, "123456789012345,data,i8,-5\n") && file_has(path, "text,data,string,a, b\n"));
    CHECK(nvs_set_u32(nvs, "forgotten", 1) == ESP_OK);
    fake_nvs_full(true);
    CHECK(nvs_set_u32(nvs, "much", 1) == ESP_ERR_NVS_NOT_ENOUGH_SPACE);
    fake_nvs_full(false);
    CHECK(nvs_set_blob(nvs, "page", path, 4001) == ESP_ERR_NVS_VALUE_TOO_LONG);

    set_as_other_type();

    again(); // what was committed survives, next to what was there
    CHECK(nvs_open("more", NVS_READONLY, &nvs) == ESP_OK);
    int8_t number;
    char text[8];
    length = sizeof text;
    uint32_t forgotten;
    CHECK(nvs_get_i8(nvs, "123456789012345", &number) == ESP_OK && number == -5);
    CHECK(nvs_get_str(nvs, "text", text, &length) == ESP_OK && length == 5 && strcmp(text, "a, b") == 0);
    CHECK(nvs_get_u32(nvs, "forgotten", &forgotten) == ESP_ERR_NVS_NOT_FOUND);
    nvs_close(nvs);
    CHECK(nvs_open("enow", NVS_READONLY, &nvs) == ESP_OK && nvs_get_u8(nvs, "key_id", &id) == ESP_OK);
    CHECK(nvs_flash_deinit() == ESP_OK);

    fake_nvs_init_fails(ESP_ERR_NVS_NO_FREE_PAGES);
    CHECK(nvs_flash_init() == ESP_ERR_NVS_NO_FREE_PAGES);
    CHECK(nvs_flash_erase() == ESP_OK && nvs_flash_init() == ESP_OK);
    CHECK(nvs_open("enow", NVS_READONLY, &nvs) == ESP_ERR_NVS_NOT_FOUND);
    unlink(path);
    return 0;
}
