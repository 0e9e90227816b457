#include "app/packlearn.h"

#include "app/packblock.h"
#include "app/packhead.h"
#include "app/pattern_fit.h"
#include "base/clock.h"
#include "base/mem.h"
#include "codec/block.h"
#include "codec/lag.h"
#include <math.h>
#include <string.h>

enum {
    VALUES = 6 << 20,    /* of all rows that are looked at */
    RUNS = 24,           /* at most */
    JUDGE = 8,           /* one run in so many judges */
    KINDS_LINEAR = 4096, /* a table of more columns gets no networks */
    NODES_MOST = 2048,   /* outputs of trees */
    WIDTHS = 2,
    CODE_ROWS = 2000, /* fewer, or fewer values, get no code */
    CODE_PLANES = 32768,
    CODE_DIMS = 16,
    CODE_STEPS = 250, /* of each training, where no seconds were given */
    STEP_VALUES = 1024,
    STEPS_LEAST = 2000,
    STEPS_MOST = 20000,
    NET_BITS = 10,
    NET_BITS_SMALL = 8, /* of a network's weights */
    ABOVE_NOISE = 1,    /* bits above noise that are tried, and their negatives */
    LEAST_ORDERED = 17, /* symbols of so many levels have an order that counts */
};
/* Hidden layers and bits of weights: of small data networks are small, as they have to pay. */
static const int64_t HIDDEN[WIDTHS] = {96, 32}, HIDDEN_SMALL[WIDTHS] = {24, 12};
static const double SMALL = 400e3; /* bytes, coded */
static const double LEAST_SECONDS = 0.5;
static const double NOISE_COST = 1.002; /* what the first bits may cost */
static const double CODE_SHARE = 0.2;   /* of the budget */
static const double CODE_VALUES = 1e6, CODE_BITS = 4;

/* ---- the pattern of planes ---- */

/* Symbols that are numbers of a kind are coded as numbers. */
static int32_t levels_of(const struct lt_planes *planes, int64_t plane, bool grid)
{
    struct lt_plane p = lt_planes_plane(planes, plane);
    const char *header, *mapping = p.column < 0 ? "" : lt_planes_mapping(planes, p.column);
    bool named = lt_planes_text(planes, &header) && strcmp(mapping, "dictionary") == 0;
    if (p.kind != LT_PLANE_SYMBOL)
        return 0;
    return grid || named || p.role != LT_PLANE_VALUE || p.levels < LEAST_ORDERED ? p.levels : 0;
}

struct work {
    const struct lt_packlearn *learn;
    struct lt_pattern *pattern;
    int32_t *levels;          /* (kinds) */
    int64_t run, runs;        /* rows of a run; how many there are */
    int64_t *values;          /* (run runs, planes) */
    int64_t rows;             /* in values */
    int64_t taught;           /* of them teach: the first */
    struct lt_packcode *code; /* NULL: none */
    int32_t *guess;           /* (rows, planes), by it */
    struct lt_growable levelled;
    struct lt_backend *backend;
    double deadline;
};

static int make_pattern(struct work *w, struct lt_error *err)
{
    const struct lt_planes *planes = w->learn->planes;
    struct lt_pixels pixels = {0};
    bool grid = lt_planes_pixels(planes, &pixels) && pixels.per == 1;
    int64_t count = lt_planes_count(planes);
    int rc = lt_pattern_create(&w->pattern, count, grid ? pixels.h : 0, pixels.w, pixels.c, err);
    int64_t kinds = rc ? 0 : lt_pattern_kinds(w->pattern);
    if (!rc)
        w->pattern->isa = lt_isa_best();
    if (!rc)
        rc = lt_alloc(&w->levels, (size_t)kinds, sizeof *w->levels, "a pattern", err);
    for (int64_t k = 0; k < kinds && !rc; k++)
        w->levels[k] = levels_of(planes, k, grid);
    return rc;
}

/* ---- rows to learn from ---- */

