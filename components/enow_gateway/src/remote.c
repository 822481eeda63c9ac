#include "remote.h"

#include "json_read.h"
#include "json_write.h"

#include <stdio.h>
#include <string.h>

/* A setting that is to be changed. */
typedef struct {
    const enow_setting_t *row;
    const char *text;
    char digits[21];
} change_t;

static const enow_setting_t *find_in(const enow_settings_t *const *tables, size_t count, const char *name)
{
    const enow_setting_t *row = NULL;

    for (size_t i = 0; row == NULL && i < count; i++) {
        row = enow_settings_find(tables[i], name);
    }
    return row;
}

/* Finds a setting. Returns 0, or why it cannot be changed. */
static int find_row(const enow_gateway_remote_t *remote, const char *name, const enow_setting_t **row)
{
    *row = find_in(remote->open, remote->open_count, name);
    if (*row != NULL) {
        return (*row)->kind == ENOW_KIND_BLOB ? ENOW_GATEWAY_ERR_FORBIDDEN : 0;
    }
    return find_in(remote->closed, remote->closed_count, name) != NULL ? ENOW_GATEWAY_ERR_FORBIDDEN
                                                                       : ENOW_GATEWAY_ERR_UNKNOWN;
}

static int check_range(const enow_setting_t *row, int64_t value)
{
    return value >= row->min && value <= row->max ? 0 : ENOW_GATEWAY_ERR_RANGE;
}

/* Makes a change of a member of the object, whose text may stay in value. Returns 0, or why it cannot be. */
static int read_change(const enow_gateway_remote_t *remote, const enow_gateway_json_value_t *value, change_t *change)
{
    const enow_setting_t *row;
    const int err = find_row(remote, value->name, &row);

    if (err < 0) {
        return err;
    }
    change->row = row;
    if (row->kind == ENOW_KIND_STRING) {
        change->text = value->text;
        return value->kind == ENOW_GATEWAY_JSON_STRING ? check_range(row, (int64_t)strlen(value->text))
                                                       : ENOW_GATEWAY_ERR_KIND;
    }
    if (row->kind == ENOW_KIND_BOOL) {
        change->text = value->boolean ? "true" : "false";
        return value->kind == ENOW_GATEWAY_JSON_BOOL ? 0 : ENOW_GATEWAY_ERR_KIND;
    }
    (void)snprintf(change->digits, sizeof change->digits, "%ld", (long)value->integer); /* in 32 bits if in range */
    change->text = change->digits;
    return value->kind == ENOW_GATEWAY_JSON_INTEGER ? check_range(row, value->integer) : ENOW_GATEWAY_ERR_KIND;
}

/* What is known of an object, and of what is wrong with it. */
typedef struct {
    unsigned count;
    unsigned next_start;
    unsigned unsaved;
    size_t at;
    const enow_setting_t *outside;            /* of the range of which a value is */
    char setting[ENOW_GATEWAY_JSON_NAME + 1]; /* empty: it is no setting that is wrong */
} result_t;

/* Notes a row among those before; false: it is there. */
static bool note(const enow_setting_t **seen, unsigned count, const enow_setting_t *row)
{
    for (unsigned i = 0; i < count; i++) {
        if (seen[i] == row) {
            return false;
        }
    }
    seen[count] = row;
    return true;
}

/* Reads an object to its end, and sets what it says, or only looks whether that can be. */
static int walk(const enow_gateway_remote_t *remote, const char *text, size_t len, bool set, result_t *result)
{
    const enow_setting_t *seen[ENOW_GATEWAY_REMOTE_MAX];
    enow_gateway_json_reader_t r;
    enow_gateway_json_value_t value;
    change_t change;

    memset(result, 0, sizeof *result);
    int err = enow_gateway_json_read(&r, text, len, '{');
    while (err == 0 && (err = enow_gateway_json_next(&r, &value)) > 0) {
        err = result->count == ENOW_GATEWAY_REMOTE_MAX ? ENOW_GATEWAY_ERR_FULL : read_change(remote, &value, &change);
        if (err == 0 && !note(seen, result->count, change.row)) {
            err = ENOW_GATEWAY_ERR_TWICE;
        }
        if (err < 0) {
            memcpy(result->setting, value.name, sizeof result->setting);
            result->outside = err == ENOW_GATEWAY_ERR_RANGE ? change.row : NULL;
        } else if (set) {
            const enow_gateway_set_t how = remote->set(remote->user, change.row->key, change.text);

            result->next_start += how == ENOW_GATEWAY_SET_NEXT_START;
            result->unsaved += how == ENOW_GATEWAY_SET_UNSAVED;
        }
        result->count++;
    }
    result->at = r.at;
    return err;
}

static void write_answer(int err, const result_t *result, char answer[ENOW_GATEWAY_REMOTE_ANSWER])
{
    enow_gateway_json_writer_t w;

    enow_gateway_json_begin(&w, answer, ENOW_GATEWAY_REMOTE_ANSWER);
    enow_gateway_json_open(&w, NULL, '{');
    enow_gateway_json_bool(&w, "ok", err == 0);
    if (err == 0) {
        enow_gateway_json_integer(&w, "changed", result->count);
        enow_gateway_json_integer(&w, "next_start", result->next_start);
        enow_gateway_json_integer(&w, "unsaved", result->unsaved);
    } else {
        enow_gateway_json_text(&w, "error", enow_gateway_err_text(err));
        if (result->setting[0] != 0) {
            enow_gateway_json_text(&w, "setting", result->setting);
        } else {
            enow_gateway_json_integer(&w, "at", (int64_t)result->at);
        }
        if (result->outside != NULL) {
            enow_gateway_json_integer(&w, "min", result->outside->min);
            enow_gateway_json_integer(&w, "max", result->outside->max);
        }
    }
    enow_gateway_json_close(&w, '}');
    (void)enow_gateway_json_end(&w);
}

int enow_gateway_remote_take(const enow_gateway_remote_t *remote, const char *text, size_t len,
                             char answer[ENOW_GATEWAY_REMOTE_ANSWER])
{
    result_t result;
    int err = walk(remote, text, len, false, &result);

    if (err == 0) {
        err = walk(remote, text, len, true, &result);
    }
    write_answer(err, &result, answer);
    return err < 0 ? err : (int)result.count;
}
