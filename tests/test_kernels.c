/* Matrix products: ref against double precision, cpu against ref, the same
 * bits for any number of threads, and for a row whatever shares its batch. */
#include "base/rng.h"
#include "kernels/backend.h"
#include "t.h"

/* Odd ones, powers of two, and the widths of real networks. */
static const int64_t widths[] = {1, 7, 33, 50, 129, 1000};
enum { WIDTHS = sizeof widths / sizeof *widths };

static const int thread_counts[] = {1, 2, 3, 5, 8};
enum { THREAD_COUNTS = sizeof thread_counts / sizeof *thread_counts };

/* One dense layer with its buffers on one backend. */
struct layer {
    struct lt_backend *b;
    struct lt_dense_spec spec;
    struct lt_dense *dense;
    struct lt_buffer w, bias, x, pre, y, da, dx, dw, db;
};

static size_t padded(int64_t rows)
{
    return (size_t)((rows + LT_ROW_BLOCK - 1) / LT_ROW_BLOCK * LT_ROW_BLOCK);
}

static struct lt_buffer make(struct lt_backend *b, size_t floats)
{
    struct lt_buffer buffer = {0};
    T_INT(b->ops->memory_create(b, floats * sizeof(float), &buffer.memory, NULL), 0);
    return buffer;
}

/* Numbers that depend on `which` and the place alone; small so that sums stay near 1. */
static void fill(struct lt_backend *b, struct lt_buffer to, size_t n, uint64_t which, float scale)
{
    float *values = malloc((n + 1) * sizeof *values);
    T_OK(values != NULL);
    const struct lt_stream stream = lt_stream(1, LT_RNG_TEST, 0, which);
    lt_fill_normal(&stream, values, n);
    for (size_t i = 0; i < n; i++)
        values[i] *= scale;
    b->ops->upload(b, to, values, n * sizeof *values);
    free(values);
}

static float *read_back(struct lt_backend *b, struct lt_buffer from, size_t n)
{
    float *values = malloc((n + 1) * sizeof *values);
    T_OK(values != NULL);
    b->ops->download(b, values, from, n * sizeof *values);
    return values;
}

static struct layer layer_make(const char *backend, int threads, const struct lt_dense_spec *spec)
{
    struct layer l = {.spec = *spec};
    struct lt_error err = {0};
    const size_t rows = padded(spec->rows), in = (size_t)spec->in, out = (size_t)spec->out;
    T_INT(lt_backend_create(&l.b, backend, threads, &err), 0);
    T_INT(l.b->ops->dense_create(l.b, spec, &l.dense, &err), 0);
    l.w = make(l.b, in * out);
    l.bias = make(l.b, out);
    l.x = make(l.b, rows * in);
    l.pre = make(l.b, rows * out);
    l.y = make(l.b, rows * out);
    l.da = make(l.b, rows * out);
    l.dx = make(l.b, rows * in);
    l.dw = make(l.b, in * out);
    l.db = make(l.b, out);
    fill(l.b, l.w, in * out, 1, 1.0f / sqrtf((float)in));
    fill(l.b, l.bias, out, 2, 1.0f);
    fill(l.b, l.x, rows * in, 3, 1.0f);
    fill(l.b, l.da, rows * out, 4, 1.0f);
    fill(l.b, l.dw, in * out, 5, 1.0f);
    fill(l.b, l.db, out, 6, 1.0f);
    return l;
}

static void layer_free(struct layer *l)
{
    void *const memories[] = {l->w.memory,   l->bias.memory, l->x.memory,
                              l->pre.memory, l->y.memory,    l->da.memory,
                              l->dx.memory,  l->dw.memory,   l->db.memory};
    for (size_t i = 0; i < sizeof memories / sizeof *memories; i++)
        l->b->ops->memory_free(l->b, memories[i]);
    l->b->ops->dense_free(l->b, l->dense);
    lt_backend_free(&l->b);
}

static void layer_run(struct layer *l, int64_t rows, bool accumulate)
{
    const struct lt_backend_ops *ops = l->b->ops;
    const struct lt_buffer none = {0};
    ops->dense_pack(l->b, l->dense, l->w);
    ops->dense_forward(l->b, l->dense, rows, l->x, l->bias, LT_ACT_TANH, l->pre, l->y);
    if (l->spec.training)
        ops->dense_backward(l->b, l->dense, rows, l->x, l->da, l->spec.need_dx ? l->dx : none,
                            l->dw, l->db, accumulate);
}

