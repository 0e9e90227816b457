#include "app/pack.h"

#include "app/pace.h"
#include "app/packunit.h"
#include "base/clock.h"
#include "base/mem.h"
#include "data/sink.h"
#include "data/writer.h"
#include <math.h>
#include <string.h>

/* Where rows go: lines into a sink, cells into a writer. */
struct goal {
    const struct lt_packfile *file;
    struct lt_sink *sink;
    struct lt_writer *writer;
    const struct lt_group *group; /* (groups) */
    int groups;
    int64_t row_bytes, columns;
    bool alike;               /* all columns have one type */
    struct lt_growable cells; /* rows of them as they are written */
    int64_t from, to;         /* rows */
    int64_t rows, bytes;      /* written: cells as they are stored, lines with the header */
};

static int open_lines(struct goal *g, const char *path, struct lt_error *err)
{
    const char *header;
    const struct lt_text_format *format = lt_planes_text(g->file->head.planes, &header);
    bool gzip = path && strlen(path) > 3 && strcmp(path + strlen(path) - 3, ".gz") == 0;
    int rc = lt_sink_open(&g->sink, path ? path : "-", gzip, err);
    g->bytes = (int64_t)format->header;
    return rc || format->header == 0 ? rc : lt_sink_write(g->sink, header, format->header, err);
}

static int open_cells(struct goal *g, const char *path, int64_t rows, struct lt_error *err)
{
    enum lt_type *types = NULL;
    struct lt_writer_schema schema = {
        .rows = rows, .columns = g->columns, .type = g->group[0].type};
    int rc = lt_alloc(&types, (size_t)g->columns, sizeof *types, "columns", err);
    g->alike = true;
    for (int i = 0; i < g->groups && !rc; i++) {
        g->row_bytes += g->group[i].width * (int64_t)lt_type_size(g->group[i].type);
        g->alike = g->alike && g->group[i].type == schema.type && !g->group[i].missing;
        for (int64_t j = 0; j < g->group[i].width; j++)
            types[g->group[i].first + j] = g->group[i].type;
    }
    if (g->groups == 1) {
        schema.shape_rank = g->group[0].shape_rank;
        memcpy(schema.shape, g->group[0].shape, sizeof schema.shape);
    }
    schema.types = g->alike ? NULL : types;
    if (!rc)
        rc = lt_writer_create(&g->writer, path, &schema, err);
    lt_free(types);
    return rc;
}

static int open_goal(struct goal *g, const struct lt_packfile *file,
                     const struct lt_unpack_options *o, int64_t rows, struct lt_error *err)
{
    int64_t all = (int64_t)lt_pack_rows(file->pack);
    g->file = file;
    g->columns = lt_planes_columns(file->head.planes);
    g->group = lt_planes_groups(file->head.planes, &g->groups);
    g->from = o->rows[0];
    g->to = o->rows[1] < 0 ? all : o->rows[1];
    if (g->from < 0 || g->from >= g->to || g->to > all)
        return lt_fail(err, LT_EUSAGE, "--rows: %s has the rows 0 to %lld", file->name,
                       (long long)all - 1);
    return g->group ? open_cells(g, o->path, rows < 0 ? g->to - g->from : rows, err)
                    : open_lines(g, o->path, err);
}

/* Cells of one type, row by row, as they are. */
static int put_alike(struct goal *g, const struct lt_packrows *r, int64_t a, int64_t n,
                     struct lt_error *err)
{
    g->cells.used = 0;
    int rc = lt_grow(&g->cells.bytes, &g->cells.room, (size_t)(n * g->row_bytes), 1, "rows", err);
    unsigned char *to = g->cells.bytes;
    for (int64_t i = a; i < a + n && !rc; i++)
        for (int k = 0; k < g->groups; k++) {
            size_t size = (size_t)g->group[k].width * lt_type_size(g->group[k].type);
            memcpy(to, (const char *)r->group[k].values + (size_t)i * size, size);
            to += size;
        }
    return rc ? rc : lt_writer_cells(g->writer, g->cells.bytes, n, err);
}

/* Cells of several types as doubles; integers that these cannot hold are refused. */
static int put_mixed(struct goal *g, const struct lt_packrows *r, int64_t a, int64_t n,
                     struct lt_error *err)
{
    double *row = NULL;
    int rc = lt_alloc(&row, (size_t)g->columns, sizeof *row, "a row", err);
    for (int64_t i = a; i < a + n && !rc; i++) {
        for (int k = 0; k < g->groups; k++)
            for (int64_t j = 0; j < g->group[k].width; j++) {
                int64_t cell = i * g->group[k].width + j;
                bool there = !g->group[k].missing || lt_block_valid(&r->group[k], cell);
                row[g->group[k].first + j] =
                    there ? lt_type_value(g->group[k].type, r->group[k].values, cell) : (double)NAN;
            }
        rc = lt_writer_rows(g->writer, row, 1, err);
    }
    lt_free(row);
    return rc;
}

