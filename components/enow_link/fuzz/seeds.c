/* Writes the frames of vectors, each to a file of its own in a folder. */
#include "../../enow_proto/host_test/packets/frames.h"

#include <stdlib.h>
#include <string.h>

static void save(const char *folder, const frame_t *frame)
{
    char path[1024];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", folder, frame->name);
    file = fopen(path, "wb");
    if (file == NULL || fwrite(frame->frame, 1, frame->len, file) != frame->len || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    static frame_t frame;
    int got = 0;

    for (int i = 2; i < argc; i++) {
        reader_t reader = {fopen(argv[i], "r"), 0};
        if (reader.file == NULL) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        while ((got = frames_next(&reader, &frame)) > 0) {
            save(argv[1], &frame);
        }
        (void)fclose(reader.file);
        if (got < 0) {
            (void)fprintf(stderr, "%s:%u: not understood\n", argv[i], reader.line);
            return EXIT_FAILURE;
        }
    }
    return EXIT_SUCCESS;
}
