/* JSON that a broker may send, for each of its readers: what they take is within its limits, and a refusal changes
 * nothing. */
#include "../src/deny.h"
#include "../src/document.h"
#include "../src/json_read.h"
#include "fuzz.h"

#include <string.h>

static bool reads(const char *text, size_t len, char bracket)
{
    enow_gateway_json_reader_t r;
    enow_gateway_json_value_t value;
    int got = enow_gateway_json_read(&r, text, len, bracket);

    while (got == 0 && (got = enow_gateway_json_next(&r, &value)) > 0) {
        WANT(memchr(value.name, 0, sizeof value.name) != NULL && memchr(value.text, 0, sizeof value.text) != NULL);
        WANT(value.kind >= ENOW_GATEWAY_JSON_NULL && value.kind <= ENOW_GATEWAY_JSON_NESTED);
        WANT(bracket == '{' || value.name[0] == 0);
        got = 0;
    }
    WANT(r.at <= len && (got < 0 || r.at == len));
    return got == 0;
}

static void read_list(const char *text, size_t len)
{
    enow_addr_t addrs[4];
    enow_gateway_deny_t list = {addrs, 4, 3};
    unsigned element;

    const int got = enow_gateway_deny_parse(&list, text, len, &element);
    WANT(list.count <= list.capacity && (got == 0 || list.count == 0) && element <= len);
    WANT(got < 0 || len == 0 || reads(text, len, '['));
    for (uint16_t i = 0; i < list.count; i++) {
        WANT(enow_gateway_addr_station(addrs[i]));
        WANT(i == 0 || enow_gateway_addr_compare(addrs[i - 1], addrs[i]) < 0);
    }
}

static void read_whereabouts(const char *text, size_t len)
{
    static const enow_gateway_whereabouts_t nowhere = {false, {{1, 2, 3, 4, 5, 6}}};
    enow_gateway_whereabouts_t where = nowhere;

    if (enow_gateway_document_read_node(text, len, &where) == 0) {
        WANT(reads(text, len, '{'));
    } else {
        WANT(!where.online && enow_gateway_addr_compare(where.gateway, nowhere.gateway) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    size_t len = size;
    char *text = (char *)input_bytes(&in, &len);

    const bool list = reads(text, len, '[');
    const bool object = reads(text, len, '{');
    WANT(!list || !object);
    read_list(text, len);
    read_whereabouts(text, len);
    free(text);
    return 0;
}
