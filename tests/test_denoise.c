/* Denoisers: they start as the identity, tiles give what the whole image gives, files come back with
 * the shape and type they had, and crops are parts of their images. */
#include "app/build.h"
#include "app/denoiser.h"
#include "app/judge_denoiser.h"
#include "app/like.h"
#include "app/pictures.h"
#include "data/crops.h"
#include "t_picture.h"
#include <sys/stat.h>

static const struct lt_autoencoder shape = {
    .input = {1, 16, 16},
    .hidden = 2,
    .layer = {{.width = 8, .kernel = 5, .stride = 2},
              {.width = 8, .kernel = 3, .stride = 1, .residual = true}},
    .act = LT_ACT_SILU,
    .noise = LT_NOISE_GAUSSIAN,
    .amount = 0.1,
    .loss = LT_LOSS_MSE,
    .unit = LT_ACT_LINEAR};

/* A denoiser of weights that start as they do, or of others. */
static struct lt_model *make_model_of(const struct lt_autoencoder *made_of, bool trained)
{
    struct lt_model *m = NULL;
    struct lt_net_spec spec;
    struct lt_params params;
    struct lt_error err = {0};
    float *weights = NULL;
    T_INT(lt_model_create(&m, &err), 0);
    if (lt_autoencoder_build(&spec, made_of, &err))
        T_FAIL("%s", err.text);
    T_INT(lt_params_of(&params, &spec, &err), 0);
    T_INT(lt_alloc(&weights, params.total, sizeof *weights, "weights", &err), 0);
    lt_params_init(&params, &spec, 1, weights);
    if (!trained)
        lt_start_denoiser(&params, &spec, weights);
    T_INT(lt_model_add_network(m, "autoencoder", &spec, weights, &err), 0);
    lt_free(weights);
    T_OK(lt_model_denoises(m));
    return m;
}

static struct lt_model *make_model(bool trained)
{
    return make_model_of(&shape, trained);
}

static struct picture denoise(const struct lt_model *m, const struct picture *p)
{
    struct lt_backend *b = NULL;
    struct lt_denoiser *d = NULL;
    struct lt_error err = {0};
    struct picture out = picture_create(p->h, p->w, p->c);
    T_INT(lt_backend_create(&b, NULL, 2, &err), 0);
    T_INT(lt_denoiser_create(&d, m, b, LT_PRECISION_F32, &err), 0);
    if (lt_denoiser_run(d, p->v, p->h, p->w, out.v, &err))
        T_FAIL("%s", err.text);
    lt_denoiser_free(&d);
    lt_backend_free(&b);
    return out;
}

TEST(a_denoiser_starts_as_the_identity)
{
    struct lt_model *m = make_model(false);
    struct picture p = picture_scene(37, 50, 1), out = denoise(m, &p);
    for (int64_t i = 0; i < picture_values(&p); i++)
        T_NEAR((double)out.v[i], (double)p.v[i], 1e-6);
    lt_free(p.v);
    lt_free(out.v);
    lt_model_free(&m);
}

/* The image is larger than a tile, the part smaller: away from the part's edges both see the same, and
 * tiles of the image meet there. */
static void check_tiles(const struct lt_autoencoder *made_of)
{
    enum { H = 290, W = 530, TOP = 148, LEFT = 160, SIDE = 120, EDGE = 28 };
    struct lt_model *m = make_model_of(made_of, true);
    struct picture whole = picture_scene(H, W, 1), part = picture_create(SIDE, SIDE, 1);
    for (int y = 0; y < SIDE; y++)
        memcpy(part.v + y * SIDE, whole.v + (TOP + y) * W + LEFT, SIDE * sizeof *part.v);
    struct picture a = denoise(m, &whole), b = denoise(m, &part);
    for (int y = EDGE; y < SIDE - EDGE; y++)
        for (int x = EDGE; x < SIDE - EDGE; x++)
            T_NEAR((double)b.v[y * SIDE + x], (double)a.v[(TOP + y) * W + LEFT + x], 1e-5);
    float *values[] = {whole.v, part.v, a.v, b.v};
    for (int i = 0; i < 4; i++)
        lt_free(values[i]);
    lt_model_free(&m);
}

TEST(tiles_give_what_the_image_gives)
{
    check_tiles(&shape);
}

TEST(tiles_give_what_the_image_gives_with_poolings_and_normalisation)
{
    for (int pool = LT_POOL_MAX; pool < LT_POOLS; pool++)
        for (int upsample = 0; upsample < LT_UPSAMPLES; upsample++) {
            struct lt_autoencoder pooled = shape;
            pooled.hidden = 3;
            pooled.layer[2] = pooled.layer[1];
            pooled.layer[1] =
                (struct lt_hidden){.width = 8, .stride = 2, .pool = (enum lt_pool)pool};
            pooled.upsample = (enum lt_upsample)upsample;
            pooled.norm = pool == LT_POOL_MAX ? LT_NORM_LAYER : LT_NORM_BATCH;
            check_tiles(&pooled);
        }
}