/* Runs are blocks of the source, or the beginnings of them, evenly spread. */
static void plan_runs(struct work *w)
{
    const struct lt_packsource *s = w->learn->source;
    int64_t most = VALUES / w->pattern->planes;
    most = most < 1 ? 1 : most;
    w->runs = s->blocks < RUNS ? s->blocks : RUNS;
    w->runs = w->runs < most ? w->runs : most;
    w->run = most / w->runs < s->block_rows ? most / w->runs : s->block_rows;
}

static int read_run(struct work *w, int64_t i, struct lt_packchunk *chunk,
                    struct lt_growable *waste, struct lt_error *err)
{
    struct lt_block_group levelled;
    const struct lt_packsource *s = w->learn->source;
    const struct lt_planes *planes = w->learn->planes;
    int64_t block = (int64_t)((double)i * (double)s->blocks / (double)w->runs), passed;
    int64_t *to = w->values + w->rows * w->pattern->planes;
    int rc = lt_packsource_fetch(s, block, chunk, err);
    if (rc)
        return rc;
    int64_t n = chunk->rows < w->run ? chunk->rows : w->run;
    waste->used = 0;
    if (n < w->run && w->runs > 1)
        return 0; /* a short last block */
    if (w->learn->levels)
        rc = lt_packlevels(w->learn->levels, chunk, s->columns, &w->levelled, &levelled, err);
    if (!rc && s->table)
        rc = lt_planes_map(planes, w->learn->levels ? &levelled : chunk->group, n, to, waste, err);
    else if (!rc)
        rc = lt_planes_map_lines(planes, chunk->begin,
                                 lt_text_lines(chunk->begin, chunk->end, n, &passed), chunk->first,
                                 n, to, waste, err);
    w->rows += rc ? 0 : n;
    return rc;
}

static int read_runs(struct work *w, struct lt_error *err)
{
    struct lt_packchunk chunk = {0};
    struct lt_growable waste = {0};
    plan_runs(w);
    int rc = lt_alloc(&w->values, (size_t)(w->run * w->runs * w->pattern->planes),
                      sizeof *w->values, "rows to learn from", err);
    for (int64_t i = 0; i < w->runs && !rc; i++)
        rc = read_run(w, i, &chunk, &waste, err);
    lt_packchunk_close(&chunk);
    lt_growable_free(&waste);
    int64_t runs = w->rows / w->run, judge = runs / JUDGE > 0 ? runs / JUDGE : runs > 1;
    w->taught = runs > 1 ? (runs - judge) * w->run : w->rows * (JUDGE - 1) / JUDGE;
    w->taught = w->taught < 1 ? w->rows : w->taught;
    return rc;
}

/* The limits are those of all rows. */
static void set_limits(struct work *w)
{
    struct lt_pattern *p = w->pattern;
    for (int64_t k = 0; k < lt_pattern_kinds(p); k++)
        if (p->series[k].number) {
            p->series[k].low = INT64_MAX;
            p->series[k].high = INT64_MIN;
        }
    for (int64_t j = 0; j < p->planes; j++) {
        struct lt_plane plane = lt_planes_plane(w->learn->planes, j);
        struct lt_series *s = &p->series[lt_pattern_kind(p, j)];
        if (!s->number)
            continue;
        s->low = plane.lo < s->low ? plane.lo : s->low;
        s->high = plane.hi > s->high ? plane.hi : s->high;
        s->centre = s->centre < s->low ? s->low : s->centre > s->high ? s->high : s->centre;
    }
}

static bool find_lags(const struct work *w)
{
    const struct lt_pattern *p = w->pattern;
    for (int64_t first = 0; first < w->rows; first += LT_LAG_SEGMENT) {
        int64_t left = w->rows - first;
        left = left < LT_LAG_SEGMENT ? left : LT_LAG_SEGMENT;
        if (lt_lag_find(p, w->values + first * p->planes, left) > 0)
            return true;
    }
    return false;
}

static int look(struct work *w, struct lt_error *err)
{
    struct lt_look *look = NULL;
    int rc = lt_look_create(&look, w->pattern, w->levels, err);
    for (int64_t first = 0; first < w->rows && !rc; first += w->run) {
        int64_t left = w->rows - first;
        lt_look_at(look, w->values + first * w->pattern->planes, left < w->run ? left : w->run);
    }
    if (!rc) {
        lt_look_finish(look);
        set_limits(w);
        w->pattern->lagged = w->pattern->scene == LT_SCENE_RECORDS && find_lags(w);
    }
    lt_look_free(&look);
    return rc;
}

