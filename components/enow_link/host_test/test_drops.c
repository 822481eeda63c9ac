#include "check.h"
#include "enow/link.h"
#include "enow_proto_names.h"

#include <string.h>

/* Each reason of the protocol has a counter. */
int main(void)
{
    unsigned named = 0;

    for (unsigned why = 0; why <= UINT8_MAX; why++) {
        if (strcmp(enow_drop_reason_name((enow_drop_reason_t)why), "?") != 0) {
            named++;
            CHECK(why < ENOW_LINK_DROP_REASONS, "reason %u has none", why);
        }
    }
    CHECK(named > 30, "%u reasons", named);
    return check_result();
}