TEST(an_image_of_one_pixel_is_denoised)
{
    struct lt_model *m = make_model(false);
    struct picture p = picture_create(1, 1, 1);
    p.v[0] = 0.25f;
    struct picture out = denoise(m, &p);
    T_NEAR((double)out.v[0], 0.25, 1e-6);
    lt_free(p.v);
    lt_free(out.v);
    lt_model_free(&m);
}

static void write_floats(const char *path, const char *shape_text, const float *v, size_t n)
{
    char head[128];
    int used = snprintf(head, sizeof head,
                        "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shape_text);
    memset(head + used, ' ', sizeof head - (size_t)used);
    head[117] = '\n'; /* 10 bytes before it make 128 */
    FILE *f = fopen(path, "wb");
    T_OK(f != NULL);
    T_INT(fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, f), 10);
    T_INT(fwrite(head, 1, 118, f), 118);
    T_INT(fwrite(v, sizeof *v, n, f), n);
    T_INT(fclose(f), 0);
}

static void check_array(const char *name, const char *shape_text, int64_t count, int64_t h,
                        int64_t w, int64_t c, float most)
{
    static float v[600];
    struct lt_pictures p, back;
    struct lt_error err = {0};
    for (int64_t i = 0; i < count * h * w * c; i++)
        v[i] = most * (float)(i % 101) / 100;
    const char *path = t_tmp(name), *copy = t_tmp("copy.npy");
    write_floats(path, shape_text, v, (size_t)(count * h * w * c));
    if (lt_pictures_read(&p, path, c, 255, &err))
        T_FAIL("%s", err.text);
    T_INT(p.count, count);
    T_INT(p.h, h);
    T_INT(p.w, w);
    T_INT(p.c, c);
    T_NEAR((double)p.values[100], (double)v[100] / (most > 4 ? 255 : 1), 1e-7);
    T_INT(lt_pictures_write(&p, copy, &err), 0);
    T_INT(lt_pictures_read(&back, copy, c, 255, &err), 0);
    T_INT(back.rank, p.rank);
    T_INT(back.count, p.count);
    for (int64_t i = 0; i < count * h * w * c; i++)
        T_NEAR((double)back.values[i], (double)p.values[i], 1e-7);
    lt_pictures_free(&p);
    lt_pictures_free(&back);
}

TEST(arrays_of_two_to_four_dimensions_are_images)
{
    check_array("grey.npy", "(12, 10)", 1, 12, 10, 1, 1);
    check_array("bytes.npy", "(12, 10)", 1, 12, 10, 1, 200);
    check_array("colour.npy", "(9, 13, 3)", 1, 9, 13, 3, 1);
    check_array("many.npy", "(4, 5, 6)", 4, 5, 6, 1, 1);
    check_array("coloured.npy", "(2, 5, 6, 3)", 2, 5, 6, 3, 1);
}

TEST(an_image_of_other_channels_is_refused)
{
    static float v[600];
    struct lt_pictures p;
    struct lt_error err = {0};
    const char *path = t_tmp("rgb.npy");
    write_floats(path, "(9, 13, 3)", v, 351);
    T_INT(lt_pictures_read(&p, path, 1, 255, &err), LT_ECONTENT);
    T_OK(strstr(err.text, ": has 3 channels and the model was trained on 1; convert the image, or "
                          "train on such ones"));
    v[7] = NAN;
    write_floats(path, "(9, 13, 3)", v, 351);
    err = (struct lt_error){0};
    T_INT(lt_pictures_read(&p, path, 3, 255, &err), LT_ECONTENT);
    T_OK(
        strstr(err.text,
               ": row 0 has a value that is missing, not finite or too large; a denoiser needs all "
               "of them"));
}

