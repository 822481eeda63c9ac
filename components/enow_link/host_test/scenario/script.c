#include "script.h"

#include <stdlib.h>
#include <string.h>

static const char input_mark[] = "> ";

enum { INPUT_MARK = sizeof input_mark - 1 };

static void fault(const script_t *s, unsigned line, const char *text, const char *what)
{
    (void)fprintf(stderr, "%s:%u: %s: %s\n", s->path, line, text, what);
    exit(EXIT_FAILURE);
}

void script_fault(const script_t *s, const char *what) { fault(s, s->input_line, s->input, what); }

/* False: the file ends. */
static bool read_line(script_t *s)
{
    if (fgets(s->text, sizeof s->text, s->file) == NULL) {
        return false;
    }
    s->line++;
    const size_t len = strcspn(s->text, "\n");
    if (s->text[len] == '\0') {
        fault(s, s->line, s->text, "too long, or without an end");
    }
    s->text[len] = '\0';
    s->ahead = strncmp(s->text, input_mark, INPUT_MARK) == 0;
    return true;
}

void script_open(script_t *s, const char *path)
{
    memset(s, 0, sizeof *s);
    s->path = path;
    s->file = fopen(path, "r");
    if (s->file == NULL) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    while (!s->ahead) {
        if (!read_line(s)) {
            fault(s, s->line, s->text, "the file ends without an input");
        }
    }
}

bool script_next(script_t *s)
{
    bool apart = false; /* a comment or blank line was read: no output may follow */

    if (!s->ahead) {
        return false;
    }
    s->ahead = false;
    s->input_line = s->line;
    memcpy(s->input, s->text + INPUT_MARK, sizeof s->input - INPUT_MARK);
    text_clear(&s->want);
    while (read_line(s) && !s->ahead) {
        if (s->text[0] == '\0' || s->text[0] == '#') {
            apart = true;
        } else if (apart) {
            fault(s, s->line, s->text, "stands behind no input");
        } else if (s->text[strspn(s->text, " ")] != '#') {
            text_add(&s->want, "%s\n", s->text);
        }
    }
    return true;
}

void script_close(script_t *s)
{
    (void)fclose(s->file);
    text_free(&s->want);
}