static int put_lines(struct goal *g, const struct lt_packrows *r, int64_t a, int64_t n,
                     struct lt_error *err)
{
    const char *p = (const char *)r->text.bytes, *end = p + r->text.used;
    int64_t passed;
    p = lt_text_lines(p, end, a, &passed);
    const char *stop = lt_text_lines(p, end, n, &passed);
    g->bytes += stop - p;
    return lt_sink_write(g->sink, p, (size_t)(stop - p), err);
}

/* Those of the rows that were asked for. */
static int take_rows(void *context, const struct lt_packrows *r, struct lt_error *err)
{
    struct goal *g = context;
    int64_t a = g->from > r->first ? g->from - r->first : 0;
    int64_t b = g->to < r->first + r->rows ? g->to - r->first : r->rows;
    if (a >= b)
        return 0;
    g->rows += b - a;
    g->bytes += (b - a) * g->row_bytes;
    if (g->sink)
        return put_lines(g, r, a, b - a, err);
    return g->alike ? put_alike(g, r, a, b - a, err) : put_mixed(g, r, a, b - a, err);
}

/* ---- what is lost ---- */

static bool tell_lost(struct lt_report *report, const struct lt_packfile *file)
{
    size_t count;
    const struct lt_pack_lost *lost = lt_pack_lost(file->pack, &count);
    char name[LT_PACK_NAME];
    int64_t rows = 0;
    for (size_t i = 0; i < count; i++) {
        lt_report_line(report, "lost: %s", lt_pack_lost_name(&lost[i], name));
        rows += (int64_t)lost[i].rows;
    }
    /* where the end is missing, nobody knows how many there were */
    if (count > 0 && lost[count - 1].rows == 0)
        lt_report_number(report, "lost", (double)NAN);
    else
        lt_report_integer(report, "lost", rows);
    return count > 0;
}

/* Rows that can be read, of those asked for. */
static int64_t readable(const struct lt_packfile *file, const struct lt_unpack_options *o)
{
    int64_t sum = 0, end = o->rows[1] < 0 ? (int64_t)lt_pack_rows(file->pack) : o->rows[1];
    for (size_t i = 0; i < lt_pack_blocks(file->pack); i++) {
        struct lt_pack_block b = lt_pack_peek(file->pack, i);
        int64_t first = (int64_t)b.first, last = first + (int64_t)b.rows;
        first = first > o->rows[0] ? first : o->rows[0];
        last = last < end ? last : end;
        sum += last > first ? last - first : 0;
    }
    return sum;
}

static int run(const struct lt_unpack_options *o, struct lt_packfile *file, struct goal *goal,
               struct lt_report *report, struct lt_error *err)
{
    enum lt_isa isa = o->reference ? LT_ISA_BASE : lt_isa_best();
    int rc = lt_packfile_open(file, o->file, o->model, o->salvage, isa, err);
    if (!rc && o->salvage && file->head.stream)
        rc = lt_fail(err, LT_EUSAGE,
                     "%s is one stream, from which nothing can be salvaged after what is damaged",
                     o->file);
    if (!rc)
        rc = open_goal(goal, file, o, o->salvage ? readable(file, o) : -1, err);
    struct lt_packunit unit = {.file = file,
                               .from = goal->from,
                               .to = goal->to,
                               .threads = o->threads,
                               .stage = "unpacking",
                               .listener = o->listener,
                               .take = take_rows,
                               .context = goal};
    if (!rc)
        rc = lt_packunit_run(&unit, err);
    if (!rc && goal->sink)
        rc = lt_sink_commit(&goal->sink, err);
    else if (!rc)
        rc = lt_writer_commit(&goal->writer, err);
    if (rc)
        return rc;
    lt_report_verdict(report, NULL, "Unpacked %lld rows of %lld columns from %s.",
                      (long long)goal->rows, (long long)goal->columns, o->file);
    lt_report_integer(report, "rows", goal->rows);
    lt_report_integer(report, "columns", goal->columns);
    lt_report_integer(report, "bytes", goal->bytes);
    lt_report_integer(report, "lost", 0);
    if (o->salvage && tell_lost(report, file))
        return LT_ENO;
    return 0;
}

int lt_unpack(const struct lt_unpack_options *options, struct lt_report **report,
              struct lt_error *err)
{
    struct lt_packfile file = {0};
    struct goal goal = {0};
    struct lt_report *told = NULL;
    double started = lt_clock();
    int rc = lt_report_create(&told, err), sealed;
    if (!rc)
        rc = run(options, &file, &goal, told, err);
    if (!rc || rc == LT_ENO) {
        lt_report_number(told, "seconds", lt_clock() - started);
        sealed = lt_report_seal(told, err);
        rc = sealed ? sealed : rc;
        if (rc == LT_ENO)
            lt_fail(err, LT_ENO, "%s is damaged: some rows are lost, the others are written",
                    options->file);
    }
    if ((rc && rc != LT_ENO) || !report)
        lt_report_free(&told);
    if (report)
        *report = told;
    lt_sink_abort(&goal.sink);
    lt_writer_abort(&goal.writer);
    lt_growable_free(&goal.cells);
    lt_packfile_close(&file);
    return rc;
}
