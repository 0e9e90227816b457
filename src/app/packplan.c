#include "app/packplan.h"

#include "app/pace.h"
#include "app/packblock.h"

struct work {
    const struct lt_packplan *plan;
    struct lt_planner *planner;
    struct lt_packchunk chunk;
    struct lt_growable levelled;
    uint64_t bytes;
};

static int add_cells(struct work *w, struct lt_error *err)
{
    const struct lt_packplan *p = w->plan;
    const struct lt_block_group *group = w->chunk.group;
    struct lt_block_group levelled;
    int rc = 0;
    if (p->levels) {
        rc = lt_packlevels(p->levels, &w->chunk, p->source->columns, &w->levelled, &levelled, err);
        group = &levelled;
    }
    w->bytes += (uint64_t)lt_packgroups_bytes(p->source->group, p->source->groups, w->chunk.rows);
    return rc ? rc : lt_planner_add(w->planner, group, w->chunk.rows, err);
}

static int add_block(struct work *w, int64_t block, struct lt_error *err)
{
    const struct lt_packsource *s = w->plan->source;
    int rc = lt_packsource_fetch(s, block, &w->chunk, err);
    if (!rc && s->table)
        rc = add_cells(w, err);
    else if (!rc) {
        rc = lt_planner_add_lines(w->planner, w->chunk.begin, w->chunk.end, err);
        w->bytes += (uint64_t)(w->chunk.end - w->chunk.begin);
    }
    lt_packsource_release(s, &w->chunk);
    return rc;
}

int lt_packplan(struct lt_planes **out, const struct lt_packplan *plan, uint64_t *bytes,
                struct lt_error *err)
{
    const struct lt_packsource *s = plan->source;
    struct work w = {.plan = plan};
    struct lt_pace pace = lt_pace_start(plan->listener, "reading", s->rows);
    int rc = s->table ? lt_planner_array(&w.planner, s->group, s->groups, plan->bounds, err)
                      : lt_planner_text(&w.planner, &s->format, (const char *)s->text.data,
                                        plan->bounds, err);
    for (int64_t b = 0; b < s->blocks && !rc; b++) {
        rc = add_block(&w, b, err);
        if (!rc)
            rc = lt_pace_tell(&pace, w.chunk.first + w.chunk.rows, err);
    }
    if (!rc)
        rc = lt_planner_finish(w.planner, out, err);
    *bytes = w.bytes;
    lt_packchunk_close(&w.chunk);
    lt_growable_free(&w.levelled);
    lt_planner_free(&w.planner);
    return rc;
}