static bool has_cpu(void)
{
    struct lt_backend *b = NULL;
    const int rc = lt_backend_create(&b, "cpu", 1, NULL);
    lt_backend_free(&b);
    return rc == 0;
}

static bool has_bf16(void)
{
    struct lt_backend *b = NULL;
    if (lt_backend_create(&b, "cpu", 1, NULL))
        return false;
    const bool has = lt_backend_precision(b, LT_PRECISION_BF16) == LT_PRECISION_BF16;
    lt_backend_free(&b);
    return has;
}

static void expect_near(struct layer *a, struct lt_buffer pa, struct layer *b, struct lt_buffer pb,
                        size_t n, double tolerance)
{
    float *va = read_back(a->b, pa, n), *vb = read_back(b->b, pb, n);
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)va[i] - (double)vb[i]);
        worst = d > worst || d != d ? d : worst;
    }
    free(va);
    free(vb);
    T_NEAR(worst, 0, tolerance);
}

static bool same(struct layer *a, struct lt_buffer pa, struct layer *b, struct lt_buffer pb,
                 size_t n)
{
    float *va = read_back(a->b, pa, n), *vb = read_back(b->b, pb, n);
    const bool equal = memcmp(va, vb, n * sizeof *va) == 0;
    free(va);
    free(vb);
    return equal;
}

static void expect_same_results(struct layer *a, struct layer *b, int64_t rows)
{
    const size_t in = (size_t)a->spec.in, out = (size_t)a->spec.out, n = (size_t)rows;
    T_OK(same(a, a->y, b, b->y, n * out));
    T_OK(same(a, a->pre, b, b->pre, n * out));
    T_OK(same(a, a->dx, b, b->dx, n * in));
    T_OK(same(a, a->dw, b, b->dw, in * out));
    T_OK(same(a, a->db, b, b->db, out));
}

/* Every element of the three products, in double from the stored floats. */
static void expect_textbook(struct layer *l, int64_t rows, const float *old_dw, double tolerance)
{
    const int64_t in = l->spec.in, out = l->spec.out;
    float *w = read_back(l->b, l->w, (size_t)(in * out)),
          *x = read_back(l->b, l->x, padded(rows) * (size_t)in);
    float *da = read_back(l->b, l->da, padded(rows) * (size_t)out);
    float *bias = read_back(l->b, l->bias, (size_t)out);
    float *pre = read_back(l->b, l->pre, (size_t)(rows * out));
    float *dx = read_back(l->b, l->dx, (size_t)(rows * in));
    float *dw = read_back(l->b, l->dw, (size_t)(in * out));
    const int64_t w_in = l->spec.transposed ? out : 1, w_out = l->spec.transposed ? 1 : in;
    double worst = 0;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < out; o++) {
            double sum = (double)bias[o];
            for (int64_t i = 0; i < in; i++)
                sum += (double)x[r * in + i] * (double)w[i * w_in + o * w_out];
            worst = fmax(worst, fabs(sum - (double)pre[r * out + o]));
        }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t i = 0; i < in; i++) {
            double sum = 0;
            for (int64_t o = 0; o < out; o++)
                sum += (double)da[r * out + o] * (double)w[i * w_in + o * w_out];
            worst = fmax(worst, fabs(sum - (double)dx[r * in + i]) / sqrt((double)out));
        }
    for (int64_t i = 0; i < in; i++)
        for (int64_t o = 0; o < out; o++) {
            const int64_t at = i * w_in + o * w_out;
            double sum = old_dw ? (double)old_dw[at] : 0;
            for (int64_t r = 0; r < rows; r++)
                sum += (double)da[r * out + o] * (double)x[r * in + i];
            worst = fmax(worst, fabs(sum - (double)dw[at]) / sqrt((double)rows));
        }
    float *const all[] = {w, x, da, bias, pre, dx, dw};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    T_NEAR(worst, 0, tolerance);
}

