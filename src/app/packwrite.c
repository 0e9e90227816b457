#include "app/pace.h"
#include "app/packcheck.h"
#include "app/packjob.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "codec/general.h"
#include "codec/packedbytes.h"
#include <math.h>
#include <string.h>

enum { ROUND = 2 };                      /* blocks for a thread between two writes */
static const double STREAM_WINS = 1.005; /* a file larger than zstd's by this share becomes that */

/* A block of a round. */
struct slot {
    struct lt_growable raw, payload;
    int64_t rows;
    size_t code_bytes;
    bool general;
    struct lt_packdiff diff;
    struct lt_error err;
};

/* What one thread needs. */
struct hand {
    struct lt_packchunk chunk;
    struct lt_packblock block;
    struct lt_packcoder *coder; /* of rows to codes, where there is a code */
};

struct write {
    struct lt_packjob *job;
    int slots;
    struct hand *hand; /* (threads) */
    struct slot *slot; /* (slots) */
    int64_t first;     /* block of the round */
    int in_round;
    struct lt_sizing *sizing[LT_SIZE_METHODS];
    struct lt_error sizing_err[LT_SIZE_METHODS];
    struct lt_pace pace;
};

/* ---- blocks ---- */

static int prove(struct write *w, struct hand *h, struct slot *s)
{
    int rc = lt_packblock_unpack(&h->block, s->payload.bytes, s->payload.used, h->chunk.first,
                                 h->chunk.rows, &s->err);
    if (!rc)
        rc = lt_packcheck(w->job->head.planes, &w->job->source, &h->chunk, &h->block.rows, &s->diff,
                          &s->err);
    return rc;
}

/* Packs one block, unpacks it again, and keeps it by a general method should it differ. */
static int pack_block(struct write *w, struct hand *h, struct slot *s, int64_t block)
{
    s->raw.used = s->payload.used = 0;
    s->diff = (struct lt_packdiff){.lossy = w->job->head.loss != LT_PACK_EXACT};
    int rc = lt_packsource_fetch(&w->job->source, block, &h->chunk, &s->err);
    if (!rc)
        rc = lt_packchunk_bytes(&w->job->source, &h->chunk, &s->raw, &s->err);
    if (!rc)
        rc = lt_packblock_pack(&h->block, &w->job->source, &h->chunk, &s->raw, &s->payload,
                               &s->general, &s->err);
    s->rows = h->chunk.rows;
    s->code_bytes = s->general ? 0 : h->block.code_bytes;
    if (!rc)
        rc = prove(w, h, s);
    if (!rc && s->diff.mismatches > 0 && !s->general) {
        s->general = true;
        s->payload.used = s->code_bytes = 0;
        s->diff = (struct lt_packdiff){0};
        rc = lt_packblock_keep(&s->raw, &s->payload, &s->err);
        if (!rc)
            rc = prove(w, h, s);
    }
    if (!rc && s->diff.mismatches > 0)
        rc = lt_fail(&s->err, LT_EFAIL,
                     "%s: row %lld did not come back as it was; is this memory sound?",
                     w->job->source.name, (long long)s->diff.row);
    lt_packsource_release(&w->job->source, &h->chunk);
    return rc;
}

static void measure_sizes(struct write *w, int method)
{
    for (int i = 0; w->sizing[method] && i < w->in_round; i++)
        if (lt_sizing_feed(w->sizing[method], w->slot[i].raw.bytes, w->slot[i].raw.used,
                           &w->sizing_err[method]))
            return;
}

static void pack_one(void *context, size_t chunk, int thread)
{
    struct write *w = context;
    pack_block(w, &w->hand[thread], &w->slot[chunk], w->first + (int64_t)chunk);
}
static void size_one(void *context, size_t chunk, int thread)
{
    (void)thread;
    measure_sizes(context, (int)chunk);
}

/* What a round made, in order. */
static int write_round(struct write *w, struct lt_error *err)
{
    int rc = 0;
    for (int i = 0; i < w->in_round && !rc; i++) {
        struct slot *s = &w->slot[i];
        if (s->err.code)
            return lt_fail(err, s->err.code, "%s", s->err.text);
        rc = lt_pack_writer_block(w->job->writer, (uint64_t)s->rows, s->payload.bytes,
                                  s->payload.used, err);
        w->job->told.blocks++;
        w->job->told.bytes_codes += s->code_bytes;
        w->job->told.squares += s->diff.squares;
        w->job->told.blocks_general += s->general;
        w->job->told.values += s->diff.values;
        w->job->told.most = fmax(w->job->told.most, s->diff.most);
    }
    for (int m = 0; m < LT_SIZE_METHODS && !rc; m++)
        if (w->sizing_err[m].code)
            rc = lt_fail(err, w->sizing_err[m].code, "%s", w->sizing_err[m].text);
    return rc;
}

