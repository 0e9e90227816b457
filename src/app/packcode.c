#include "app/packcode_parts.h"

#include "app/predictor.h"
#include "base/clock.h"
#include "base/mem.h"
#include "codec/code.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CODE_DIMS = 64,
    TRAININGS = 3,
    WEIGHT_BITS = 8, /* of the decoder's weights */
};
static const double SHARE[TRAININGS] = {0.15, 0.15, 0.35}; /* of the seconds; the rest refines */
static const double RATE = 1e-3, REFINE = 1e-3, AFRESH = 2e-3; /* learning rates */
static const double FIRST_ERROR = 0.01; /* of a value, that is weighed against bits to begin with */

void lt_packcode_free(struct lt_packcode **code)
{
    if (*code) {
        lt_code_free(&(*code)->code);
        lt_free((*code)->params);
        lt_free((*code)->kept);
        lt_free((*code)->step);
        lt_free((*code)->low);
        lt_free((*code)->per);
        lt_free((*code)->centre);
        lt_free((*code)->spread);
    }
    lt_free(*code);
    *code = NULL;
}

/* ---- the network ---- */

/* input -> hidden -> mean, logvar -> sample -> hidden -> output */
static int build(struct lt_codemake *m, struct lt_error *err)
{
    struct lt_net_spec *s = &m->spec;
    *s = (struct lt_net_spec){0};
    int at = lt_net_spec_add(s, LT_NODE_INPUT, "input", 0, 0);
    s->node[at].shape = (struct lt_shape){m->planes, 1, 1};
    int top = lt_net_spec_add_dense(s, "encoder", 1, at, m->hidden, LT_ACT_RELU);
    int mean = lt_net_spec_add_dense(s, "mean", 0, top, m->dims, LT_ACT_LINEAR);
    int logvar = lt_net_spec_add_dense(s, "logvar", 0, top, m->dims, LT_ACT_LINEAR);
    at = lt_net_spec_add(s, LT_NODE_SAMPLE, "sample", 0, mean);
    s->node[at].inputs = 2;
    s->node[at].input[1] = logvar;
    s->node[at].weight = (float)m->weight;
    s->code = at = lt_net_spec_add(s, LT_NODE_CODE, "code", 0, at);
    at = lt_net_spec_add_dense(s, "decoder", 1, at, m->hidden, LT_ACT_RELU);
    at = lt_net_spec_add_dense(s, "output", 0, at, m->planes, LT_ACT_LINEAR);
    at = lt_net_spec_add(s, LT_NODE_HEAD, "head", 0, at);
    s->node[at].loss = LT_LOSS_MSE;
    s->node[at].unit = LT_ACT_LINEAR;
    return lt_net_spec_infer(s, err);
}

void lt_codemake_read(const struct lt_codemake *m, const int64_t *ids, int64_t n, float *x)
{
    for (int64_t r = 0; r < n; r++)
        for (int64_t j = 0; j < m->planes; j++)
            *x++ = (float)m->rows->x[ids[r] * m->planes + j] / 65535.0f;
}

static int read_rows(void *context, uint32_t epoch, const int64_t *ids, int64_t n, float *x,
                     struct lt_error *err)
{
    (void)epoch;
    (void)err;
    lt_codemake_read(context, ids, n, x);
    return 0;
}

/* The net, bound anew, with the weights that there are. */
static int bind(struct lt_codemake *m, struct lt_error *err)
{
    struct lt_net_options options = {
        .rows = LT_PACKCODE_BATCH, .training = true, .precision = LT_PRECISION_F32};
    lt_net_free(&m->net);
    int rc = build(m, err);
    if (!rc)
        rc = lt_net_create(&m->net, &m->spec, m->backend, &options, err);
    if (rc)
        return rc;
    m->layout = *lt_net_params(m->net);
    if (!m->params) {
        rc = lt_alloc(&m->params, m->layout.total, sizeof *m->params, "weights", err);
        if (!rc)
            lt_params_init(&m->layout, &m->spec, m->settings->seed, m->params);
    }
    if (!rc)
        lt_net_set_weights(m->net, m->params);
    return rc;
}