TEST(ref_products_are_those_of_the_textbook)
{
    for (int i = 0; i < WIDTHS - 1; i++)
        for (int tied = 0; tied < 2; tied++) {
            const struct lt_dense_spec spec = {.rows = 37,
                                               .in = widths[i],
                                               .out = widths[(i * 2 + 1) % (WIDTHS - 1)],
                                               .transposed = tied,
                                               .training = true,
                                               .need_dx = true};
            struct layer l = layer_make("ref", 2, &spec);
            const size_t weights = (size_t)(spec.in * spec.out);
            float *old_dw = read_back(l.b, l.dw, weights);
            layer_run(&l, 37, true);
            expect_textbook(&l, 37, old_dw, 2e-6);
            layer_run(&l, 29, false);
            expect_textbook(&l, 29, NULL, 2e-6);
            free(old_dw);
            layer_free(&l);
        }
}

/* FNV-1a, over results that every machine must get. */
static uint64_t hash_floats(uint64_t hash, struct layer *l, struct lt_buffer from, size_t n)
{
    float *values = read_back(l->b, from, n);
    for (size_t i = 0; i < n * sizeof *values; i++)
        hash = (hash ^ ((const unsigned char *)values)[i]) * 0x100000001b3u;
    free(values);
    return hash;
}

TEST(the_bits_of_ref_are_those_of_every_other_machine)
{
    const struct lt_dense_spec spec = {
        .rows = 37, .in = 129, .out = 70, .training = true, .need_dx = true};
    struct layer l = layer_make("ref", 2, &spec);
    layer_run(&l, 37, true);
    uint64_t hash = 0xcbf29ce484222325u;
    hash = hash_floats(hash, &l, l.y, 37 * 70);
    hash = hash_floats(hash, &l, l.dx, 37 * 129);
    hash = hash_floats(hash, &l, l.dw, 129 * 70);
    hash = hash_floats(hash, &l, l.db, 70);
    layer_free(&l);
    char text[32];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    T_STR(text, "99185e9d86ccca6c");
}

/* ref and cpu on one layer, a full batch, then a remainder, then accumulating. */
static void compare_backends(const struct lt_dense_spec *spec, int64_t remainder, double tolerance)
{
    struct layer ref = layer_make("ref", 2, spec), cpu = layer_make("cpu", 2, spec);
    const int64_t runs[] = {spec->rows, remainder, spec->rows};
    for (int run = 0; run < 3; run++) {
        const int64_t rows = runs[run];
        const size_t in = (size_t)spec->in, out = (size_t)spec->out, n = (size_t)rows;
        layer_run(&ref, rows, run == 2);
        layer_run(&cpu, rows, run == 2);
        const double grow = sqrt((double)spec->rows);
        expect_near(&ref, ref.pre, &cpu, cpu.pre, n * out, tolerance);
        expect_near(&ref, ref.y, &cpu, cpu.y, n * out, tolerance);
        expect_near(&ref, ref.dx, &cpu, cpu.dx, n * in,
                    tolerance * (1 + sqrt((double)out / (double)in)));
        expect_near(&ref, ref.dw, &cpu, cpu.dw, in * out, tolerance * grow);
        expect_near(&ref, ref.db, &cpu, cpu.db, out, 0);
    }
    layer_free(&ref);
    layer_free(&cpu);
}

static void compare_backends_on_all_shapes(enum lt_precision precision, double tolerance)
{
    static const int64_t rows[][2] = {{1, 1}, {33, 7}, {128, 96}, {256, 129}};
    for (int i = 0; i < WIDTHS; i++)
        for (int o = 0; o < WIDTHS; o++) {
            const int64_t *r = rows[(i + o) % 4];
            const struct lt_dense_spec spec = {.rows = r[0],
                                               .in = widths[i],
                                               .out = widths[o],
                                               .transposed = (i + 2 * o) % 3 == 0,
                                               .training = true,
                                               .need_dx = true,
                                               .precision = precision};
            compare_backends(&spec, r[1], tolerance);
        }
}

TEST(cpu_agrees_with_ref_on_every_shape)
{
    if (!has_cpu())
        T_SKIP("this build has no oneDNN");
    compare_backends_on_all_shapes(LT_PRECISION_F32, 2e-5);
}

TEST(bf16_agrees_with_ref_within_its_rounding)
{
    if (!has_bf16())
        T_SKIP("no bf16 products here");
    compare_backends_on_all_shapes(LT_PRECISION_BF16, 0.15);
}

