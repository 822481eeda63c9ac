#include "check.h"

#include "../src/ids.h"

/* Each step marks, refuses or asks about an id. */
typedef struct {
    enum { MARK, REFUSE, ASK } what;
    uint16_t id;
    enow_link_id_state_t want;
} step_t;

static void run(const char *name, const step_t *steps, size_t count)
{
    enow_link_ids_t ids = {0, 0, 0, false};

    for (size_t i = 0; i < count; i++) {
        if (steps[i].what == MARK) {
            enow_link_ids_mark(&ids, steps[i].id);
        } else if (steps[i].what == REFUSE) {
            enow_link_ids_refuse(&ids, steps[i].id);
        }
        const enow_link_id_state_t got = enow_link_ids_of(&ids, steps[i].id);
        CHECK(got == steps[i].want, "%s: step %u, id %u is %d, want %d", name, (unsigned)i, steps[i].id, (int)got,
              (int)steps[i].want);
    }
}

#define RUN(name, ...)                                                                                                 \
    do {                                                                                                               \
        const step_t steps[] = {__VA_ARGS__};                                                                          \
        run(name, steps, sizeof steps / sizeof steps[0]);                                                              \
    } while (0)

int main(void)
{
    RUN("an empty window", {ASK, 0, ENOW_LINK_ID_NEW}, {ASK, 65535, ENOW_LINK_ID_NEW});
    RUN("both edges behind", {MARK, 100, ENOW_LINK_ID_DONE}, {ASK, 37, ENOW_LINK_ID_NEW}, {ASK, 36, ENOW_LINK_ID_OLD},
        {MARK, 37, ENOW_LINK_ID_DONE}, {MARK, 36, ENOW_LINK_ID_OLD});
    RUN("both edges ahead", {MARK, 0, ENOW_LINK_ID_DONE}, {ASK, 32767, ENOW_LINK_ID_NEW},
        {ASK, 32768, ENOW_LINK_ID_OLD});
    RUN("past the last number", {MARK, 65535, ENOW_LINK_ID_DONE}, {MARK, 0, ENOW_LINK_ID_DONE},
        {ASK, 65535, ENOW_LINK_ID_DONE}, {ASK, 65534, ENOW_LINK_ID_NEW}, {ASK, 65473, ENOW_LINK_ID_NEW},
        {ASK, 65472, ENOW_LINK_ID_OLD});
    RUN("far ahead", {MARK, 1, ENOW_LINK_ID_DONE}, {MARK, 65, ENOW_LINK_ID_DONE}, {ASK, 1, ENOW_LINK_ID_OLD},
        {ASK, 2, ENOW_LINK_ID_NEW}, {MARK, 129, ENOW_LINK_ID_DONE}, {ASK, 66, ENOW_LINK_ID_NEW});
    RUN("refused", {REFUSE, 7, ENOW_LINK_ID_REFUSED}, {MARK, 8, ENOW_LINK_ID_DONE}, {ASK, 7, ENOW_LINK_ID_REFUSED},
        {REFUSE, 9, ENOW_LINK_ID_REFUSED}, {ASK, 8, ENOW_LINK_ID_DONE}, {MARK, 73, ENOW_LINK_ID_DONE},
        {ASK, 9, ENOW_LINK_ID_OLD});
    return check_result();
}
