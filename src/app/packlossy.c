/* Lossy images: levels or a code, as coarse as what was asked for allows. */
#include "app/packjob.h"
#include "app/packlevels.h"
#include "codec/container.h"
#include <math.h>

enum {
    TRIALS = 4,        /* of levels, on one block */
    ATTEMPTS = 8,      /* of the whole file */
    REFINED = 3,       /* of them may come out too small */
    CODE_STEPS = 1500, /* of each of its trainings, where no seconds were given */
    CODES = 3,         /* that are tried */
    CODED_ROWS = 2000, /* fewer are not worth a code */
    CODED_VALUES = 1 << 20,
    CODED_COLUMNS = 32768,
    HIDDEN = 256, /* weights of a decoder for a pixel, about */
};
static const double CLOSE = 0.985;                     /* of the bytes asked for, is close enough */
static const double CODED_BITS = 0.5, CODED_PSNR = 34; /* beyond them codes cannot win */
static const double CODE_SHARE = 0.4;                  /* of the budget */
static const double SAFE = 0.996;                      /* of them is aimed at */
static const double FIRST = 0.6; /* bits by contexts for a bit of entropy, to begin with */

/* Bytes of the whole for levels of an entropy. */
struct curve {
    int count;
    double entropy[TRIALS + 2], bytes[TRIALS + 2];
};

struct lossy {
    struct lt_packjob *job;
    int64_t seen[LT_LEVELS], pixels; /* (h w), without channels; of all images */
    int64_t values;
    struct lt_levels levels;
    double most; /* bytes of the file; 0: the PSNR was asked for */
    struct curve curve;
    double told_code; /* PSNR of the code that was tried; 0: none was */
};

/* ---- looking ---- */

static int check_images(const struct lt_packjob *j, struct lt_error *err)
{
    const struct lt_packsource *s = &j->source;
    const char *asked = j->options->psnr > 0 ? "--psnr" : "--bpp";
    if (j->options->model)
        return lt_fail(err, LT_EUSAGE, "%s makes a model of its own, so leave out --model", asked);
    if (s->groups != 1 || s->group[0].type != LT_U8 || s->group[0].missing ||
        s->group[0].shape_rank < 2 || s->group[0].shape_rank > 3)
        return lt_fail(err, LT_EUSAGE,
                       "%s is for images of bytes, and %s holds no such; --max-abs bounds what "
                       "other values lose",
                       asked, s->name);
    return 0;
}

static int count_values(struct lossy *l, struct lt_error *err)
{
    const struct lt_packsource *s = &l->job->source;
    struct lt_packchunk chunk = {0};
    int rc = 0;
    for (int64_t b = 0; b < s->blocks && !rc; b++) {
        rc = lt_packsource_fetch(s, b, &chunk, err);
        const unsigned char *v = rc ? NULL : chunk.group[0].values;
        for (int64_t i = 0; v && i < chunk.rows * s->columns; i++)
            l->seen[v[i]]++;
        if (!rc)
            lt_packsource_release(s, &chunk);
    }
    lt_packchunk_close(&chunk);
    l->values = s->rows * s->columns;
    l->pixels = s->rows * s->group[0].shape[0] * s->group[0].shape[1];
    return rc;
}

/* ---- levels ---- */

static void set_levels(struct lossy *l)
{
    struct lt_packjob *j = l->job;
    bool all = l->levels.error == 0;
    j->levels = all ? NULL : l->levels.become;
    j->head.loss = all ? LT_PACK_EXACT : LT_PACK_LEVELS;
    j->head.millibels = all ? 0 : (int64_t)floor(1000 * lt_error_psnr(l->levels.error));
    if (!all && j->options->psnr > 0)
        j->head.millibels = (int64_t)floor(1000 * j->options->psnr);
}

/* Bytes of one block, as contexts alone code it, scaled up to all. */
static int try_levels(struct lossy *l, double *bytes, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    struct lt_packblock block = {0};
    struct lt_packchunk chunk = {0};
    struct lt_growable raw = {0}, out = {0};
    bool general;
    set_levels(l);
    int rc = lt_packjob_plan(j, err);
    if (!rc)
        rc = lt_packjob_learn(j, 0, err);
    struct lt_packway way = lt_packjob_way(j);
    if (!rc)
        rc = lt_packblock_open(&block, &way, j->source.block_rows, err);
    if (!rc)
        rc = lt_packsource_fetch(&j->source, j->source.blocks / 2, &chunk, err);
    if (!rc)
        rc = lt_packchunk_bytes(&j->source, &chunk, &raw, err);
    if (!rc)
        rc = lt_packblock_pack(&block, &j->source, &chunk, &raw, &out, &general, err);
    if (!rc)
        *bytes = (double)out.used * (double)j->source.rows / (double)chunk.rows;
    lt_growable_free(&raw);
    lt_growable_free(&out);
    lt_packchunk_close(&chunk);
    lt_packblock_close(&block);
    return rc;
}