static void expect_same_bits_for_threads(const char *backend, enum lt_precision precision)
{
    static const int64_t shapes[][4] = {/* rows, remainder, in, out */
                                        {256, 129, 784, 1000}, {128, 96, 1000, 50},
                                        {100, 33, 33, 129},    {7, 5, 1, 7},
                                        {256, 31, 30, 250},    {64, 1, 1500, 1100}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct lt_dense_spec spec = {.rows = shapes[s][0],
                                           .in = shapes[s][2],
                                           .out = shapes[s][3],
                                           .transposed = s % 2,
                                           .training = true,
                                           .need_dx = true,
                                           .precision = precision};
        struct layer one = layer_make(backend, thread_counts[0], &spec);
        for (int t = 1; t < THREAD_COUNTS; t++) {
            struct layer many = layer_make(backend, thread_counts[t], &spec);
            const int64_t rows = shapes[s][t % 2];
            layer_run(&one, rows, t == 1);
            if (t == 1)
                fill(one.b, one.dw, (size_t)(spec.in * spec.out), 5, 1.0f),
                    fill(one.b, one.db, (size_t)spec.out, 6, 1.0f), layer_run(&one, rows, true);
            layer_run(&many, rows, t == 1);
            expect_same_results(&one, &many, rows);
            layer_free(&many);
        }
        layer_free(&one);
    }
}

TEST(ref_has_the_same_bits_for_any_number_of_threads)
{
    expect_same_bits_for_threads("ref", LT_PRECISION_F32);
}

TEST(cpu_has_the_same_bits_for_any_number_of_threads)
{
    if (!has_cpu())
        T_SKIP("this build has no oneDNN");
    expect_same_bits_for_threads("cpu", LT_PRECISION_F32);
}

TEST(bf16_has_the_same_bits_for_any_number_of_threads)
{
    if (!has_bf16())
        T_SKIP("no bf16 products here");
    expect_same_bits_for_threads("cpu", LT_PRECISION_BF16);
}

/* Rows of a batch of 200, again alone, in small batches, and at other places. */
static void expect_rows_alone(const char *backend, enum lt_precision precision)
{
    enum { ROWS = 200 };
    static const int64_t cuts[][2] = {/* first row, rows */
                                      {0, 1},   {37, 1},  {199, 1}, {5, 31},
                                      {64, 64}, {3, 129}, {1, 160}};
    for (int i = 0; i < WIDTHS; i++)
        for (int o = 0; o < WIDTHS; o++) {
            const struct lt_dense_spec spec = {.rows = ROWS,
                                               .in = widths[i],
                                               .out = widths[o],
                                               .transposed = (i + o) % 2,
                                               .precision = precision};
            struct layer l = layer_make(backend, 2, &spec);
            const size_t in = (size_t)spec.in, out = (size_t)spec.out;
            float *x = read_back(l.b, l.x, ROWS * in);
            layer_run(&l, ROWS, false);
            float *whole = read_back(l.b, l.y, ROWS * out);
            bool equal = true;
            for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++) {
                const size_t first = (size_t)cuts[c][0], rows = (size_t)cuts[c][1];
                l.b->ops->upload(l.b, l.x, x + first * in, rows * in * sizeof *x);
                layer_run(&l, (int64_t)rows, false);
                float *part = read_back(l.b, l.y, rows * out);
                equal = equal && memcmp(part, whole + first * out, rows * out * sizeof *part) == 0;
                free(part);
            }
            free(x);
            free(whole);
            layer_free(&l);
            T_OK(equal);
        }
}

TEST(a_row_of_ref_has_the_same_bits_alone_and_in_any_batch)
{
    expect_rows_alone("ref", LT_PRECISION_F32);
}

TEST(a_row_of_cpu_has_the_same_bits_alone_and_in_any_batch)
{
    if (!has_cpu())
        T_SKIP("this build has no oneDNN");
    expect_rows_alone("cpu", LT_PRECISION_F32);
}

TEST(a_row_of_bf16_has_the_same_bits_alone_and_in_any_batch)
{
    if (!has_bf16())
        T_SKIP("no bf16 products here");
    expect_rows_alone("cpu", LT_PRECISION_BF16);
}