static int tell(void *context, const struct lt_train_progress *p)
{
    const latent_listener *listener = context;
    latent_progress progress = {.stage = "learning a code",
                                .step = p->step,
                                .steps = p->steps,
                                .train_loss = p->train_loss,
                                .valid_error = NAN,
                                .pca_error = NAN,
                                .rows_per_second = p->rows_per_second,
                                .seconds = p->seconds,
                                .seconds_left = p->seconds_left};
    return listener->progress(listener->context, &progress);
}

static bool listens(const struct lt_packcode_settings *s)
{
    return s->listener && s->listener->progress;
}

static int train(struct lt_codemake *m, int turn, struct lt_error *err)
{
    const struct lt_packcode_settings *s = m->settings;
    struct lt_source none = {0},
                     source = {.read = read_rows,
                               .context = m,
                               .rows = {.stream = lt_stream(s->seed, LT_RNG_SPLIT, 1, 0),
                                        .total = m->taught,
                                        .count = m->taught}};
    struct lt_train_settings settings = {
        .optimizer = lt_optimizer_by_name("adamw"),
        .optimizer_settings = {.lr = RATE, .batch = LT_PACKCODE_BATCH, .linear = true},
        .schedule = {LT_SCHEDULE_TRAPEZOID, 20},
        .batch = m->taught < LT_PACKCODE_BATCH ? m->taught : LT_PACKCODE_BATCH,
        .steps = s->steps,
        .budget = s->steps > 0 ? 0 : s->seconds * SHARE[turn],
        .validate_every = INT64_MAX,
        .seed = s->seed + (uint64_t)turn,
        .progress = listens(s) ? tell : NULL,
        .progress_context = (void *)(uintptr_t)s->listener};
    struct lt_trainer *trainer = NULL;
    struct lt_train_outcome outcome;
    int rc = bind(m, err);
    if (!rc)
        rc = lt_trainer_create(&trainer, m->net, m->backend, &source, &none, &settings, err);
    if (!rc)
        rc = lt_trainer_run(trainer, &outcome, err);
    if (!rc)
        lt_net_get_weights(m->net, m->params);
    lt_trainer_free(&trainer);
    return rc;
}

/* ---- the steps ---- */

static int choose_numbers(struct lt_codemake *m, double coarse, struct lt_error *err)
{
    struct lt_packcode *c = m->code;
    int64_t kept = 0, at = 0;
    for (int64_t k = 0; k < m->dims; k++)
        kept += m->nats[k] >= LT_PACKCODE_CARRIES;
    kept = kept < 1 ? 1 : kept;
    int rc = lt_code_create(&c->code, kept, m->planes, err);
    if (!rc)
        rc = lt_alloc(&c->kept, (size_t)kept, sizeof *c->kept, "a code", err);
    if (!rc)
        rc = lt_alloc(&c->step, (size_t)kept, sizeof *c->step, "a code", err);
    for (int64_t k = 0; k < m->dims && !rc; k++) {
        if (m->nats[k] < LT_PACKCODE_CARRIES && (kept > 1 || k > 0))
            continue;
        double scale = rint(coarse * sqrt(12) * m->noise[k] * (1 << (10 + LT_CODE_SHIFT)));
        scale = fmax(1, fmin(LT_CODE_SCALE, scale));
        c->kept[at] = (int32_t)k;
        c->code->scale[at] = (int32_t)scale;
        c->step[at++] = scale / (1 << (10 + LT_CODE_SHIFT));
        if (at == kept)
            break;
    }
    return rc;
}

/* The codes of all rows, and what they are like. */
static int quantise_rows(struct lt_codemake *m, struct lt_error *err)
{
    struct lt_packcode *c = m->code;
    int64_t dims = c->code->dims;
    struct lt_look *look = NULL;
    int32_t *levels = NULL;
    int rc = lt_alloc(&m->q, (size_t)(m->rows->rows * dims), sizeof *m->q, "codes", err);
    if (!rc)
        rc = lt_alloc(&levels, (size_t)dims, sizeof *levels, "codes", err);
    if (!rc)
        rc = lt_look_create(&look, c->code->pattern, levels, err);
    for (int64_t r = 0; r < m->rows->rows && !rc; r++)
        lt_packcode_round(c, m->mean + r * m->dims, m->q + r * dims);
    if (!rc) {
        lt_look_at(look, m->q, m->rows->rows);
        lt_look_finish(look);
    }
    lt_look_free(&look);
    lt_free(levels);
    return rc;
}

