/* A packed file of a few small blocks, as app/pack.c would make it of more data. */
#ifndef LT_TESTS_T_PACKED_BLOCKS_H
#define LT_TESTS_T_PACKED_BLOCKS_H

#include "app/packblock.h"
#include "app/packhead.h"
#include "t_packed.h"

enum { BLOCKS = 4, BLOCK_ROWS = 20, ROWS = BLOCKS * BLOCK_ROWS - 7, COLUMNS = 3 };

/* Some numbers, some symbols, and one cell that is an exception. */
static struct array blocks_array(void)
{
    struct array a = make_array(LT_F64, ROWS, COLUMNS);
    for (int64_t i = 0; i < ROWS * COLUMNS; i++) {
        double x = i % COLUMNS == 0 ? (double)i / 4 : i % COLUMNS == 1 ? (double)below(3) : unit();
        x = i == 30 ? 1e300 : x;
        memcpy(a.cells + 8 * i, &x, 8);
    }
    write_array(&a, "blocks.npy");
    return a;
}

struct maker {
    struct lt_packsource source;
    struct lt_packhead head;
    struct lt_pattern *pattern;
    struct lt_packblock block;
};

static void learn(struct maker *m)
{
    struct lt_packchunk chunk = {0};
    struct lt_look *look;
    struct lt_growable waste = {0};
    int32_t levels[16] = {0};
    int64_t count = lt_planes_count(m->head.planes), *values;
    for (int64_t j = 0; j < count; j++)
        levels[j] = lt_planes_plane(m->head.planes, j).levels;
    T_INT(lt_alloc(&values, (size_t)(ROWS * count), sizeof *values, "values", NULL), 0);
    T_INT(lt_pattern_create(&m->pattern, count, 0, 0, 0, NULL), 0);
    T_INT(lt_look_create(&look, m->pattern, levels, NULL), 0);
    for (int64_t b = 0; b < m->source.blocks; b++) {
        T_INT(lt_packsource_fetch(&m->source, b, &chunk, NULL), 0);
        T_INT(lt_planes_map(m->head.planes, chunk.group, chunk.rows, values, &waste, NULL), 0);
        lt_look_at(look, values, chunk.rows);
    }
    lt_look_finish(look);
    lt_look_free(&look);
    lt_packchunk_close(&chunk);
    lt_growable_free(&waste);
    lt_free(values);
}

static void plan(struct maker *m, const char *data)
{
    struct lt_planner *planner;
    struct lt_packchunk chunk = {0};
    T_INT(lt_packsource_open(&m->source, &data, 1, NULL), 0);
    T_INT(lt_packsource_cut(&m->source, BLOCK_ROWS, NULL), 0);
    T_INT(m->source.blocks, BLOCKS);
    T_INT(lt_planner_array(&planner, m->source.group, m->source.groups, NULL, NULL), 0);
    for (int64_t b = 0; b < m->source.blocks; b++) {
        T_INT(lt_packsource_fetch(&m->source, b, &chunk, NULL), 0);
        T_INT(lt_planner_add(planner, chunk.group, chunk.rows, NULL), 0);
    }
    T_INT(lt_planner_finish(planner, &m->head.planes, NULL), 0);
    lt_planner_free(&planner);
    lt_packchunk_close(&chunk);
    m->head.modelled = true;
    m->head.block_rows = BLOCK_ROWS;
    m->head.bytes = ROWS * COLUMNS * 8;
}

static void write_blocks(struct maker *m, struct lt_pack_writer *w)
{
    struct lt_packchunk chunk = {0};
    struct lt_packway way = {.planes = m->head.planes, .pattern = m->pattern};
    T_INT(lt_packblock_open(&m->block, &way, BLOCK_ROWS, NULL), 0);
    for (int64_t b = 0; b < m->source.blocks; b++) {
        struct lt_growable raw = {0}, payload = {0};
        bool general;
        T_INT(lt_packsource_fetch(&m->source, b, &chunk, NULL), 0);
        T_INT(lt_packchunk_bytes(&m->source, &chunk, &raw, NULL), 0);
        T_INT(lt_packblock_pack(&m->block, &m->source, &chunk, &raw, &payload, &general, NULL), 0);
        T_INT(lt_pack_writer_block(w, (uint64_t)chunk.rows, payload.bytes, payload.used, NULL), 0);
        lt_growable_free(&raw);
        lt_growable_free(&payload);
    }
    lt_packchunk_close(&chunk);
}

/* Writes the file; `change` may claim something else in the head, or the pattern, before. */
T_UNUSED static const char *make_blocks(const char *data, void (*change)(struct maker *m))
{
    struct maker m = {0};
    struct lt_pack_writer *w;
    struct lt_growable head = {0}, model = {0};
    const char *path = t_tmp("blocks.lpk");
    plan(&m, data);
    learn(&m);
    T_INT(lt_pack_writer_create(&w, path, NULL), 0);
    struct lt_packhead kept = m.head;
    bool guessed = m.pattern->guessed;
    if (change)
        change(&m);
    T_INT(lt_packhead_write(&m.head, &head, NULL), 0);
    T_INT(lt_packmodel_write(m.pattern, NULL, &model, NULL), 0);
    m.head = kept;
    m.pattern->guessed = guessed;
    T_INT(lt_pack_writer_head(w, head.bytes, head.used, NULL), 0);
    T_INT(lt_pack_writer_model(w, model.bytes, model.used, NULL), 0);
    write_blocks(&m, w);
    T_INT(lt_pack_writer_commit(&w, NULL), 0);
    lt_growable_free(&head);
    lt_growable_free(&model);
    lt_packblock_close(&m.block);
    lt_pattern_free(&m.pattern);
    lt_planes_free(&m.head.planes);
    lt_packsource_close(&m.source);
    return path;
}

#endif
