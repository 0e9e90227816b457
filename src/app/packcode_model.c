/* A code whose encoder a trained model gives. */
#include "app/packcode_parts.h"
#include "base/clock.h"
#include "base/mem.h"
#include <math.h>
#include <string.h>

enum {
    MANY_STEPS = 4
}; /* of the decoder, which begins anew: as many as trainings and refining have */
static const double NOISE = 0.1; /* of a number, as a share of its spread, that steps are told in */
static const double DEAD = 1e-6; /* spread of a number that tells nothing, of the largest */

/* ---- which models ---- */

static bool reads_cells(const struct lt_prep *prep, int64_t cells)
{
    if (prep->features != cells || prep->schema.columns != cells)
        return false;
    for (int64_t j = 0; j < cells; j++) {
        const struct lt_column *c = &prep->column[j];
        if (!lt_kind_is_scaled(c->kind) || c->kind == LT_KIND_TIME || c->first != j ||
            c->width != 1 || c->knots > 0)
            return false;
    }
    return true;
}

static bool holds_cells(const struct lt_planes *planes)
{
    int groups = 0;
    const struct lt_group *group = lt_planes_groups(planes, &groups);
    return group && groups == 1 && !group->missing &&
           lt_planes_count(planes) == lt_planes_columns(planes);
}

int lt_packcode_suits(const struct lt_model *model, const char *name,
                      const struct lt_planes *planes, struct lt_error *err)
{
    static const char cure[] = "a packed file always can be used: latent pack TRAINING -o t.lpk; "
                               "latent pack DATA -o FILE --model t.lpk";
    int64_t cells = lt_planes_columns(planes);
    if (!model->networks || !reads_cells(&model->prep, cells))
        return lt_fail(err, LT_EUSAGE,
                       "--model %s: the code of a trained model can be used only where its inputs "
                       "are the cells of these rows, such as the bytes of images, scaled and "
                       "nothing else; %s",
                       name, cure);
    if (!holds_cells(planes))
        return lt_fail(
            err, LT_EUSAGE,
            "--model %s: the code of a trained model can be used only for arrays without "
            "missing cells whose values are all whole or of few decimals, such as "
            "the bytes of images; %s",
            name, cure);
    int64_t dims = lt_net_spec_dims(&model->network[0].spec);
    if (dims > cells || dims > LT_CODE_DIMS || cells > LT_PATTERN_PLANES)
        return lt_fail(
            err, LT_EUSAGE,
            "--model %s: codes of %lld numbers for rows of %lld are too wide to pack with; %s",
            name, (long long)dims, (long long)cells, cure);
    return 0;
}

/* ---- the encoder ---- */

static int take_encoder(struct lt_packcode *c, const struct lt_model *model,
                        const struct lt_planes *planes, struct lt_error *err)
{
    const struct lt_network *from = &model->network[0];
    c->encoder = from->spec;
    c->cells = planes;
    c->planes = lt_planes_count(planes);
    c->width = lt_net_spec_dims(&from->spec);
    int rc = lt_alloc(&c->params, from->layout.total, sizeof *c->params, "weights", err);
    if (!rc)
        rc = lt_alloc(&c->low, (size_t)c->planes, sizeof *c->low, "a code", err);
    if (!rc)
        rc = lt_alloc(&c->per, (size_t)c->planes, sizeof *c->per, "a code", err);
    if (rc)
        return rc;
    memcpy(c->params, from->params, from->layout.total * sizeof *c->params);
    for (int64_t j = 0; j < c->planes; j++) {
        c->low[j] = (float)model->prep.offset[j];
        c->per[j] = (float)model->prep.scale[j];
    }
    return 0;
}

/* Mean and spread of every number over the rows, by which they are then shown.  Numbers that tell nothing
 * have no nats. */