static int pack_blocks(struct write *w, struct lt_error *err)
{
    int rc = 0;
    w->pace = lt_pace_start(w->job->options->listener, "packing", w->job->source.rows);
    for (w->first = 0; w->first < w->job->source.blocks && !rc; w->first += w->in_round) {
        int64_t left = w->job->source.blocks - w->first;
        w->in_round = left < w->slots ? (int)left : w->slots;
        lt_parallel(w->job->threads, (size_t)w->in_round, pack_one, w);
        lt_parallel(w->job->threads, LT_SIZE_METHODS, size_one, w);
        rc = write_round(w, err);
        if (!rc)
            rc = lt_pace_tell(&w->pace, (w->first + w->in_round) * w->job->source.block_rows, err);
    }
    return rc;
}

/* ---- before and after ---- */

enum { SIZES_MEMORY = 100 << 20 };

static int open_sizing(struct write *w, int method, struct lt_error *err)
{
    const struct lt_packjob *j = w->job;
    const size_t header = lt_packjob_header(j);
    int rc = lt_sizing_create(&w->sizing[method], (enum lt_size_method)method,
                              j->head.bytes + header, SIZES_MEMORY, j->source.name, err);
    return rc || header == 0 ? rc
                             : lt_sizing_feed(w->sizing[method], j->source.text.data, header, err);
}

static int open_hand(struct write *w, struct hand *h, struct lt_error *err)
{
    const struct lt_packjob *j = w->job;
    struct lt_packway way = lt_packjob_way(j);
    int rc = lt_packblock_open(&h->block, &way, j->source.block_rows, err);
    if (!rc && j->code)
        rc = lt_packcoder_create(&h->coder, j->code, &h->block.encoder, err);
    return rc;
}

static int open_work(struct write *w, struct lt_error *err)
{
    int rc = 0;
    int64_t slots = (int64_t)w->job->threads * ROUND;
    w->slots = (int)(slots < w->job->source.blocks ? slots : w->job->source.blocks);
    rc = lt_alloc(&w->hand, (size_t)w->job->threads, sizeof *w->hand, "packing", err);
    if (!rc)
        rc = lt_alloc(&w->slot, (size_t)w->slots, sizeof *w->slot, "packing", err);
    for (int t = 0; t < w->job->threads && !rc; t++)
        rc = open_hand(w, &w->hand[t], err);
    for (int m = 0; m < LT_SIZE_METHODS && !rc && !w->job->sized; m++)
        if (!w->job->options->quick || m == LT_SIZE_ZSTD)
            rc = open_sizing(w, m, err);
    return rc;
}

static int put_head(struct write *w, struct lt_error *err)
{
    struct lt_growable bytes = {0};
    int rc = lt_pack_writer_create(&w->job->writer, w->job->options->path, err);
    w->job->head.modelled = w->job->model.used > 0 && !w->job->head.stream;
    if (!rc)
        rc = lt_packhead_write(&w->job->head, &bytes, err);
    if (!rc)
        rc = lt_pack_writer_head(w->job->writer, bytes.bytes, bytes.used, err);
    bytes.used = 0;
    if (!rc && w->job->head.modelled && w->job->options->share)
        rc = lt_packmodel_name(&w->job->model, &bytes, err);
    else if (!rc && w->job->head.modelled)
        rc = lt_growable_put(&bytes, w->job->model.bytes, w->job->model.used, err);
    if (!rc && w->job->head.modelled)
        rc = lt_pack_writer_model(w->job->writer, bytes.bytes, bytes.used, err);
    w->job->told.bytes_decoder = bytes.used;
    lt_growable_free(&bytes);
    return rc;
}

static int finish_sizes(struct write *w, struct lt_error *err)
{
    int rc = 0;
    for (int m = 0; m < LT_SIZE_METHODS && !rc && !w->job->sized; m++) {
        w->job->told.size[m].bytes = -1;
        if (w->sizing[m])
            rc = lt_sizing_finish(w->sizing[m], &w->job->told.size[m], err);
    }
    w->job->sized = !rc;
    return rc;
}

/* ---- one stream ---- */

/* What comes out of the stream becomes blocks, of one row each but for the last: the container wants
 * rows, and which of them a piece of a stream holds nobody can say. */
