/* Files that denoise takes for images, arrays too, written back as every kind of image that can hold
 * them, and read again. */
#include "app/pictures.h"
#include "fuzz_data.h"
#include <stdio.h>
#include <unistd.h>

static const char *const kinds[] = {"png", "jpg", "webp", "pgm", "ppm", "npy"};

/* A file of this process's own, in memory where there is such a place. */
static void name_file(char *path, size_t size, const char *kind)
{
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, size, "%s/latent-fuzz-%ld.%s", folder, (long)getpid(), kind);
}

static void write_as(const struct lt_pictures *pictures, const char *kind)
{
    struct lt_error err = {0};
    struct lt_pictures again = {0};
    char path[100];
    name_file(path, sizeof path, kind);
    int rc = lt_pictures_write(pictures, path, &err);
    if (rc && (!err.text[0] || access(path, F_OK) == 0))
        abort(); /* a failure without a sentence, or with half a file */
    if (!rc && lt_pictures_read(&again, path, 0, 1, &err))
        abort(); /* what is written can be read */
    lt_pictures_free(&again);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct lt_error err = {0};
    struct lt_pictures pictures = {0};
    char path[100];
    name_file(path, sizeof path, "in");
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file))
        abort();
    int rc = lt_pictures_read(&pictures, path, 0, 1, &err);
    unlink(path);
    if (rc && !err.text[0])
        abort();
    if (!rc) {
        lt_pictures_settle(&pictures);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            write_as(&pictures, kinds[i]);
    }
    lt_pictures_free(&pictures);
    return 0;
}