/* Bytes for an entropy, along straight lines between those that were tried. */
static double bytes_at(const struct curve *c, double entropy)
{
    int i = 1;
    while (i < c->count - 1 && c->entropy[i] < entropy)
        i++;
    double from = c->entropy[i - 1],
           slope = (c->bytes[i] - c->bytes[i - 1]) / (c->entropy[i] - from);
    return c->bytes[i - 1] + slope * (entropy - from);
}
static double entropy_at(const struct curve *c, double bytes)
{
    int i = 1;
    while (i < c->count - 1 && c->bytes[i] < bytes)
        i++;
    double from = c->bytes[i - 1],
           slope = (c->entropy[i] - c->entropy[i - 1]) / (c->bytes[i] - from);
    return c->entropy[i - 1] + slope * (bytes - from);
}

/* Keeps points in order, each larger than the one before. */
static void add_point(struct curve *c, double entropy, double bytes)
{
    int i = c->count;
    for (; i > 0 && c->entropy[i - 1] >= entropy; i--) {
        c->entropy[i] = c->entropy[i - 1];
        c->bytes[i] = c->bytes[i - 1];
    }
    c->entropy[i] = entropy;
    c->bytes[i] = bytes;
    c->count += i == 0 || (entropy > c->entropy[i - 1] && bytes > c->bytes[i - 1]);
}

/* The finest levels that should come to so many bytes by contexts alone. */
static void choose_levels(struct lossy *l, double bytes)
{
    lt_levels_below(&l->levels, l->seen, entropy_at(&l->curve, bytes));
}

/* What levels come to by contexts alone, close to what is wanted. */
static int search_levels(struct lossy *l, struct lt_error *err)
{
    double bytes = 0, full;
    int rc = 0;
    lt_levels_best(&l->levels, l->seen, 0);
    full = l->levels.entropy * FIRST * (double)l->values / 8;
    l->curve = (struct curve){.count = 2, .entropy = {0, l->levels.entropy}, .bytes = {0, full}};
    for (int i = 0; i < TRIALS && !rc; i++) {
        choose_levels(l, l->most);
        rc = try_levels(l, &bytes, err);
        if (i == 0)
            l->curve.count = 1; /* the end was a guess */
        if (!rc)
            add_point(&l->curve, l->levels.entropy, bytes);
        if (!rc && fabs(bytes / l->most - 1) < 1 - CLOSE)
            break;
    }
    return rc;
}

/* Bits of the rows that judge with all networks that stayed, for a bit without. */
static double gain_of(const struct lt_packlearned *told)
{
    double bits[] = {told->plain, told->linear, told->values, told->trees}, best = told->plain;
    for (int i = 1; i < 4; i++)
        best = bits[i] < best ? bits[i] : best;
    return best > 0 ? best / told->plain : 1;
}

static int learn_levels(struct lossy *l, double share, struct lt_error *err)
{
    set_levels(l);
    int rc = lt_packjob_plan(l->job, err);
    return rc ? rc
              : lt_packjob_learn(
                    l->job, l->job->options->budget * (l->job->options->budget < 0 ? 1 : share),
                    err);
}

/* Levels whose file has the bytes asked for: what was tried is scaled by what networks make of it, and
 * then by what the file came to. */
static int fit_levels(struct lossy *l, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    int rc = search_levels(l, err);
    if (!rc)
        choose_levels(l, l->most);
    if (!rc)
        rc = learn_levels(l, 0.4, err);
    double ratio = rc ? 1 : gain_of(&j->told.learned);
    for (int i = 0; i < ATTEMPTS && !rc; i++) {
        double fixed = (double)j->model.used;
        choose_levels(l, (l->most - fixed) / ratio * SAFE);
        rc = learn_levels(l, 0.6, err);
        if (!rc)
            rc = lt_packjob_write(j, err);
        double bytes = (double)j->told.bytes_out;
        bool fits = bytes <= l->most, full = bytes >= CLOSE * l->most || l->levels.error == 0;
        if (rc || (fits && (full || i >= REFINED)))
            return rc;
        if (l->levels.count <= 2 && !fits)
            break;
        ratio = (bytes - (double)j->model.used) / bytes_at(&l->curve, l->levels.entropy) *
                (i >= REFINED ? 1.02 : 1);
    }
    return rc ? rc
              : lt_fail(err, LT_EUSAGE,
                        "--bpp %g is less than what is needed for %s: the least found is %.3f",
                        j->options->bpp, j->source.name,
                        8 * (double)j->told.bytes_out / (double)l->pixels);
}

/* Levels with the PSNR asked for, or, where a size was, with that. */
static int write_levels(struct lossy *l, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    lt_packcode_free(&j->code);
    if (l->most > 0)
        return fit_levels(l, err);
    lt_levels_within(&l->levels, l->seen, lt_psnr_error(j->options->psnr));
    int rc = learn_levels(l, 1, err);
    return rc ? rc : lt_packjob_write(j, err);
}

/* ---- a code ---- */

