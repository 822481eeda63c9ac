#include "enow/link.h"

const char *enow_link_reason_name(enow_link_reason_t reason)
{
    static const char *const names[] = {"",          "normal",    "unknown session", "denied",
                                        "shutdown",  "silent",    "elsewhere",       "evicted",
                                        "restarted", "key spent", "version",         "extension"};

    return (size_t)reason < sizeof names / sizeof *names ? names[reason] : "?";
}
