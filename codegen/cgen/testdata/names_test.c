/* What the numbers of everything.yaml are called. */
#include "everything_spec_names.h"

#include <stdio.h>
#include <string.h>

static unsigned failures;

static void check(int line, const char *got, const char *want)
{
    if (strcmp(got, want) != 0) {
        failures++;
        (void)printf("%d: %s, not %s\n", line, got, want);
    }
}

#define CHECK(got, want) check(__LINE__, got, want)

int main(void)
{
    CHECK(ev_err_name(EV_OK), "ok");
    CHECK(ev_err_name(5), "ok");
    CHECK(ev_err_name(EV_ERR_SHORT), "short");
    CHECK(ev_err_name(EV_ERR_UNKNOWN_FLAG), "unknown_flag");
    CHECK(ev_err_name(EV_ERR_TRAILING), "trailing");
    CHECK(ev_err_name(-99), "?");
    CHECK(ev_mode_name(EV_MODE_OFF), "off");
    CHECK(ev_mode_name(255), "odd");
    CHECK(ev_mode_name(3), "?");
    CHECK(ev_signed_name(-2), "minus");
    CHECK(ev_big_name(18446744073709551615ULL), "all");
    CHECK(ev_message_name(EV_GROWN_ID), "Grown");
    CHECK(ev_message_name(9), "?");
    CHECK(ev_type_name(EV_TYPE_THE_ANSWER_TO_A_LONG_QUESTION), "THE_ANSWER_TO_A_LONG_QUESTION");
    CHECK(ev_type_name(0), "VOID");
    CHECK(ev_type_name(7), "?");
    return failures > 0;
}
