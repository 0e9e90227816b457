/* Lossy images: levels or a code, as coarse as what was asked for allows. */
#include "app/packjob.h"
#include "app/packlevels.h"
#include "codec/container.h"
#include <math.h>

enum {
    TRIALS = 4,   /* of levels, on one block */
    ATTEMPTS = 8, /* of the whole file */
    REFINED = 3,  /* of them may come out too small */
};
static const double CLOSE = 0.985; /* of the bytes asked for, is close enough */
static const double SAFE = 0.996;  /* of them is aimed at */
static const double FIRST = 0.6;   /* bits by contexts for a bit of entropy, to begin with */

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
    double most;  /* bytes of the file; 0: the PSNR was asked for */
    struct curve curve;
};

/* ---- looking ---- */

static int check_images(const struct lt_packjob *j, struct lt_error *err)
{
    const struct lt_packsource *s = &j->source;
    const char *asked = j->options->psnr > 0 ? "--psnr" : "--bpp";
    if (j->options->share)
        return lt_fail(err, LT_EUSAGE, "%s makes a model of its own, which --share-model cannot name",
                       asked);
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
    double from = c->entropy[i - 1], slope = (c->bytes[i] - c->bytes[i - 1]) / (c->entropy[i] - from);
    return c->bytes[i - 1] + slope * (entropy - from);
}
static double entropy_at(const struct curve *c, double bytes)
{
    int i = 1;
    while (i < c->count - 1 && c->bytes[i] < bytes)
        i++;
    double from = c->bytes[i - 1], slope = (c->entropy[i] - c->entropy[i - 1]) / (c->bytes[i] - from);
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
    return rc ? rc : lt_packjob_learn(l->job, share * lt_packjob_budget(l->job), err);
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

int lt_packjob_lossy(struct lt_packjob *job, struct lt_error *err)
{
    const struct lt_pack_options *o = job->options;
    struct lossy l = {.job = job};
    int rc = check_images(job, err);
    if (!rc)
        rc = count_values(&l, err);
    if (rc)
        return rc;
    l.most = o->bpp > 0 ? o->bpp * (double)l.pixels / 8 : 0;
    if (l.most > 0)
        rc = fit_levels(&l, err);
    else {
        lt_levels_within(&l.levels, l.seen, lt_psnr_error(o->psnr));
        rc = learn_levels(&l, 1, err);
        if (!rc)
            rc = lt_packjob_write(job, err);
    }
    job->levels = NULL;
    return rc;
}
