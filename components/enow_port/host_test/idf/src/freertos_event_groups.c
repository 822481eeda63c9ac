#include "clock.h"
#include "freertos/event_groups.h"

struct EventGroupDef_t {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    EventBits_t bits;
    bool is_static;
};

_Static_assert(sizeof(struct EventGroupDef_t) <= sizeof(StaticEventGroup_t), "StaticEventGroup_t is too small");

static EventGroupHandle_t init(EventGroupHandle_t group, bool is_static)
{
    if (group != NULL) {
        *group = (struct EventGroupDef_t){.is_static = is_static};
        pthread_mutex_init(&group->mutex, NULL);
        clock_cond_init(&group->changed);
    }
    return group;
}

EventGroupHandle_t xEventGroupCreate(void) { return init(malloc(sizeof(struct EventGroupDef_t)), false); }

EventGroupHandle_t xEventGroupCreateStatic(StaticEventGroup_t *pxEventGroupBuffer)
{
    return init((EventGroupHandle_t)pxEventGroupBuffer, true);
}

void vEventGroupDelete(EventGroupHandle_t xEventGroup)
{
    pthread_mutex_destroy(&xEventGroup->mutex);
    pthread_cond_destroy(&xEventGroup->changed);
    if (!xEventGroup->is_static) {
        free(xEventGroup);
    }
}

EventBits_t xEventGroupSetBits(EventGroupHandle_t xEventGroup, EventBits_t uxBitsToSet)
{
    pthread_mutex_lock(&xEventGroup->mutex);
    xEventGroup->bits |= uxBitsToSet;
    EventBits_t bits = xEventGroup->bits;
    pthread_cond_broadcast(&xEventGroup->changed);
    pthread_mutex_unlock(&xEventGroup->mutex);
    return bits;
}

EventBits_t xEventGroupClearBits(EventGroupHandle_t xEventGroup, EventBits_t uxBitsToClear)
{
    pthread_mutex_lock(&xEventGroup->mutex);
    EventBits_t bits = xEventGroup->bits;
    xEventGroup->bits &= ~uxBitsToClear;
    pthread_mutex_unlock(&xEventGroup->mutex);
    return bits;
}

EventBits_t xEventGroupWaitBits(EventGroupHandle_t xEventGroup, EventBits_t uxBitsToWaitFor, BaseType_t xClearOnExit,
                                BaseType_t xWaitForAllBits, TickType_t xTicksToWait)
{
    struct timespec moment = clock_in_ticks(xTicksToWait);
    bool met;
    pthread_mutex_lock(&xEventGroup->mutex);
    do {
        EventBits_t set = xEventGroup->bits & uxBitsToWaitFor;
        met = xWaitForAllBits ? set == uxBitsToWaitFor : set != 0;
    } while (!met && clock_wait(&xEventGroup->changed, &xEventGroup->mutex, xTicksToWait, &moment));
    EventBits_t bits = xEventGroup->bits;
    if (met && xClearOnExit) {
        xEventGroup->bits &= ~uxBitsToWaitFor;
    }
    pthread_mutex_unlock(&xEventGroup->mutex);
    return bits;
}
