/* Facts: freertos/FreeRTOS-Kernel/include/freertos/task.h and esp_additions/include/freertos/idf_additions.h, 5.1
 * to 6.0. */
#pragma once

#include "freertos/FreeRTOS.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tskTaskControlBlock *TaskHandle_t;

#define tskIDLE_PRIORITY ((UBaseType_t)0U)
#define tskNO_AFFINITY ((BaseType_t)0x7FFFFFFF)

BaseType_t xTaskCreatePinnedToCore(TaskFunction_t pxTaskCode, const char *pcName, uint32_t usStackDepth,
                                   void *pvParameters, UBaseType_t uxPriority, TaskHandle_t *pvCreatedTask,
                                   BaseType_t xCoreID);
BaseType_t xTaskCreate(TaskFunction_t pxTaskCode, const char *pcName, uint32_t usStackDepth, void *pvParameters,
                       UBaseType_t uxPriority, TaskHandle_t *pxCreatedTask);
TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t pxTaskCode, const char *pcName, uint32_t ulStackDepth,
                                           void *pvParameters, UBaseType_t uxPriority, StackType_t *pxStackBuffer,
                                           StaticTask_t *pxTaskBuffer, BaseType_t xCoreID);

/* Only of the task that calls: a thread of the PC cannot be taken away from whatever it does. */
void vTaskDelete(TaskHandle_t xTaskToDelete);
void vTaskDelay(TickType_t xTicksToDelay);
TickType_t xTaskGetTickCount(void);
TaskHandle_t xTaskGetCurrentTaskHandle(void);
char *pcTaskGetName(TaskHandle_t xTaskToQuery);
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask);

#ifdef __cplusplus
}
#endif