/* ---- what pays ---- */

/* The first row that judges: all do where all had to teach. */
static int64_t judged_from(const struct work *w)
{
    return w->taught < w->rows ? w->taught : 0;
}

/* Bytes of the rows that judge, as the pattern is now. */
static int judge(const struct work *w, double *bytes, struct lt_error *err)
{
    struct lt_blockcoder *coder = NULL;
    int64_t planes = w->pattern->planes, first = judged_from(w);
    int64_t rows = w->rows - first;
    size_t room = (size_t)(rows * planes) * 10 + 4096, written = 0;
    unsigned char *out = NULL;
    int rc = lt_blockcoder_create(&coder, w->pattern, err);
    if (!rc)
        rc = lt_alloc(&out, room, 1, "a trial", err);
    if (!rc)
        rc = lt_block_encode(coder, w->values + first * planes,
                             w->guess ? w->guess + first * planes : NULL, rows, out, room, &written,
                             err);
    *bytes = (double)written;
    lt_free(out);
    lt_blockcoder_free(&coder);
    return rc;
}

/* What the rows that judge stand for. */
static double scale_of(const struct work *w)
{
    int64_t first = judged_from(w);
    return (double)w->learn->source->rows / (double)(w->rows - first);
}

static int size_of(const struct lt_pattern *pattern, double *bytes, struct lt_error *err)
{
    struct lt_growable out = {0};
    int rc = lt_packmodel_write(pattern, NULL, &out, err);
    *bytes = (double)out.used;
    lt_growable_free(&out);
    return rc;
}

/* Keeps a network of the pattern if the data get smaller by more than it takes. */
static int keep_if_it_pays(struct work *w, struct lt_intnet **net, double *best, double *bits,
                           struct lt_error *err)
{
    double with = 0, without = 0, bytes = 0;
    struct lt_intnet *taken = *net;
    if (!taken)
        return 0;
    int rc = judge(w, &bytes, err);
    if (!rc)
        rc = size_of(w->pattern, &with, err);
    *net = NULL;
    if (!rc)
        rc = size_of(w->pattern, &without, err);
    *net = taken;
    int64_t first = judged_from(w);
    *bits = 8 * bytes / (double)((w->rows - first) * w->pattern->planes);
    if (rc || (*best - bytes) * scale_of(w) <= with - without)
        lt_intnet_free(net);
    else
        *best = bytes;
    return rc;
}

/* Of a network: as many as there are values for each of its examples, within limits. */
static int64_t steps_of(const struct work *w)
{
    double values = (double)w->learn->source->rows * (double)w->pattern->planes;
    return (int64_t)fmin(fmax(values / STEP_VALUES, STEPS_LEAST), STEPS_MOST);
}

static int train(struct work *w, bool trees, double until, double best, struct lt_error *err)
{
    const struct lt_packlearn *l = w->learn;
    bool small = best * scale_of(w) < SMALL;
    const int64_t *hidden = small ? HIDDEN_SMALL : HIDDEN;
    struct lt_pattern_sample sample = {
        .values = w->values, .guess = w->guess, .rows = w->taught, .run = w->run};
    struct lt_predictor_settings settings = {.layers = WIDTHS,
                                             .hidden = {hidden[0], hidden[1]},
                                             .steps = l->budget < 0 ? steps_of(w) : 0,
                                             .budget = l->budget < 0 ? 0 : until - lt_clock(),
                                             .seed = l->seed,
                                             .backend = w->backend,
                                             .precision = LT_PRECISION_F32,
                                             .isa = lt_isa_best(),
                                             .bits = small ? NET_BITS_SMALL : NET_BITS};
    if (l->budget >= 0 && settings.budget < LEAST_SECONDS)
        return 0;
    return trees ? lt_pattern_fit_trees(w->pattern, &sample, &settings, NULL, err)
                 : lt_pattern_fit_values(w->pattern, &sample, &settings, NULL, err);
}

