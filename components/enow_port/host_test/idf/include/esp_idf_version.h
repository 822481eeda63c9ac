/*
 * Facts: esp_common/include/esp_idf_version.h, 5.1 to 6.0. The version that is imitated is set with FAKE_IDF_VERSION of
 * CMake.
 */
#pragma once

#define ESP_IDF_VERSION_MAJOR FAKE_IDF_MAJOR
#define ESP_IDF_VERSION_MINOR FAKE_IDF_MINOR
#define ESP_IDF_VERSION_PATCH FAKE_IDF_PATCH

#define ESP_IDF_VERSION_VAL(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))
#define ESP_IDF_VERSION ESP_IDF_VERSION_VAL(ESP_IDF_VERSION_MAJOR, ESP_IDF_VERSION_MINOR, ESP_IDF_VERSION_PATCH)
