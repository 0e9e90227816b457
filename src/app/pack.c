#include "app/pack.h"

#include "app/packbounds.h"
#include "app/packjob.h"
#include "app/packplan.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "model/modelfile.h"
#include <math.h>

enum {
    BLOCK_VALUES = 1 << 20,  /* values of a block, about */
    HALVED_VALUES = 1 << 19, /* of two blocks at least */
    BLOCK_BYTES = 16 << 20,  /* and bytes, at most */
    LOSSY_VALUES = 1 << 22,  /* of a block of lossy images, which take fewer bytes */
};

int lt_pack_check(const struct lt_pack_options *o, struct lt_error *err)
{
    int rc = lt_packbounds_check(o->max_abs, o->max_rel, o->lossless, err);
    if (!rc && o->share && !o->model)
        rc = lt_fail(err, LT_EUSAGE,
                     "--share-model needs --model, the packed file whose model is shared");
    return rc;
}

/* ---- planes ---- */

static const char *column_name(void *context, int64_t column, char *buf, size_t size)
{
    const struct lt_packsource *s = context;
    if (s->table)
        return lt_table_column_name(s->table, column, buf, size);
    return lt_text_name(&s->format, (const char *)s->text.data, column, buf, size);
}

static bool has_names(const struct lt_packsource *s)
{
    return s->table ? lt_table_has_names(s->table) : s->format.header > 0;
}

/* Rows of a block: many values, so that coding learns; not too many bytes. */
static int64_t rows_of_block(const struct lt_packsource *s, bool lossy)
{
    int64_t rows = (lossy ? LOSSY_VALUES : BLOCK_VALUES) / s->columns;
    if (s->table && rows * s->row_bytes > BLOCK_BYTES)
        rows = BLOCK_BYTES / s->row_bytes;
    return rows < 1 ? 1 : rows;
}

/* Into blocks of like size: two at least, where that leaves enough to learn from, so that two threads can
 * decode them. */
static int cut(struct lt_packsource *s, bool lossy, struct lt_error *err)
{
    int64_t rows = rows_of_block(s, lossy);
    int rc = lt_packsource_cut(s, rows, err);
    if (rc)
        return rc;
    bool halved = s->blocks == 1 && s->rows >= 2 && s->rows >= HALVED_VALUES / s->columns;
    int64_t blocks = halved ? 2 : s->blocks, even = (s->rows + blocks - 1) / blocks;
    return blocks == 1 || even == rows ? 0 : lt_packsource_cut(s, even, err);
}

static int open_source(struct lt_packjob *j, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    int rc = lt_packsource_open(&j->source, o->data, o->count, err);
    if (!rc)
        rc = lt_alloc(&j->bounds, (size_t)j->source.columns, sizeof *j->bounds, "bounds", err);
    if (!rc)
        rc = lt_packbounds_parse(j->bounds, j->source.columns,
                                 has_names(&j->source) ? column_name : NULL, &j->source, o->max_abs,
                                 o->max_rel, o->lossless, err);
    if (!rc)
        rc = cut(&j->source, o->psnr > 0 || o->bpp > 0, err);
    j->head.block_rows = j->source.block_rows;
    return rc;
}

int lt_packjob_plan(struct lt_packjob *job, struct lt_error *err)
{
    struct lt_packplan plan = {.source = &job->source,
                               .bounds = job->bounds,
                               .levels = job->levels,
                               .listener = job->options->listener};
    lt_planes_free(&job->head.planes);
    return lt_packplan(&job->head.planes, &plan, &job->head.bytes, err);
}

/* ---- the model ---- */

/* The pattern of another packed file. */
static int take_packed(struct lt_packjob *j, struct lt_error *err)
{
    const char *name = j->options->model;
    struct lt_packfile from;
    int rc = lt_packfile_open(&from, name, NULL, false, lt_isa_best(), err);
    if (rc)
        return rc;
    if (!from.pattern)
        rc = lt_fail(err, LT_EUSAGE, "%s holds no model that could be used", name);
    if (!rc && from.code)
        rc = lt_fail(err, LT_EUSAGE,
                     "%s has a code, and only those who made it can encode other rows", name);
    if (!rc)
        rc = lt_packmodel_fits(from.pattern, j->head.planes, name, err);
    if (!rc)
        rc = lt_growable_put(&j->model, from.model.bytes, from.model.used, err);
    if (!rc) {
        j->pattern = from.pattern;
        from.pattern = NULL;
    }
    lt_packfile_close(&from);
    return rc;
}

