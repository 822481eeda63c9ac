#include "crypto_vectors.h"

#include <stdlib.h>
#include <string.h>

static void die(const vectors_t *v, const char *why)
{
    (void)fprintf(stderr, "line %u, vector %s: %s\n", v->line, v->name, why);
    exit(EXIT_FAILURE);
}

static void copy_name(const vectors_t *v, char *to, size_t size, const char *from)
{
    if (strlen(from) >= size) {
        die(v, "a longer name than the reader takes");
    }
    memcpy(to, from, strlen(from) + 1);
}

void vectors_open(vectors_t *v, const char *folder, const char *name)
{
    char path[1024];

    memset(v, 0, sizeof *v);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    v->file = fopen(path, "r");
    if (v->file == NULL) {
        die(v, path);
    }
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

static void add_value(vectors_t *v, const char *key, const char *hex)
{
    if (v->values_count == VECTOR_VALUES) {
        die(v, "more values than the reader takes");
    }
    vector_value_t *value = &v->values[v->values_count++];
    copy_name(v, value->key, sizeof value->key, key);
    for (value->len = 0; hex[0] != '\0'; hex += 2) {
        const int high = digit(hex[0]), low = high < 0 ? -1 : digit(hex[1]);

        if (low < 0 || value->len == sizeof value->data) {
            die(v, "want pairs of hexadecimal digits, and no more than the reader takes");
        }
        value->data[value->len++] = (uint8_t)(high << 4 | low);
    }
}

bool vectors_next(vectors_t *v, unsigned at_least)
{
    char text[2 * VECTOR_SIZE + 64];

    v->values_count = 0;
    copy_name(v, v->name, sizeof v->name, v->next);
    v->next[0] = '\0';
    while (v->next[0] == '\0' && fgets(text, sizeof text, v->file) != NULL) {
        v->line++;
        text[strcspn(text, "\n")] = '\0';
        if (text[0] == '\0' || text[0] == '#') {
            continue;
        }
        char *value = strchr(text, '=');
        if (value == NULL) {
            die(v, "want key=value");
            return false;
        }
        *value++ = '\0';
        if (strcmp(text, "vector") != 0) {
            add_value(v, text, value);
        } else {
            copy_name(v, v->name[0] == '\0' ? v->name : v->next, sizeof v->next, value);
        }
    }
    if (v->name[0] != '\0') {
        v->count++;
        return true;
    }
    (void)fclose(v->file);
    if (v->count < at_least) {
        die(v, "fewer vectors than there should be");
    }
    return false;
}

static vector_value_t *find(vectors_t *v, const char *key)
{
    for (size_t i = 0; i < v->values_count; i++) {
        if (strcmp(v->values[i].key, key) == 0) {
            return &v->values[i];
        }
    }
    return NULL;
}

bool vector_has(const vectors_t *v, const char *key)
{
    for (size_t i = 0; i < v->values_count; i++) {
        if (strcmp(v->values[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

uint8_t *vector_get(vectors_t *v, const char *key, size_t *len)
{
    vector_value_t *value = find(v, key);

    if (value == NULL) {
        die(v, key);
        abort();
    }
    *len = value->len;
    return value->data;
}

uint8_t *vector_of(vectors_t *v, const char *key, size_t len)
{
    size_t has;
    uint8_t *data = vector_get(v, key, &has);

    if (has != len) {
        die(v, "a value of another length than the test wants");
    }
    return data;
}

enow_link_secret_t vector_secret(vectors_t *v, const char *key)
{
    enow_link_secret_t secret;

    memcpy(secret.bytes, vector_of(v, key, sizeof secret.bytes), sizeof secret.bytes);
    return secret;
}

enow_addr_t vector_addr(vectors_t *v, const char *key)
{
    enow_addr_t addr;

    memcpy(addr.bytes, vector_of(v, key, sizeof addr.bytes), sizeof addr.bytes);
    return addr;
}