struct pieces {
    struct write *w;
    struct lt_growable held;
    int64_t rows; /* written */
};

static int take_piece(void *context, const void *bytes, size_t n, struct lt_error *err)
{
    struct pieces *p = context;
    int rc = 0;
    if (p->held.used > 0 && p->rows < p->w->job->source.rows - 1) {
        rc = lt_pack_writer_block(p->w->job->writer, 1, p->held.bytes, p->held.used, err);
        p->rows++;
        p->held.used = 0;
    }
    return rc ? rc : lt_growable_put(&p->held, bytes, n, err);
}

static int feed_stream(struct write *w, struct lt_general_stream *stream, struct lt_error *err)
{
    struct lt_packchunk *chunk = &w->hand[0].chunk;
    struct lt_growable *raw = &w->slot[0].raw;
    int rc = 0;
    for (int64_t b = 0; b < w->job->source.blocks && !rc; b++) {
        raw->used = 0;
        rc = lt_packsource_fetch(&w->job->source, b, chunk, err);
        if (!rc)
            rc = lt_packchunk_bytes(&w->job->source, chunk, raw, err);
        if (!rc)
            rc = lt_general_feed(stream, raw->bytes, raw->used, err);
        lt_packsource_release(&w->job->source, chunk);
        if (!rc)
            rc = lt_pace_tell(&w->pace, chunk->first + chunk->rows, err);
    }
    return rc ? rc : lt_general_finish(stream, err);
}

/* The whole as one stream of zstd, in place of what was written. */
static int pack_stream(struct write *w, struct lt_error *err)
{
    struct pieces p = {.w = w};
    struct lt_pieces to = {take_piece, &p};
    struct lt_general_stream *stream = NULL;
    lt_pack_writer_abort(&w->job->writer);
    w->job->head.stream = true;
    lt_planes_forget(w->job->head.planes);
    w->job->head.loss = LT_PACK_EXACT;
    w->job->head.millibels = 0;
    w->pace = lt_pace_start(w->job->options->listener, "packing", w->job->source.rows);
    int rc = put_head(w, err);
    if (!rc)
        rc = lt_general_packer(&stream, w->job->head.bytes, &to, w->job->source.name, err);
    if (!rc)
        rc = feed_stream(w, stream, err);
    if (!rc)
        rc = lt_pack_writer_block(w->job->writer, (uint64_t)(w->job->source.rows - p.rows),
                                  p.held.bytes, p.held.used, err);
    if (!rc) {
        w->job->told.stream = true;
        w->job->told.most = w->job->told.squares = 0;
        w->job->told.bytes_codes = 0;
        w->job->told.bytes_out = lt_pack_writer_size(w->job->writer);
    }
    lt_general_free(&stream);
    lt_growable_free(&p.held);
    return rc;
}

/* ---- all of it ---- */

static void close_work(struct write *w)
{
    for (int t = 0; w->hand && t < w->job->threads; t++) {
        lt_packblock_close(&w->hand[t].block);
        lt_packcoder_free(&w->hand[t].coder);
        lt_packchunk_close(&w->hand[t].chunk);
    }
    for (int i = 0; w->slot && i < w->slots; i++) {
        lt_growable_free(&w->slot[i].raw);
        lt_growable_free(&w->slot[i].payload);
    }
    for (int m = 0; m < LT_SIZE_METHODS; m++)
        lt_sizing_free(&w->sizing[m]);
    lt_free(w->hand);
    lt_free(w->slot);
}

/* Starts again, whatever was written before. */
static void begin(struct lt_packjob *j)
{
    struct lt_packtold *t = &j->told;
    lt_pack_writer_abort(&j->writer);
    j->head.stream = false;
    t->stream = false;
    t->blocks = t->blocks_general = t->values = 0;
    t->bytes_codes = 0;
    t->most = t->squares = 0;
}

int lt_packjob_write(struct lt_packjob *job, struct lt_error *err)
{
    struct write w = {.job = job};
    begin(job);
    int rc = open_work(&w, err);
    if (!rc)
        rc = put_head(&w, err);
    if (!rc)
        rc = pack_blocks(&w, err);
    if (!rc)
        rc = finish_sizes(&w, err);
    job->told.bytes_out = rc ? 0 : lt_pack_writer_size(job->writer);
    int64_t zstd = job->told.size[LT_SIZE_ZSTD].bytes;
    if (!rc && zstd > 0 && (double)job->told.bytes_out > STREAM_WINS * (double)zstd)
        rc = pack_stream(&w, err);
    close_work(&w);
    return rc;
}