int lt_codemake_quantise(struct lt_codemake *m, double coarse, struct lt_error *err)
{
    int rc = choose_numbers(m, coarse, err);
    return rc ? rc : quantise_rows(m, err);
}

/* ---- the integer decoder ---- */

static int read_examples(void *context, const int64_t *ids, int64_t n, float *x,
                         struct lt_error *err)
{
    const struct lt_codemake *m = context;
    int64_t dims = m->code->code->dims;
    int16_t shown[LT_CODE_DIMS];
    (void)err;
    for (int64_t i = 0; i < n; i++) {
        lt_code_show(m->code->code, m->q + ids[i] * dims, shown);
        for (int64_t k = 0; k < dims; k++)
            *x++ = shown[k] / (float)LT_INTNET_ONE;
        for (int64_t j = 0; j < m->planes; j++)
            *x++ = (float)m->rows->x[ids[i] * m->planes + j] / 65535.0f;
    }
    return 0;
}

/* The decoder's weights as they are, of the numbers that are kept. */
static int take_decoder(const struct lt_codemake *m, float **out, struct lt_error *err)
{
    const struct lt_code *c = m->code->code;
    const struct lt_param *first = lt_params_find(&m->layout, "decoder1.weight");
    const float *w = m->params + first->offset, *rest = w + m->hidden * m->dims;
    size_t others = (size_t)(m->hidden + m->planes * m->hidden + m->planes);
    int rc = lt_alloc(out, (size_t)(m->hidden * c->dims) + others, sizeof **out, "weights", err);
    if (rc)
        return rc;
    for (int64_t h = 0; h < m->hidden; h++)
        for (int64_t k = 0; k < c->dims; k++)
            (*out)[h * c->dims + k] = w[h * m->dims + m->code->kept[k]];
    memcpy(*out + m->hidden * c->dims, rest, others * sizeof **out);
    return 0;
}

int lt_codemake_refine(struct lt_codemake *m, const float *initial, int64_t steps, double seconds,
                       struct lt_packcode_told *told, struct lt_error *err)
{
    const struct lt_packcode_settings *s = m->settings;
    struct lt_examples examples = {.count = m->rows->rows,
                                   .features = m->code->code->dims,
                                   .outputs = m->planes,
                                   .read = read_examples,
                                   .context = m};
    struct lt_predictor_settings p = {.layers = 1,
                                      .hidden = {m->hidden},
                                      .loss = LT_LOSS_MSE,
                                      .steps = steps,
                                      .budget = steps > 0 ? 0 : seconds,
                                      .batch = LT_PACKCODE_BATCH,
                                      .lr = initial ? REFINE : AFRESH,
                                      .initial = initial,
                                      .seed = s->seed,
                                      .bits = WEIGHT_BITS,
                                      .backend = m->backend,
                                      .precision = LT_PRECISION_F32,
                                      .isa = lt_isa_best(),
                                      .progress = listens(s) ? tell : NULL,
                                      .progress_context = (void *)(uintptr_t)s->listener};
    struct lt_predictor_report report = {0};
    int rc = lt_predictor_train(&m->code->code->decoder, &examples, &p, &report, err);
    if (!rc)
        told->error = report.integer_loss / (double)m->planes;
    return rc;
}

/* From the decoder as it is. */
static int refine(struct lt_codemake *m, struct lt_packcode_told *told, struct lt_error *err)
{
    double seconds = m->settings->seconds * (1 - SHARE[0] - SHARE[1] - SHARE[2]);
    float *initial = NULL;
    int rc = take_decoder(m, &initial, err);
    if (!rc)
        rc = lt_codemake_refine(m, initial, m->settings->steps, seconds, told, err);
    lt_free(initial);
    return rc;
}