static void normalise(struct lt_codemake *m, float *centre, float *spread)
{
    int64_t rows = m->rows->rows;
    double most = 0;
    for (int64_t k = 0; k < m->dims; k++) {
        double sum = 0, squares = 0;
        for (int64_t r = 0; r < rows; r++)
            sum += (double)m->mean[r * m->dims + k];
        double mean = sum / (double)rows;
        for (int64_t r = 0; r < rows; r++) {
            double d = (double)m->mean[r * m->dims + k] - mean;
            squares += d * d;
        }
        centre[k] = (float)mean;
        m->noise[k] = sqrt(squares / (double)rows);
        most = fmax(most, m->noise[k]);
    }
    for (int64_t k = 0; k < m->dims; k++) {
        bool tells = m->noise[k] > DEAD * most;
        m->nats[k] = tells ? 1 : 0;
        spread[k] = tells ? (float)m->noise[k] : 1;
        m->noise[k] = NOISE;
    }
    for (int64_t i = 0; i < rows * m->dims; i++)
        m->mean[i] = (m->mean[i] - centre[i % m->dims]) / spread[i % m->dims];
}

/* m->mean, and by what its numbers are shown. */
static int encode_rows(struct lt_codemake *m, const int64_t *values, struct lt_error *err)
{
    struct lt_packcode *c = m->code;
    struct lt_packcoder *coder = NULL;
    struct lt_packencoder encoder;
    float *centre = NULL, *spread = NULL;
    int rc = lt_packcoder_create(&coder, c, &encoder, err);
    if (!rc)
        rc = lt_packcoder_means(coder, values, m->rows->rows, m->mean, err);
    lt_packcoder_free(&coder);
    if (!rc)
        rc = lt_alloc(&centre, (size_t)m->dims, sizeof *centre, "a code", err);
    if (!rc)
        rc = lt_alloc(&spread, (size_t)m->dims, sizeof *spread, "a code", err);
    if (!rc)
        normalise(m, centre, spread);
    c->centre = centre;
    c->spread = spread;
    return rc;
}

/* ---- all of it ---- */

static int open_make(struct lt_codemake *m, const struct lt_model *model, struct lt_error *err)
{
    const struct lt_packcode_settings *s = m->settings;
    int64_t rows = m->rows->rows;
    m->planes = m->rows->pattern->planes;
    m->dims = lt_net_spec_dims(&model->network[0].spec);
    m->hidden = LT_PACKCODE_HIDDEN;
    m->taught = rows - rows / LT_PACKCODE_JUDGE;
    int rc = lt_backend_create(&m->backend, s->backend, s->threads, err);
    if (!rc)
        rc = lt_alloc(&m->mean, (size_t)(rows * m->dims), sizeof *m->mean, "codes", err);
    if (!rc)
        rc = lt_alloc(&m->nats, (size_t)m->dims, sizeof *m->nats, "codes", err);
    if (!rc)
        rc = lt_alloc(&m->noise, (size_t)m->dims, sizeof *m->noise, "codes", err);
    return rc ? rc : lt_alloc(&m->code, 1, sizeof *m->code, "a code", err);
}

int lt_packcode_take(struct lt_packcode **out, const struct lt_model *model,
                     const struct lt_planes *planes, const int64_t *values,
                     const struct lt_packcode_rows *rows,
                     const struct lt_packcode_settings *settings, struct lt_packcode_told *told,
                     struct lt_error *err)
{
    struct lt_codemake m = {.rows = rows, .settings = settings};
    double started = lt_clock(), coarse = 1;
    int rc = open_make(&m, model, err);
    if (!rc)
        rc = take_encoder(m.code, model, planes, err);
    if (!rc)
        rc = encode_rows(&m, values, err);
    if (!rc)
        rc = lt_codemake_steps(&m, &coarse, &told->bits, err);
    if (!rc)
        rc = lt_codemake_quantise(&m, coarse, err);
    if (!rc)
        rc = lt_codemake_refine(&m, NULL, MANY_STEPS * settings->steps, settings->seconds, told,
                                err);
    told->seconds = lt_clock() - started;
    lt_codemake_close(&m);
    if (rc)
        lt_packcode_free(&m.code);
    *out = m.code;
    return rc;
}