int lt_packjob_learn(struct lt_packjob *j, double budget, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    struct lt_packlearn learn = {.source = &j->source,
                                 .planes = j->head.planes,
                                 .levels = j->levels,
                                 .weigh = j->options->psnr == 0 && j->options->bpp == 0,
                                 .dims = o->dims,
                                 .model = j->trained,
                                 .budget = budget,
                                 .seed = o->seed,
                                 .backend = o->backend,
                                 .threads = o->threads,
                                 .listener = o->listener};
    lt_pattern_free(&j->pattern);
    lt_packcode_free(&j->code);
    j->model.used = 0;
    if (lt_planes_count(j->head.planes) > LT_PATTERN_PLANES)
        return 0; /* rows too wide to learn from are kept by general methods */
    int rc = lt_packlearn(&j->pattern, &j->code, &learn, &j->told.learned, err);
    return rc ? rc : lt_packmodel_write(j->pattern, j->code ? j->code->code : NULL, &j->model, err);
}

/* Model files begin with the size of a description in JSON. */
static int check_trained(const char *name, struct lt_error *err)
{
    struct lt_bytes bytes;
    int rc = lt_bytes_read(&bytes, name, err);
    if (rc)
        return rc;
    bool like = bytes.size > 8 && ((const unsigned char *)bytes.data)[8] == '{';
    lt_bytes_free(&bytes);
    return like ? 0
                : lt_fail(err, LT_ECONTENT,
                          "--model %s: neither a packed file nor a model that latent train made; "
                          "latent pack TRAINING -o t.lpk makes one for --model t.lpk",
                          name);
}

/* A pattern as without a model, but for the encoder of a code. */
static int take_trained(struct lt_packjob *j, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    int rc = check_trained(o->model, err);
    if (!rc && o->share)
        rc = lt_fail(err, LT_EUSAGE,
                     "--share-model: what decodes the code of %s is found for these data, so no "
                     "other file holds it; leave it out",
                     o->model);
    if (!rc && o->dims > 0)
        rc = lt_fail(err, LT_EUSAGE, "--dims: latent train decided how wide the code of %s is",
                     o->model);
    if (!rc)
        rc = lt_model_read(&j->trained, o->model, err);
    if (!rc)
        rc = lt_packcode_suits(j->trained, o->model, j->head.planes, err);
    return rc ? rc : lt_packjob_learn(j, o->budget, err);
}

static int take_model(struct lt_packjob *j, struct lt_error *err)
{
    return lt_packfile_is(j->options->model) ? take_packed(j, err) : take_trained(j, err);
}

struct lt_packway lt_packjob_way(const struct lt_packjob *j)
{
    return (struct lt_packway){.planes = j->head.planes,
                               .pattern = j->pattern,
                               .code = j->code ? j->code->code : NULL,
                               .guessed = j->head.loss == LT_PACK_GUESSED,
                               .levels = j->levels};
}

/* ---- all of it ---- */

static int pack_exactly(struct lt_packjob *j, struct lt_error *err)
{
    int rc = lt_packjob_plan(j, err);
    if (!rc)
        rc = j->options->model ? take_model(j, err) : lt_packjob_learn(j, j->options->budget, err);
    return rc ? rc : lt_packjob_write(j, err);
}

static int run(struct lt_packjob *j, struct lt_report *report, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    int rc = lt_pack_check(o, err);
    if (!rc)
        rc = open_source(j, err);
    if (!rc)
        rc = o->psnr > 0 || o->bpp > 0 ? lt_packjob_lossy(j, err) : pack_exactly(j, err);
    if (!rc)
        rc = lt_pack_writer_commit(&j->writer, err);
    if (!rc) {
        j->told.bytes_in = j->head.bytes + lt_packjob_header(j);
        j->told.rows = j->source.rows;
        j->told.loss = j->head.loss;
        lt_packreport(report, o, j->head.planes, &j->told);
    }
    return rc;
}

static void close_job(struct lt_packjob *j)
{
    lt_pack_writer_abort(&j->writer);
    lt_pattern_free(&j->pattern);
    lt_packcode_free(&j->code);
    lt_model_free(&j->trained);
    lt_growable_free(&j->model);
    lt_planes_free(&j->head.planes);
    lt_free(j->bounds);
    lt_packsource_close(&j->source);
}

int lt_pack(const struct lt_pack_options *options, struct lt_report **report, struct lt_error *err)
{
    struct lt_packjob job = {.options = options,
                             .started = lt_clock(),
                             .threads = options->threads > 0 ? options->threads : lt_cpu_count()};
    struct lt_report *told = NULL;
    int rc = lt_report_create(&told, err);
    if (!rc)
        rc = run(&job, told, err);
    if (!rc) {
        lt_report_number(told, "seconds", lt_clock() - job.started);
        rc = lt_report_seal(told, err);
    }
    if (rc || !report)
        lt_report_free(&told);
    if (report)
        *report = told;
    close_job(&job);
    return rc;
}
