/* Images written: what is read back is what was written, and what cannot be is refused. */
#include "base/mem.h"
#include "base/rng.h"
#include "data/image.h"
#include "t.h"

enum { H = 5, W = 7 };

static void make(struct lt_array *a, int channels, enum lt_type type, uint16_t *cells)
{
    struct lt_stream s = lt_stream(1, LT_RNG_TEST, 0, (uint64_t)channels);
    *a = (struct lt_array){.type = type, .rows = 1, .rank = channels > 1 ? 3 : 2};
    a->shape[0] = H;
    a->shape[1] = W;
    a->shape[2] = channels > 1 ? channels : 0;
    a->values = cells;
    for (int i = 0; i < H * W * channels; i++)
        if (type == LT_U16)
            cells[i] = (uint16_t)(lt_uniform(&s, (uint32_t)i) * 65536);
        else
            ((uint8_t *)cells)[i] = (uint8_t)(lt_uniform(&s, (uint32_t)i) * 256);
}

static void check_kind(const char *ending, int channels, enum lt_type type, int channels_back)
{
    uint16_t cells[H * W * 3];
    char name[40];
    struct lt_array a, back;
    struct lt_bytes bytes = {0};
    struct lt_error err = {0};
    make(&a, channels, type, cells);
    snprintf(name, sizeof name, "image%s", ending);
    const char *path = t_tmp(name);
    int rc = lt_image_write(&a, path, &err);
    if (rc && strstr(err.text, "this build has no"))
        return;
    if (rc)
        T_FAIL("%s", err.text);
    T_INT(lt_bytes_read(&bytes, path, &err), 0);
    T_INT(lt_image_read(&back, &bytes, path, &err), 0);
    T_INT(back.type, type);
    T_INT(back.shape[0], H);
    T_INT(back.shape[1], W);
    T_INT(lt_array_width(&back), H * W * channels_back);
    if (channels_back == channels)
        T_OK(memcmp(back.values, cells, (size_t)(H * W * channels) * lt_type_size(type)) == 0);
    for (int i = 0; channels_back != channels && i < H * W * 3; i++) /* grey as three */
        T_INT(((const uint8_t *)back.values)[i], ((const uint8_t *)cells)[i / 3]);
    lt_array_free(&back);
}

TEST(what_is_written_without_loss_is_read_back)
{
    check_kind(".png", 1, LT_U8, 1);
    check_kind(".png", 3, LT_U8, 3);
    check_kind(".png", 1, LT_U16, 1);
    check_kind(".png", 3, LT_U16, 3);
    check_kind(".pgm", 1, LT_U8, 1);
    check_kind(".ppm", 3, LT_U8, 3);
    check_kind(".pgm", 1, LT_U16, 1);
    check_kind(".ppm", 3, LT_U16, 3);
    check_kind(".webp", 3, LT_U8, 3);
    check_kind(".webp", 1, LT_U8, 3);
}

TEST(a_smooth_image_survives_jpeg_almost)
{
    static uint8_t cells[32 * 32];
    struct lt_array a = {.type = LT_U8, .rows = 1, .rank = 2, .shape = {32, 32}, .values = cells};
    struct lt_array back;
    struct lt_bytes bytes = {0};
    struct lt_error err = {0};
    for (int i = 0; i < 32 * 32; i++)
        cells[i] = (uint8_t)(4 * (i % 32) + 3 * (i / 32));
    const char *path = t_tmp("smooth.jpg");
    if (lt_image_write(&a, path, &err))
        T_SKIP("this build has no libturbojpeg");
    T_INT(lt_bytes_read(&bytes, path, &err), 0);
    T_INT(lt_image_read(&back, &bytes, path, &err), 0);
    for (int i = 0; i < 32 * 32; i++)
        T_OK(abs(((const uint8_t *)back.values)[i] - cells[i]) <= 3);
    lt_array_free(&back);
}

static void refused(const struct lt_array *a, const char *name, const char *why)
{
    struct lt_error err = {0};
    const char *path = t_tmp(name);
    int rc = lt_image_write(a, path, &err);
    if (rc == LT_EUSAGE && strstr(err.text, "this build has no"))
        return;
    T_INT(rc, LT_EUSAGE);
    T_STR(err.text + strlen(path), why);
    T_OK(access(path, F_OK) != 0);
}

TEST(what_a_kind_cannot_hold_is_refused_and_leaves_no_file)
{
    uint16_t cells[H * W * 3];
    struct lt_array a;
    make(&a, 3, LT_U16, cells);
    refused(&a, "a.jpg", ": JPEG holds 8 bits and the image has 16; write .png");
    refused(&a, "a.webp", ": WebP holds 8 bits and the image has 16; write .png");
    refused(&a, "a.pgm", ": the image has colours; write .ppm");
    refused(&a, "a.gif", ": is no name of an image; use .png, .jpg, .webp, .pgm or .ppm");
    a.type = LT_F32;
    refused(&a, "a.ppm", ": images hold whole numbers; write .npy");
}

T_MAIN