/* What levels come to: the error at the size asked for, or the size at the error. */
static int judge_levels(struct lossy *l, double *bytes, double *error, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    int rc;
    if (l->most > 0) {
        rc = search_levels(l, err);
        choose_levels(l, l->most);
        *bytes = l->most;
        *error = l->levels.count > 2 ? l->levels.error : INFINITY;
        return rc;
    }
    lt_levels_within(&l->levels, l->seen, lt_psnr_error(j->options->psnr));
    *error = l->levels.error;
    return try_levels(l, bytes, err);
}

static bool may_be_coded(const struct lossy *l)
{
    const struct lt_pack_options *o = l->job->options;
    double bits = 8 * l->most / (double)l->values;
    return l->job->source.rows >= CODED_ROWS && l->values >= CODED_VALUES &&
           l->job->source.columns <= CODED_COLUMNS && bits <= CODED_BITS && o->psnr <= CODED_PSNR &&
           o->budget != 0;
}

/* A pattern of the pixels as they are, which nothing but the code's guesses tell. */
static int plan_guesses(struct lt_packjob *j, struct lt_error *err)
{
    j->levels = NULL;
    int rc = lt_packjob_plan(j, err);
    if (!rc)
        rc = lt_packjob_learn(j, 0, err);
    if (!rc)
        j->pattern->guessed = true;
    return rc;
}

static int make_code(struct lossy *l, const struct lt_packcode_rows *rows, double bits,
                     double error, struct lt_packcode_told *told, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    const struct lt_pack_options *o = j->options;
    struct lt_packcode_settings settings = {.dims = o->dims,
                                            .bits = bits,
                                            .error = error / (255.0 * 255.0),
                                            .seconds = CODE_SHARE * o->budget,
                                            .steps = o->budget < 0 ? CODE_STEPS : 0,
                                            .seed = o->seed,
                                            .backend = o->backend,
                                            .threads = j->threads,
                                            .listener = o->listener};
    lt_packcode_free(&j->code);
    int rc = lt_packcode_make(&j->code, rows, &settings, told, err);
    told->error *= 255.0 * 255.0;
    j->model.used = 0;
    return rc ? rc : lt_packmodel_write(j->pattern, j->code->code, &j->model, err);
}

/* Writes what the code makes of the images, and, when that is what was asked for, once more with the PSNR
 * that this has.  *done: it was. */
static int write_guesses(struct lossy *l, bool *done, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    j->head.loss = LT_PACK_GUESSED;
    j->head.millibels = 0;
    int rc = lt_packjob_write(j, err);
    double psnr = lt_error_psnr(j->told.squares / (double)l->values);
    *done = l->most > 0 ? (double)j->told.bytes_out <= l->most : psnr >= j->options->psnr;
    if (rc || !*done)
        return rc;
    j->head.millibels = (int64_t)floor(1000 * (l->most > 0 ? psnr : j->options->psnr));
    return lt_packjob_write(j, err);
}

/* A code, should it be better than levels.  *done: it is, and the file is written. */
static int try_code(struct lossy *l, bool *done, struct lt_error *err)
{
    struct lt_packjob *j = l->job;
    struct lt_packcode_rows rows = {0};
    struct lt_packcode_told told = {0};
    double bytes = 0, error = 0, count = (double)j->source.rows;
    int rc = judge_levels(l, &bytes, &error, err);
    if (!rc)
        rc = plan_guesses(j, err);
    if (!rc)
        rc = lt_packcode_read(&rows, &j->source, j->head.planes, j->pattern, err);
    double decoder = fmin(0.5 * l->most, 0.45 * (double)(HIDDEN * (j->source.columns + 64)));
    double bits = 8 * (l->most - decoder) / count,
           aim = l->most > 0 ? 0 : 0.97 * lt_psnr_error(j->options->psnr);
    for (int i = 0; i < CODES && !rc && !*done; i++) {
        rc = make_code(l, &rows, l->most > 0 ? bits : 0, aim, &told, err);
        double size = told.bits * count / 8 + (double)j->model.used;
        l->told_code = lt_error_psnr(told.error);
        if (rc || (l->most > 0 ? told.error >= error : size >= bytes))
            break;
        rc = write_guesses(l, done, err);
        double spare = l->most - (double)j->model.used, over = (double)j->told.bytes_out;
        bits *= 0.98 * fmax(0.1, spare / fmax(1, over - (double)j->model.used));
        aim *=
            0.97 * fmin(1, lt_psnr_error(j->options->psnr) / (j->told.squares / (double)l->values));
    }
    lt_packcode_rows_free(&rows);
    return rc;
}

int lt_packjob_lossy(struct lt_packjob *job, struct lt_error *err)
{
    const struct lt_pack_options *o = job->options;
    struct lossy l = {.job = job};
    bool done = false;
    int rc = check_images(job, err);
    if (!rc)
        rc = count_values(&l, err);
    if (rc)
        return rc;
    job->head.bytes = (uint64_t)l.values;
    l.most = o->bpp > 0 ? o->bpp * (double)l.pixels / 8 : 0;
    if (may_be_coded(&l))
        rc = try_code(&l, &done, err);
    if (!rc && !done)
        rc = write_levels(&l, err);
    job->told.code_psnr = l.told_code;
    job->levels = NULL;
    return rc;
}
