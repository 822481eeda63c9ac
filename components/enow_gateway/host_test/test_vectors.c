/* What becomes of a node's message, held against what espnow/bridge makes of it in Go. */
#include "check.h"

#include "../src/properties.h"
#include "../src/topic.h"

#include <string.h>

static const enow_gateway_roots_t roots = {"/device", "/gateway"};
static const enow_addr_t gateway = {{0x24, 0x6f, 0x28, 0, 0, 1}};

static void check_line(char *line)
{
    char node[32], topic[128], form[16], got[512];
    int rssi, given = 0;
    unsigned boot, id;
    unsigned long long at_ms;
    enow_addr_t addr;
    enow_gateway_properties_t p;

    line[strcspn(line, "\n")] = 0;
    const int fields =
        sscanf(line, "%31s %127s %d %u %u %15s %llu%n", node, topic, &rssi, &boot, &id, form, &at_ms, &given);
    if (fields != 7 || strncmp(line + given, "  ", 2) != 0 || !enow_gateway_addr_parse(node, strlen(node), &addr)) {
        CHECK(false, "not understood: %s", line);
        return;
    }
    const size_t sub = strcmp(topic, "-") == 0 ? 0 : strlen(topic);
    const enow_bytes_t below = {(const uint8_t *)topic, sub};
    int len = enow_gateway_topic_device(&roots, addr, below, got, sizeof got);
    const enow_gateway_origin_t origin = {
        .boot = boot, .id = (uint16_t)id, .rssi = (int8_t)rssi, .raw = strcmp(form, "raw") == 0};
    enow_gateway_properties_fill(&p, gateway, &origin, at_ms);
    for (size_t i = 0; i < p.count; i++) {
        len += snprintf(got + len, sizeof got - (size_t)len, " %s=%s", p.list[i].name, p.list[i].value);
    }
    CHECK(strcmp(got, line + given + 2) == 0, "got  %s\nwant %s", got, line + given + 2);
}

int main(int argc, char **argv)
{
    char line[1024];
    unsigned count = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

    if (file == NULL) {
        perror("test_vectors FILE");
        return EXIT_FAILURE;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] != '#') {
            check_line(line);
            count++;
        }
    }
    (void)fclose(file);
    CHECK(count > 0, "no vector");
    return check_result();
}
