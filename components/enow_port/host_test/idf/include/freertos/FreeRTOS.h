/*
 * Facts: freertos/FreeRTOS-Kernel/include/freertos/FreeRTOS.h and portable/xtensa/include/freertos/portmacro.h, 5.1
 * to 6.0.
 *
 * A task is a thread of the PC; priorities, cores and stack sizes are taken and mean nothing.
 */
#pragma once

#include "esp_err.h"
#include "sdkconfig.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int BaseType_t;
typedef unsigned int UBaseType_t;
typedef uint32_t TickType_t;
typedef uint8_t StackType_t;
typedef void (*TaskFunction_t)(void *);

#define configTICK_RATE_HZ CONFIG_FREERTOS_HZ
#define configMINIMAL_STACK_SIZE 1536
#define configMAX_PRIORITIES 25
#define configSTACK_DEPTH_TYPE uint32_t

#define portMAX_DELAY ((TickType_t)0xffffffffUL)
#define portTICK_PERIOD_MS ((TickType_t)(1000 / configTICK_RATE_HZ))

#define pdFALSE ((BaseType_t)0)
#define pdTRUE ((BaseType_t)1)
#define pdPASS pdTRUE
#define pdFAIL pdFALSE
#define errQUEUE_EMPTY ((BaseType_t)0)
#define errQUEUE_FULL ((BaseType_t)0)
#define pdMS_TO_TICKS(ms) ((TickType_t)(((uint64_t)(ms)*configTICK_RATE_HZ) / 1000U))

/* Where static objects live: the size is the PC's. */
typedef struct {
    unsigned char memory[256] __attribute__((aligned(16))); /* as C++ has it too */
} StaticQueue_t;
typedef StaticQueue_t StaticSemaphore_t;
typedef StaticQueue_t StaticTask_t;

#ifdef __cplusplus
}
#endif