/* ---- all of it ---- */

static int open_make(struct lt_codemake *m, struct lt_error *err)
{
    const struct lt_packcode_settings *s = m->settings;
    int64_t rows = m->rows->rows, dims = s->dims > 0 ? s->dims : CODE_DIMS;
    m->planes = m->rows->pattern->planes;
    m->dims = dims < m->planes ? dims : m->planes;
    m->hidden = LT_PACKCODE_HIDDEN;
    m->taught = rows - rows / LT_PACKCODE_JUDGE;
    m->weight = s->error > 0 ? 2 * s->error * (double)m->planes / (double)m->dims
                             : 2 * FIRST_ERROR * (double)m->planes / (double)m->dims;
    int rc = lt_backend_create(&m->backend, s->backend, s->threads, err);
    size_t all = (size_t)(rows * m->dims);
    if (!rc)
        rc = lt_alloc(&m->mean, all, sizeof *m->mean, "codes", err);
    if (!rc)
        rc = lt_alloc(&m->sigma, all, sizeof *m->sigma, "codes", err);
    if (!rc)
        rc = lt_alloc(&m->nats, (size_t)m->dims, sizeof *m->nats, "codes", err);
    if (!rc)
        rc = lt_alloc(&m->noise, (size_t)m->dims, sizeof *m->noise, "codes", err);
    if (!rc)
        rc = lt_alloc(&m->x, (size_t)(LT_PACKCODE_BATCH * m->planes), sizeof *m->x, "rows", err);
    return rc ? rc : lt_alloc(&m->code, 1, sizeof *m->code, "a code", err);
}

/* What turns values into inputs, and the encoder. */
static int keep_encoder(struct lt_codemake *m, struct lt_error *err)
{
    struct lt_packcode *c = m->code;
    c->encoder = m->spec;
    c->planes = m->planes;
    c->width = m->dims;
    int rc = lt_alloc(&c->low, (size_t)m->planes, sizeof *c->low, "a code", err);
    if (!rc)
        rc = lt_alloc(&c->per, (size_t)m->planes, sizeof *c->per, "a code", err);
    for (int64_t j = 0; j < m->planes && !rc; j++) {
        const struct lt_series *s = lt_pattern_series(m->rows->pattern, j);
        c->low[j] = (float)s->low;
        c->per[j] = s->high > s->low ? 1 / (float)(s->high - s->low) : 0;
    }
    c->params = m->params;
    m->params = NULL;
    return rc;
}

static int make(struct lt_codemake *m, struct lt_packcode_told *told, struct lt_error *err)
{
    double coarse = 1;
    int rc = open_make(m, err);
    for (int turn = 0; turn < TRAININGS && !rc; turn++) {
        rc = train(m, turn, err);
        if (!rc)
            lt_codemake_encode(m);
        if (!rc && turn < TRAININGS - 1)
            lt_codemake_weigh(m);
    }
    if (rc)
        return rc;
    lt_codemake_measure(m);
    rc = lt_codemake_steps(m, &coarse, &told->bits, err);
    if (!rc)
        rc = lt_codemake_quantise(m, coarse, err);
    if (!rc)
        rc = refine(m, told, err);
    return rc ? rc : keep_encoder(m, err);
}

void lt_codemake_close(struct lt_codemake *m)
{
    lt_net_free(&m->net);
    lt_backend_free(&m->backend);
    lt_free(m->params);
    lt_free(m->mean);
    lt_free(m->sigma);
    lt_free(m->nats);
    lt_free(m->noise);
    lt_free(m->x);
    lt_free(m->q);
}

int lt_packcode_make(struct lt_packcode **out, const struct lt_packcode_rows *rows,
                     const struct lt_packcode_settings *settings, struct lt_packcode_told *told,
                     struct lt_error *err)
{
    struct lt_codemake m = {.rows = rows, .settings = settings};
    double started = lt_clock();
    int rc = make(&m, told, err);
    told->seconds = lt_clock() - started;
    lt_codemake_close(&m);
    if (rc)
        lt_packcode_free(&m.code);
    *out = m.code;
    return rc;
}
