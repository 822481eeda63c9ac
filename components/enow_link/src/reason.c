#include "enow/link.h"

const char *enow_link_reason_name(enow_link_reason_t reason)
{
    static const char *const names[] = {
        [ENOW_LINK_REASON_NONE] = "",
        [ENOW_LINK_REASON_NORMAL] = "normal",
        [ENOW_LINK_REASON_UNKNOWN] = "unknown session",
        [ENOW_LINK_REASON_DENIED] = "denied",
        [ENOW_LINK_REASON_SHUTDOWN] = "shutdown",
        [ENOW_LINK_REASON_SILENT] = "silent",
        [ENOW_LINK_REASON_ELSEWHERE] = "elsewhere",
        [ENOW_LINK_REASON_EVICTED] = "evicted",
        [ENOW_LINK_REASON_RESTARTED] = "restarted",
        [ENOW_LINK_REASON_SPENT] = "key spent",
        [ENOW_LINK_REASON_VERSION] = "version",
        [ENOW_LINK_REASON_EXTENSION] = "extension",
    };

    return (size_t)reason < sizeof names / sizeof *names ? names[reason] : "?";
}
