#include "app/pack.h"

#include "app/pace.h"
#include "app/packblock.h"
#include "app/packbounds.h"
#include "app/packcheck.h"
#include "app/packhead.h"
#include "app/packlearn.h"
#include "app/packreport.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "codec/general.h"
#include "codec/packedbytes.h"
#include <math.h>
#include <string.h>

enum {
    BLOCK_VALUES = 1 << 20, /* values of a block, about */
    BLOCK_BYTES = 16 << 20, /* and bytes, at most */
    ROUND = 2,              /* blocks for a thread between two writes */
};
static const double STREAM_WINS = 1.005; /* a file larger than zstd's by this share becomes that */

/* A block of a round. */
struct slot {
    struct lt_growable raw, payload;
    int64_t rows;
    bool general;
    struct lt_packdiff diff;
    struct lt_error err;
};

/* What one thread needs. */
struct hand {
    struct lt_packchunk chunk;
    struct lt_packblock block;
};

struct job {
    const struct lt_pack_options *options;
    struct lt_packsource source;
    struct lt_packhead head;
    struct lt_pattern *pattern;
    struct lt_growable model; /* its bytes, whole; none where used is 0 */
    struct lt_pack_writer *writer;
    int threads, slots;
    struct hand *hand; /* (threads) */
    struct slot *slot; /* (slots) */
    int64_t first;     /* block of the round */
    int in_round;
    struct lt_sizing *sizing[LT_SIZE_METHODS];
    struct lt_error sizing_err[LT_SIZE_METHODS];
    struct lt_pace pace;
    struct lt_packtold told;
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

static int plan_block(struct job *j, struct lt_planner *planner, int64_t block,
                      struct lt_packchunk *chunk, struct lt_error *err)
{
    int rc = lt_packsource_fetch(&j->source, block, chunk, err);
    if (!rc && j->source.table)
        rc = lt_planner_add(planner, chunk->group, chunk->rows, err);
    else if (!rc)
        rc = lt_planner_add_lines(planner, chunk->begin, chunk->end, err);
    if (!rc && j->source.table)
        j->head.bytes +=
            (uint64_t)lt_packgroups_bytes(j->source.group, j->source.groups, chunk->rows);
    else if (!rc)
        j->head.bytes += (uint64_t)(chunk->end - chunk->begin);
    lt_packsource_release(&j->source, chunk);
    return rc ? rc : lt_pace_tell(&j->pace, chunk->first + chunk->rows, err);
}

static int make_planes(struct job *j, const struct lt_bound *bounds, struct lt_error *err)
{
    struct lt_packsource *s = &j->source;
    struct lt_planner *planner = NULL;
    struct lt_packchunk chunk = {0};
    int rc = s->table
                 ? lt_planner_array(&planner, s->group, s->groups, bounds, err)
                 : lt_planner_text(&planner, &s->format, (const char *)s->text.data, bounds, err);
    j->pace = lt_pace_start(j->options->listener, "reading", s->rows);
    for (int64_t b = 0; b < s->blocks && !rc; b++)
        rc = plan_block(j, planner, b, &chunk, err);
    if (!rc)
        rc = lt_planner_finish(planner, &j->head.planes, err);
    lt_packchunk_close(&chunk);
    lt_planner_free(&planner);
    return rc;
}

/* Rows of a block: many values, so that coding learns; not too many bytes. */
static int64_t rows_of_block(const struct lt_packsource *s)
{
    int64_t rows = BLOCK_VALUES / s->columns;
    if (s->table && rows * s->row_bytes > BLOCK_BYTES)
        rows = BLOCK_BYTES / s->row_bytes;
    return rows < 1 ? 1 : rows;
}

static int open_source(struct job *j, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    struct lt_bound *bounds = NULL;
    int rc = lt_packsource_open(&j->source, o->data, o->count, err);
    if (!rc)
        rc = lt_alloc(&bounds, (size_t)j->source.columns, sizeof *bounds, "bounds", err);
    if (!rc)
        rc = lt_packbounds_parse(bounds, j->source.columns,
                                 has_names(&j->source) ? column_name : NULL, &j->source, o->max_abs,
                                 o->max_rel, o->lossless, err);
    if (!rc)
        rc = lt_packsource_cut(&j->source, rows_of_block(&j->source), err);
    j->head.block_rows = j->source.block_rows;
    if (!rc)
        rc = make_planes(j, bounds, err);
    lt_free(bounds);
    return rc;
}

/* ---- the model ---- */

/* The pattern of another packed file. */
static int take_model(struct job *j, struct lt_error *err)
{
    const char *name = j->options->model;
    struct lt_packfile from;
    int rc = lt_packfile_open(&from, name, NULL, false, lt_isa_best(), err);
    if (rc)
        return rc;
    if (!from.pattern)
        rc = lt_fail(err, LT_EUSAGE, "%s holds no model that could be used", name);
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

static int learn_model(struct job *j, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    struct lt_packlearn learn = {.source = &j->source,
                                 .planes = j->head.planes,
                                 .budget = o->budget,
                                 .seed = o->seed,
                                 .backend = o->backend,
                                 .threads = o->threads,
                                 .listener = o->listener};
    if (lt_planes_count(j->head.planes) > LT_PATTERN_PLANES)
        return 0; /* rows too wide to learn from are kept by general methods */
    int rc = lt_packlearn(&j->pattern, &learn, &j->told.learned, err);
    return rc ? rc : lt_packmodel_write(j->pattern, &j->model, err);
}

/* ---- blocks ---- */

static int prove(struct job *j, struct hand *h, struct slot *s)
{
    int rc = lt_packblock_unpack(&h->block, s->payload.bytes, s->payload.used, h->chunk.first,
                                 h->chunk.rows, &s->err);
    if (!rc)
        rc = lt_packcheck(j->head.planes, &j->source, &h->chunk, &h->block.rows, &s->diff, &s->err);
    return rc;
}

/* Packs one block, unpacks it again, and keeps it by a general method should it differ. */
static int pack_block(struct job *j, struct hand *h, struct slot *s, int64_t block)
{
    s->raw.used = s->payload.used = 0;
    s->diff = (struct lt_packdiff){0};
    int rc = lt_packsource_fetch(&j->source, block, &h->chunk, &s->err);
    if (!rc)
        rc = lt_packchunk_bytes(&j->source, &h->chunk, &s->raw, &s->err);
    if (!rc)
        rc = lt_packblock_pack(&h->block, &j->source, &h->chunk, &s->raw, &s->payload, &s->general,
                               &s->err);
    s->rows = h->chunk.rows;
    if (!rc)
        rc = prove(j, h, s);
    if (!rc && s->diff.mismatches > 0 && !s->general) {
        s->general = true;
        s->payload.used = 0;
        s->diff = (struct lt_packdiff){0};
        rc = lt_packblock_keep(&s->raw, &s->payload, &s->err);
        if (!rc)
            rc = prove(j, h, s);
    }
    if (!rc && s->diff.mismatches > 0)
        rc = lt_fail(&s->err, LT_EFAIL,
                     "%s: row %lld did not come back as it was; is this memory sound?",
                     j->source.name, (long long)s->diff.row);
    lt_packsource_release(&j->source, &h->chunk);
    return rc;
}

static void measure_sizes(struct job *j, int method)
{
    for (int i = 0; j->sizing[method] && i < j->in_round; i++)
        if (lt_sizing_feed(j->sizing[method], j->slot[i].raw.bytes, j->slot[i].raw.used,
                           &j->sizing_err[method]))
            return;
}

static void pack_one(void *context, size_t chunk, int thread)
{
    struct job *j = context;
    pack_block(j, &j->hand[thread], &j->slot[chunk], j->first + (int64_t)chunk);
}
static void size_one(void *context, size_t chunk, int thread)
{
    (void)thread;
    measure_sizes(context, (int)chunk);
}

/* What a round made, in order. */
static int write_round(struct job *j, struct lt_error *err)
{
    int rc = 0;
    for (int i = 0; i < j->in_round && !rc; i++) {
        struct slot *s = &j->slot[i];
        if (s->err.code)
            return lt_fail(err, s->err.code, "%s", s->err.text);
        rc = lt_pack_writer_block(j->writer, (uint64_t)s->rows, s->payload.bytes, s->payload.used,
                                  err);
        j->told.blocks++;
        j->told.blocks_general += s->general;
        j->told.values += s->diff.values;
        j->told.most = fmax(j->told.most, s->diff.most);
    }
    for (int m = 0; m < LT_SIZE_METHODS && !rc; m++)
        if (j->sizing_err[m].code)
            rc = lt_fail(err, j->sizing_err[m].code, "%s", j->sizing_err[m].text);
    return rc;
}

static int pack_blocks(struct job *j, struct lt_error *err)
{
    int rc = 0;
    j->pace = lt_pace_start(j->options->listener, "packing", j->source.rows);
    for (j->first = 0; j->first < j->source.blocks && !rc; j->first += j->in_round) {
        int64_t left = j->source.blocks - j->first;
        j->in_round = left < j->slots ? (int)left : j->slots;
        lt_parallel(j->threads, (size_t)j->in_round, pack_one, j);
        lt_parallel(j->threads, LT_SIZE_METHODS, size_one, j);
        rc = write_round(j, err);
        if (!rc)
            rc = lt_pace_tell(&j->pace, (j->first + j->in_round) * j->source.block_rows, err);
    }
    return rc;
}

/* ---- before and after ---- */

enum { SIZES_MEMORY = 200 << 20 };

/* Bytes of the header of text, which are not among those of its rows. */
static size_t header_of(const struct job *j)
{
    return j->source.table ? 0 : j->source.format.header;
}

static int open_sizing(struct job *j, int method, struct lt_error *err)
{
    const size_t header = header_of(j);
    int rc = lt_sizing_create(&j->sizing[method], (enum lt_size_method)method,
                              j->head.bytes + header, SIZES_MEMORY, j->source.name, err);
    return rc || header == 0 ? rc
                             : lt_sizing_feed(j->sizing[method], j->source.text.data, header, err);
}

static int open_work(struct job *j, struct lt_error *err)
{
    int rc = 0;
    int64_t slots = (int64_t)j->threads * ROUND;
    j->slots = (int)(slots < j->source.blocks ? slots : j->source.blocks);
    rc = lt_alloc(&j->hand, (size_t)j->threads, sizeof *j->hand, "packing", err);
    if (!rc)
        rc = lt_alloc(&j->slot, (size_t)j->slots, sizeof *j->slot, "packing", err);
    for (int t = 0; t < j->threads && !rc; t++)
        rc = lt_packblock_open(&j->hand[t].block, j->head.planes, j->pattern, j->source.block_rows,
                               err);
    for (int m = 0; m < LT_SIZE_METHODS && !rc; m++)
        if (!j->options->quick || m == LT_SIZE_ZSTD)
            rc = open_sizing(j, m, err);
    return rc;
}

static int put_head(struct job *j, struct lt_error *err)
{
    struct lt_growable bytes = {0};
    int rc = lt_pack_writer_create(&j->writer, j->options->path, err);
    j->head.modelled = j->model.used > 0 && !j->head.stream;
    if (!rc)
        rc = lt_packhead_write(&j->head, &bytes, err);
    if (!rc)
        rc = lt_pack_writer_head(j->writer, bytes.bytes, bytes.used, err);
    bytes.used = 0;
    if (!rc && j->head.modelled && j->options->share)
        rc = lt_packmodel_name(&j->model, &bytes, err);
    else if (!rc && j->head.modelled)
        rc = lt_growable_put(&bytes, j->model.bytes, j->model.used, err);
    if (!rc && j->head.modelled)
        rc = lt_pack_writer_model(j->writer, bytes.bytes, bytes.used, err);
    j->told.bytes_decoder = bytes.used;
    lt_growable_free(&bytes);
    return rc;
}

static int finish_sizes(struct job *j, struct lt_error *err)
{
    int rc = 0;
    for (int m = 0; m < LT_SIZE_METHODS && !rc; m++) {
        j->told.size[m].bytes = -1;
        if (j->sizing[m])
            rc = lt_sizing_finish(j->sizing[m], &j->told.size[m], err);
    }
    return rc;
}

/* ---- one stream ---- */

/* What comes out of the stream becomes blocks, of one row each but for the last: the container wants
 * rows, and which of them a piece of a stream holds nobody can say. */
struct pieces {
    struct job *job;
    struct lt_growable held;
    int64_t rows; /* written */
};

static int take_piece(void *context, const void *bytes, size_t n, struct lt_error *err)
{
    struct pieces *p = context;
    int rc = 0;
    if (p->held.used > 0 && p->rows < p->job->source.rows - 1) {
        rc = lt_pack_writer_block(p->job->writer, 1, p->held.bytes, p->held.used, err);
        p->rows++;
        p->held.used = 0;
    }
    return rc ? rc : lt_growable_put(&p->held, bytes, n, err);
}

static int feed_stream(struct job *j, struct lt_general_stream *stream, struct lt_error *err)
{
    struct lt_packchunk *chunk = &j->hand[0].chunk;
    struct lt_growable *raw = &j->slot[0].raw;
    int rc = 0;
    for (int64_t b = 0; b < j->source.blocks && !rc; b++) {
        raw->used = 0;
        rc = lt_packsource_fetch(&j->source, b, chunk, err);
        if (!rc)
            rc = lt_packchunk_bytes(&j->source, chunk, raw, err);
        if (!rc)
            rc = lt_general_feed(stream, raw->bytes, raw->used, err);
        lt_packsource_release(&j->source, chunk);
        if (!rc)
            rc = lt_pace_tell(&j->pace, chunk->first + chunk->rows, err);
    }
    return rc ? rc : lt_general_finish(stream, err);
}

/* The whole as one stream of zstd, in place of what was written. */
static int pack_stream(struct job *j, struct lt_error *err)
{
    struct pieces p = {.job = j};
    struct lt_pieces to = {take_piece, &p};
    struct lt_general_stream *stream = NULL;
    lt_pack_writer_abort(&j->writer);
    j->head.stream = true;
    lt_planes_forget(j->head.planes);
    j->pace = lt_pace_start(j->options->listener, "packing", j->source.rows);
    int rc = put_head(j, err);
    if (!rc)
        rc = lt_general_packer(&stream, j->head.bytes, &to, j->source.name, err);
    if (!rc)
        rc = feed_stream(j, stream, err);
    if (!rc)
        rc = lt_pack_writer_block(j->writer, (uint64_t)(j->source.rows - p.rows), p.held.bytes,
                                  p.held.used, err);
    if (!rc) {
        j->told.stream = true;
        j->told.most = 0;
        j->told.bytes_out = lt_pack_writer_size(j->writer);
    }
    lt_general_free(&stream);
    lt_growable_free(&p.held);
    return rc;
}

/* ---- all of it ---- */

static int run(struct job *j, struct lt_report *report, struct lt_error *err)
{
    const struct lt_pack_options *o = j->options;
    int rc = lt_pack_check(o, err);
    if (!rc)
        rc = open_source(j, err);
    if (!rc)
        rc = o->model ? take_model(j, err) : learn_model(j, err);
    if (!rc)
        rc = open_work(j, err);
    if (!rc)
        rc = put_head(j, err);
    if (!rc)
        rc = pack_blocks(j, err);
    if (!rc)
        rc = finish_sizes(j, err);
    j->told.bytes_out = rc ? 0 : lt_pack_writer_size(j->writer);
    int64_t zstd = j->told.size[LT_SIZE_ZSTD].bytes;
    if (!rc && zstd > 0 && (double)j->told.bytes_out > STREAM_WINS * (double)zstd)
        rc = pack_stream(j, err);
    if (!rc)
        rc = lt_pack_writer_commit(&j->writer, err);
    if (!rc) {
        j->told.bytes_in = j->head.bytes + header_of(j);
        j->told.rows = j->source.rows;
        lt_packreport(report, o, j->head.planes, &j->told);
    }
    return rc;
}

static void close_job(struct job *j)
{
    for (int t = 0; j->hand && t < j->threads; t++) {
        lt_packblock_close(&j->hand[t].block);
        lt_packchunk_close(&j->hand[t].chunk);
    }
    for (int i = 0; j->slot && i < j->slots; i++) {
        lt_growable_free(&j->slot[i].raw);
        lt_growable_free(&j->slot[i].payload);
    }
    for (int m = 0; m < LT_SIZE_METHODS; m++)
        lt_sizing_free(&j->sizing[m]);
    lt_free(j->hand);
    lt_free(j->slot);
    lt_pack_writer_abort(&j->writer);
    lt_pattern_free(&j->pattern);
    lt_growable_free(&j->model);
    lt_planes_free(&j->head.planes);
    lt_packsource_close(&j->source);
}

int lt_pack(const struct lt_pack_options *options, struct lt_report **report, struct lt_error *err)
{
    struct job job = {.options = options,
                      .threads = options->threads > 0 ? options->threads : lt_cpu_count()};
    struct lt_report *told = NULL;
    double started = lt_clock();
    int rc = lt_report_create(&told, err);
    if (!rc)
        rc = run(&job, told, err);
    if (!rc) {
        lt_report_number(told, "seconds", lt_clock() - started);
        rc = lt_report_seal(told, err);
    }
    if (rc || !report)
        lt_report_free(&told);
    if (report)
        *report = told;
    close_job(&job);
    return rc;
}