TEST(padding_rows_never_leak_into_gradients)
{
    const char *const names[] = {"ref", "cpu"};
    for (int n = 0; n < 1 + has_cpu(); n++) {
        const struct lt_dense_spec spec = {
            .rows = 50, .in = 33, .out = 20, .training = true, .need_dx = true};
        struct layer clean = layer_make(names[n], 1, &spec), dirty = layer_make(names[n], 1, &spec);
        fill(dirty.b, lt_buffer_at(dirty.x, 21 * 33 * sizeof(float)), 43 * 33, 9, 1e30f);
        fill(dirty.b, lt_buffer_at(dirty.da, 21 * 20 * sizeof(float)), 43 * 20, 9, 1e30f);
        layer_run(&clean, 21, false);
        layer_run(&dirty, 21, false);
        expect_same_results(&clean, &dirty, 21);
        layer_free(&clean);
        layer_free(&dirty);
    }
}

/* op(A) op(B) with alpha and beta, on two backends. */
static void compare_matmul(const struct lt_matmul_spec *spec, double tolerance)
{
    const char *const names[] = {"ref", "cpu"};
    const size_t a = (size_t)(spec->m * spec->k), b = (size_t)(spec->k * spec->n),
                 c = (size_t)(spec->m * spec->n);
    float *results[2][2] = {{0}};
    for (int n = 0; n < 2; n++) {
        struct lt_backend *be = NULL;
        struct lt_matmul *matmul = NULL;
        T_INT(lt_backend_create(&be, names[n], 2, NULL), 0);
        T_INT(be->ops->matmul_create(be, spec, &matmul, NULL), 0);
        struct lt_buffer ma = make(be, a), mb = make(be, b), mc = make(be, c);
        fill(be, ma, a, 1, 1.0f / sqrtf((float)spec->k));
        fill(be, mb, b, 2, 1.0f);
        fill(be, mc, c, 3, 1.0f);
        be->ops->matmul_run(be, matmul, 0.5f, ma, mb, 2.0f, mc);
        results[n][0] = read_back(be, mc, c);
        be->ops->matmul_run(be, matmul, 1.0f, ma, mb, 0.0f, mc);
        results[n][1] = read_back(be, mc, c);
        be->ops->memory_free(be, ma.memory);
        be->ops->memory_free(be, mb.memory);
        be->ops->memory_free(be, mc.memory);
        be->ops->matmul_free(be, matmul);
        lt_backend_free(&be);
    }
    double worst = 0;
    for (int run = 0; run < 2; run++)
        for (size_t i = 0; i < c; i++)
            worst = fmax(worst, fabs((double)results[0][run][i] - (double)results[1][run][i]));
    for (int i = 0; i < 4; i++)
        free(results[i / 2][i % 2]);
    T_NEAR(worst, 0, tolerance);
}

TEST(general_products_of_cpu_agree_with_ref)
{
    static const int64_t shapes[][3] = {{1, 1, 1},    {7, 33, 50},    {129, 1, 7},    {1, 129, 33},
                                        {64, 64, 64}, {250, 30, 129}, {300, 784, 784}};
    if (!has_cpu())
        T_SKIP("this build has no oneDNN");
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int across = 0; across < 4; across++) {
            struct lt_matmul_spec spec = {.m = shapes[s][0],
                                          .n = shapes[s][1],
                                          .k = shapes[s][2],
                                          .transpose_a = across & 1,
                                          .transpose_b = across & 2};
            compare_matmul(&spec, 1e-5);
            spec.precision = LT_PRECISION_BF16;
            if (has_bf16())
                compare_matmul(&spec, 5e-2);
        }
}

TEST(an_unknown_backend_is_refused_by_name)
{
    struct lt_error err = {0};
    struct lt_backend *b = NULL;
    T_INT(lt_backend_create(&b, "cuda", 1, &err), LT_EUSAGE);
    T_OK(b == NULL);
    T_OK(strncmp(err.text, "backend \"cuda\" is not in this build; it has: ", 45) == 0);
}

TEST(ref_falls_back_from_bf16_with_a_note)
{
    struct lt_backend *b = NULL;
    T_INT(lt_backend_create(&b, "ref", 1, NULL), 0);
    T_INT(lt_backend_precision(b, LT_PRECISION_BF16), LT_PRECISION_F32);
    T_STR(b->note, "the ref backend computes in f32, not in bf16");
    lt_backend_free(&b);
}

T_MAIN
