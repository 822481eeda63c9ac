/* Replays scenarios (testdata/scenarios): what nodes and gateways send and tell, to the byte. */
#include "check.h"
#include "scenario/input.h"

#include <string.h>

/* Shows a line of each of two texts: the first in which they differ. */
static void differ(const script_t *s, const char *want, const char *got)
{
    size_t at = 0;

    for (size_t i = 0; want[i] == got[i] && want[i] != '\0'; i++) {
        if (want[i] == '\n') {
            at = i + 1;
        }
    }
    want += at;
    got += at;
    CHECK(false, "%s:%u: %s\n  want %.*s\n  got  %.*s", s->path, s->input_line, s->input, (int)strcspn(want, "\n"),
          want, (int)strcspn(got, "\n"), got);
}

static void replay(const char *path)
{
    script_t script;
    world_t world;
    bool same = true;

    script_open(&script, path);
    world_open(&world, &script);
    while (same && script_next(&script)) {
        input_do(&world);
        same = strcmp(text_of(&script.want), text_of(&world.out)) == 0;
        if (!same) {
            differ(&script, text_of(&script.want), text_of(&world.out));
        }
    }
    world_close(&world);
    script_close(&script);
}

int main(int argc, char **argv)
{
    CHECK(argc > 1, "no scenarios");
    for (int i = 1; i < argc; i++) {
        replay(argv[i]);
    }
    return check_result();
}