static void copy_bits(struct lt_pattern *to, const int *bits)
{
    for (int64_t k = 0; k < lt_pattern_kinds(to); k++)
        if (to->series[k].number)
            to->series[k].bits = bits[k];
}

/* Bits of noise are coded faster, and mostly in fewer bytes: as many are set apart as make the least. */
static int set_noise_apart(struct work *w, double *best, struct lt_error *err)
{
    struct lt_pattern *p = w->pattern;
    int64_t kinds = lt_pattern_kinds(p), first = judged_from(w);
    struct lt_pattern_sample sample = {.values = w->values + first * p->planes,
                                       .guess = w->guess ? w->guess + first * p->planes : NULL,
                                       .rows = w->rows - first,
                                       .run = w->run};
    double bytes = 0, least = *best * NOISE_COST;
    int *kept = NULL;
    int rc = lt_alloc(&kept, (size_t)kinds, sizeof *kept, "bits of noise", err);
    for (int64_t k = 0; k < kinds && !rc; k++)
        kept[k] = p->series[k].bits;
    for (int above = ABOVE_NOISE; above >= -ABOVE_NOISE && !rc; above--) {
        rc = lt_pattern_fit_noise(p, &sample, above, err);
        if (!rc)
            rc = judge(w, &bytes, err);
        if (rc || bytes >= least)
            continue;
        *best = least = bytes;
        for (int64_t k = 0; k < kinds; k++)
            kept[k] = p->series[k].bits;
    }
    if (!rc)
        copy_bits(p, kept);
    lt_free(kept);
    return rc;
}

static int fit(struct work *w, struct lt_packlearned *told, struct lt_error *err)
{
    struct lt_pattern *p = w->pattern;
    struct lt_pattern_sample sample = {
        .values = w->values, .guess = w->guess, .rows = w->taught, .run = w->run};
    int64_t numbers, nodes, planes = p->planes;
    int64_t judged = w->rows - judged_from(w);
    double best = 0;
    lt_pattern_units(p, &numbers, &nodes);
    bool records = p->scene == LT_SCENE_RECORDS;
    bool linear = (records || numbers > 0) && planes <= KINDS_LINEAR,
         trees = nodes > 0 && nodes <= NODES_MOST;
    int rc = judge(w, &best, err);
    told->plain = 8 * best / (double)(judged * planes);
    if (!rc && linear)
        rc = lt_pattern_fit_linear(p, &sample, lt_isa_best(), err);
    if (!rc)
        rc = keep_if_it_pays(w, &p->linear, &best, &told->linear, err);
    if (!rc && numbers > 0)
        rc = set_noise_apart(w, &best, err);
    double now = lt_clock(), left = w->deadline - now;
    if (!rc && numbers > 0 && planes <= KINDS_LINEAR)
        rc = train(w, false, trees ? now + left / 2 : w->deadline, best, err);
    if (!rc)
        rc = keep_if_it_pays(w, &p->values, &best, &told->values, err);
    if (!rc && trees)
        rc = train(w, true, w->deadline, best, err);
    if (!rc)
        rc = keep_if_it_pays(w, &p->trees, &best, &told->trees, err);
    return rc || !p->values ? rc : set_noise_apart(w, &best, err);
}

/* ---- a code ---- */

static bool may_be_coded(const struct work *w)
{
    const struct lt_packlearn *l = w->learn;
    bool much = l->source->rows >= CODE_ROWS &&
                (double)l->source->rows * (double)w->pattern->planes >= CODE_VALUES;
    return l->weigh && l->budget != 0 && (much || l->model) && w->taught < w->rows &&
           w->pattern->planes > 1 && w->pattern->planes <= CODE_PLANES &&
           lt_code_possible(w->pattern);
}

/* Whoever names a model wants its code weighed. */
static int check_coded(const struct work *w, struct lt_error *err)
{
    if (!w->learn->model || may_be_coded(w))
        return 0;
    return lt_fail(
        err, LT_EUSAGE,
        "--model: the code of a trained model cannot be tried on %s: that takes a "
        "--budget that is not 0, more than one row, 2 to %d columns, and values that are "
        "whole numbers below 2^26 or decimals of as few digits",
        w->learn->source->name, (int)CODE_PLANES);
}