TEST(crops_are_parts_of_their_images)
{
    enum { N = 2, H = 11, W = 7, SIDE = 4 };
    static float v[N * H * W], got;
    struct lt_error err = {0};
    struct lt_table *images = NULL, *crops = NULL;
    struct lt_block *block = NULL;
    for (int i = 0; i < N * H * W; i++)
        v[i] = (float)i;
    const char *path = t_tmp("images.npy");
    write_floats(path, "(2, 11, 7)", v, N * H * W);
    T_INT(lt_table_open(&images, &path, 1, NULL, &err), 0);
    T_INT(lt_table_crops(&crops, images, SIDE, &err), 0);
    const int64_t down = 5, across = 3; /* steps of half a side at most */
    T_INT(lt_table_rows(crops), N * down * across);
    T_INT(lt_block_create(&block, crops, 1, &err), 0);
    for (int64_t r = 0; r < N * down * across; r++) {
        T_INT(lt_table_fetch(crops, &r, 1, block, &err), 0);
        const float *c = block->group[0].values;
        const int64_t first = (int64_t)c[0], y = first % (H * W) / W, x = first % W;
        T_OK(first / (H * W) == r / (down * across) && y <= H - SIDE && x <= W - SIDE);
        for (int64_t k = 0; k < SIDE * SIDE; k++) {
            got = c[k];
            T_NEAR((double)got, (double)v[first + k / SIDE * W + k % SIDE], 0);
        }
        if (r % (down * across) == down * across - 1)
            T_OK(y == H - SIDE && x == W - SIDE);
    }
    lt_block_free(&block);
    lt_table_free(&crops);
    T_INT(lt_table_crops(&crops, images, 8, &err), LT_EUSAGE);
    T_OK(
        strstr(err.text, ": images of 7 x 11 pixels have no crops of 8 x 8; use a smaller --crop"));
    lt_table_free(&images);
}

/* Three images of other sizes in a folder: every crop is a part of one of them, and their rows, padded
 * to the largest, keep what they were. */
TEST(crops_of_mixed_images_are_parts_of_them)
{
    enum { SIDE = 4, IMAGES = 3 };
    const int sizes[IMAGES][2] = {{4, 9}, {11, 7}, {6, 6}}, counts[IMAGES] = {4, 5 * 3, 2 * 2};
    static float v[100];
    const char *folder = t_tmp("sizes"), *names[] = {"sizes/a.npy", "sizes/b.npy", "sizes/c.npy"};
    struct lt_error err = {0};
    struct lt_table *images = NULL, *view = NULL, *crops = NULL;
    struct lt_block *block = NULL;
    int64_t h, w;
    T_INT(mkdir(folder, 0777), 0);
    for (int k = 0; k < IMAGES; k++) {
        char text[40];
        snprintf(text, sizeof text, "(%d, %d)", sizes[k][0], sizes[k][1]);
        for (int i = 0; i < sizes[k][0] * sizes[k][1]; i++)
            v[i] = (float)(1000 * k + i);
        write_floats(t_tmp(names[k]), text, v, (size_t)(sizes[k][0] * sizes[k][1]));
    }
    T_INT(lt_table_open(&images, &folder, 1, NULL, &err), LT_ECONTENT);
    const struct lt_open_options mixed = {.mixed = true};
    T_INT(lt_table_open(&images, &folder, 1, &mixed, &err), 0);
    T_OK(lt_table_is_mixed(images) && lt_table_image(images, &h, &w, NULL) && h == 11 && w == 9);
    const int64_t order[] = {2, 0, 1}; /* as a split deals them */
    T_INT(lt_table_pick(&view, images, order, IMAGES, &err), 0);
    T_INT(lt_table_crops(&crops, view, SIDE, &err), 0);
    T_INT(lt_table_rows(crops), counts[0] + counts[1] + counts[2]);
    T_INT(lt_block_create(&block, crops, 1, &err), 0);
    for (int64_t r = 0, n = 0; n < IMAGES; n++)
        for (int64_t end = r + counts[order[n]]; r < end; r++) {
            T_INT(lt_table_fetch(crops, &r, 1, block, &err), 0);
            const float *c = block->group[0].values;
            const int64_t width = sizes[order[n]][1], first = (int64_t)c[0] - 1000 * order[n];
            T_OK(first >= 0 && first % width <= width - SIDE &&
                 first / width <= sizes[order[n]][0] - SIDE);
            for (int64_t k = 0; k < SIDE * SIDE; k++)
                T_NEAR((double)c[k],
                       (double)(1000 * order[n] + first + k / SIDE * width + k % SIDE), 0);
        }
    lt_block_free(&block);
    lt_table_free(&crops);
    err = (struct lt_error){0};
    T_INT(lt_table_crops(&crops, view, 5, &err), LT_EUSAGE);
    T_OK(strstr(err.text, "a.npy: images of 9 x 4 pixels have no crops of 5 x 5; use a smaller "
                          "--crop"));
    lt_table_free(&view);
    lt_table_free(&images);
}

TEST(noise_like_that_of_images_is_found)
{
    char text[LT_LIKE_TEXT];
    struct lt_error err = {0};
    struct picture clean = picture_scene(150, 150, 1);
    struct picture noisy = picture_plus_gaussian(&clean, 0.1, 3);
    const char *path = t_tmp("noisy.npy");
    write_floats(path, "(150, 150)", noisy.v, 150 * 150);
    T_INT(lt_like(path, 1, text, &err), 0);
    T_OK(strncmp(text, "gaussian:", 9) == 0);
    T_NEAR(atof(text + 9), 0.1, 0.01);
    lt_free(clean.v);
    lt_free(noisy.v);
}

T_MAIN
