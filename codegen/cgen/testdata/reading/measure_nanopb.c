/* Runs nanopb or the floor so many times, on this machine. Arguments: the codec, what it does, how often. */
#include "floor.h"
#include "nanopb.h"

#include <string.h>

static const reading_reading_t floor_example = {
    .uptime = 86400,
    .temperature = 2150,
    .humidity = 4020,
    .battery = 2980,
    .mode = 1,
    .pressure = 101325,
    .room_len = 7,
    .room = "kitchen",
    .samples = {1, 2, 3, 4, 5, 6, 7, 8},
};

static const reading_Reading nanopb_example = {
    .uptime = 86400,
    .temperature = 2150,
    .humidity = 4020,
    .battery = 2980,
    .mode = 1,
    .pressure = 101325,
    .room = "kitchen",
    .samples = {1, 2, 3, 4, 5, 6, 7, 8},
};

static int run_floor(int encodes, int times)
{
    uint8_t payload[READING_READING_MAX_SIZE];
    reading_reading_t out;
    int n = floor_encode(&floor_example, payload, sizeof payload);

    for (; times > 0; times--) {
        n = encodes ? floor_encode(&floor_example, payload, sizeof payload) : floor_decode(&out, payload, 1 + 39);
    }
    return n != 1 + 39;
}

static int run_nanopb(int encodes, int times)
{
    uint8_t message[reading_Reading_size];
    reading_Reading out = reading_Reading_init_zero;
    const int size = nanopb_encode(&nanopb_example, message, sizeof message);
    int n = size;

    for (; times > 0; times--) {
        n = encodes ? nanopb_encode(&nanopb_example, message, sizeof message)
                    : nanopb_decode(&out, message, (size_t)size);
    }
    return n != size ||
           (!encodes && (out.pressure != 101325 || strcmp(out.room, "kitchen") != 0 || out.samples[7] != 8));
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        return 2;
    }
    return (argv[1][0] == 'n' ? run_nanopb : run_floor)(argv[2][0] == 'e', argv[3][0] - '0');
}