static int make_code(struct work *w, struct lt_error *err)
{
    const struct lt_packlearn *l = w->learn;
    struct lt_packcode_rows rows = {.pattern = w->pattern, .rows = w->taught};
    int64_t most = w->pattern->planes / 2, dims = l->dims > 0 ? l->dims : CODE_DIMS;
    dims = l->model ? lt_net_spec_dims(&l->model->network[0].spec) : dims < most ? dims : most;
    struct lt_packcode_settings settings = {.dims = dims,
                                            .bits = CODE_BITS * (double)dims,
                                            .seconds = l->budget * CODE_SHARE,
                                            .steps = l->budget < 0 ? CODE_STEPS : 0,
                                            .seed = l->seed,
                                            .backend = l->backend,
                                            .threads = l->threads,
                                            .listener = l->listener};
    struct lt_packcode_told told;
    int rc = lt_alloc(&rows.x, (size_t)(w->taught * w->pattern->planes), sizeof *rows.x,
                      "rows to learn from", err);
    if (!rc) {
        lt_packcode_scale(w->pattern, w->values, w->taught, rows.x);
        rc = l->model ? lt_packcode_take(&w->code, l->model, l->planes, w->values, &rows, &settings,
                                         &told, err)
                      : lt_packcode_make(&w->code, &rows, &settings, &told, err);
    }
    lt_packcode_rows_free(&rows);
    return rc;
}

/* Guesses of all rows, which networks then see. */
static int guess_rows(struct work *w, struct lt_error *err)
{
    int64_t *q = NULL;
    int rc = lt_alloc(&w->guess, (size_t)(w->rows * w->pattern->planes), sizeof *w->guess,
                      "guesses", err);
    if (!rc)
        rc = lt_alloc(&q, (size_t)(w->rows * w->code->code->dims), sizeof *q, "guesses", err);
    if (!rc)
        rc = lt_packcode_guess(w->code, w->pattern, w->values, w->rows, q, w->guess, err);
    w->pattern->guessed = !rc;
    lt_free(q);
    return rc;
}

static int try_code(struct work *w, struct lt_packlearned *told, struct lt_error *err)
{
    struct lt_packweighed *t = &told->weighed;
    int64_t planes = w->pattern->planes, judged = w->rows - w->taught;
    int rc = make_code(w, err);
    struct lt_packweigh weigh = {.code = w->code,
                                 .pattern = w->pattern,
                                 .values = w->values + w->taught * planes,
                                 .rows = judged};
    if (!rc)
        rc = lt_packweigh(t, &weigh, err);
    double gain = (t->context_only - t->both) / 8 * (double)w->learn->source->rows * (double)planes;
    told->coded = !rc && gain > t->decoder;
    if (!told->coded)
        lt_packcode_free(&w->code);
    return told->coded ? guess_rows(w, err) : rc;
}

int lt_packlearn(struct lt_pattern **out, struct lt_packcode **code,
                 const struct lt_packlearn *learn, struct lt_packlearned *learned,
                 struct lt_error *err)
{
    double started = lt_clock();
    struct work w = {.learn = learn, .deadline = started + learn->budget};
    *learned = (struct lt_packlearned){.plain = NAN, .linear = NAN, .values = NAN, .trees = NAN};
    int rc = make_pattern(&w, err);
    if (!rc)
        rc = lt_backend_create(&w.backend, learn->backend, learn->threads, err);
    if (!rc)
        rc = read_runs(&w, err);
    if (!rc)
        rc = look(&w, err);
    if (!rc)
        rc = check_coded(&w, err);
    if (!rc && may_be_coded(&w))
        rc = try_code(&w, learned, err);
    if (!rc && learn->budget != 0)
        rc = fit(&w, learned, err);
    learned->seconds = lt_clock() - started;
    lt_backend_free(&w.backend);
    lt_free(w.levels);
    lt_growable_free(&w.levelled);
    lt_free(w.values);
    lt_free(w.guess);
    if (rc) {
        lt_pattern_free(&w.pattern);
        lt_packcode_free(&w.code);
    }
    *out = w.pattern;
    *code = w.code;
    return rc;
}
