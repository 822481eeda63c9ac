#include "chip.h"

#if SOC_TEMP_SENSOR_SUPPORTED

#include "driver/temperature_sensor.h"
#include "esp_check.h"

float chip_measure(void)
{
    const temperature_sensor_config_t cfg = TEMPERATURE_SENSOR_CONFIG_DEFAULT(-10, 80);
    temperature_sensor_handle_t sensor;
    float celsius = 0;

    ESP_ERROR_CHECK(temperature_sensor_install(&cfg, &sensor));
    ESP_ERROR_CHECK(temperature_sensor_enable(sensor));
    ESP_ERROR_CHECK(temperature_sensor_get_celsius(sensor, &celsius));
    return celsius;
}

#else

#include "esp_system.h"

float chip_measure(void) { return (float)esp_get_free_heap_size() / 1024; }

#endif
