/* The window of message ids: any window, any id. */
#include "ids.h"

#include "unknown.h"

void prove_ids(void)
{
    enow_link_ids_t ids = {unknown_u64(0, UINT64_MAX), unknown_u64(0, UINT64_MAX), unknown_u16(), unknown_bool()};

    (void)enow_link_ids_of(&ids, unknown_u16());
    enow_link_ids_mark(&ids, unknown_u16());
    enow_link_ids_refuse(&ids, unknown_u16());
}
