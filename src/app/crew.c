#include "app/crew.h"

#include "base/mem.h"
#include "base/parallel.h"
#include "prep/prep.h"

/* Of one detector, so that its rows and weights stay in a core's cache and as many detectors as there
 * are threads cost little. */
static const size_t MOST_MEMORY = 16u << 20;

struct lt_crew {
    int members;
    struct member {
        struct lt_backend *backend;
        struct lt_detect *detect;
        struct lt_feed *feed;
        float *x; /* (LT_DETECT_ROWS, F) */
    } * member;
    /* the call at work */
    int64_t first, n;
    double *score;
    bool failed[LT_CREW_ROWS / LT_DETECT_ROWS];
};

static int join(struct member *m, const struct lt_model *model, const struct lt_table *view,
                const struct lt_session_options *session, struct lt_error *err)
{
    const size_t features = (size_t)model->prep.features;
    int rc = lt_backend_create(&m->backend, session->backend, 1, err);
    if (!rc)
        rc = lt_detect_create(&m->detect, model, m->backend, session->precision, err);
    if (!rc)
        rc = lt_feed_create(&m->feed, view, &model->prep, LT_DETECT_ROWS, 1, err);
    return rc ? rc : lt_alloc(&m->x, LT_DETECT_ROWS * features, sizeof *m->x, "scoring", err);
}

int lt_crew_create(struct lt_crew **out, const struct lt_model *model, const struct lt_table *view,
                   const struct lt_detect *detect, const struct lt_session_options *session,
                   struct lt_error *err)
{
    const int64_t batches = (int64_t)lt_chunks((size_t)lt_table_rows(view), LT_DETECT_ROWS);
    const int members = batches < session->threads ? (int)batches : session->threads;
    struct lt_crew *crew = NULL;
    *out = NULL;
    if (members < 2 || lt_detect_memory(detect) > MOST_MEMORY)
        return 0;
    int rc = lt_alloc(&crew, 1, sizeof *crew, "scoring", err);
    if (!rc)
        rc = lt_alloc(&crew->member, (size_t)members, sizeof *crew->member, "scoring", err);
    for (int i = 0; i < members && !rc; i++) {
        crew->members = i + 1;
        rc = join(&crew->member[i], model, view, session, err);
    }
    if (rc)
        lt_crew_free(&crew);
    *out = crew;
    return rc;
}

void lt_crew_free(struct lt_crew **crew)
{
    struct lt_crew *c = *crew;
    *crew = NULL;
    if (!c)
        return;
    for (int i = 0; i < c->members; i++) {
        lt_free(c->member[i].x);
        lt_feed_free(&c->member[i].feed);
        lt_detect_free(&c->member[i].detect);
        lt_backend_free(&c->member[i].backend);
    }
    lt_free(c->member);
    lt_free(c);
}

static int score(const struct lt_crew *c, struct member *m, size_t batch, struct lt_error *err)
{
    const int64_t begin = (int64_t)lt_chunk_begin(batch, LT_DETECT_ROWS);
    const int64_t n = (int64_t)lt_chunk_end(batch, LT_DETECT_ROWS, (size_t)c->n) - begin;
    int64_t ids[LT_DETECT_ROWS];
    for (int64_t i = 0; i < n; i++)
        ids[i] = c->first + begin + i;
    int rc = lt_feed_rows(m->feed, ids, n, m->x, err);
    if (!rc)
        lt_detect_scores(m->detect, m->x, n, c->score + begin);
    return rc;
}

static void score_one(void *context, size_t batch, int thread)
{
    struct lt_crew *c = context;
    c->failed[batch] = score(c, &c->member[thread], batch, NULL) != 0;
}

int lt_crew_scores(struct lt_crew *c, int64_t first, int64_t n, double *scores,
                   struct lt_error *err)
{
    const size_t batches = lt_chunks((size_t)n, LT_DETECT_ROWS);
    c->first = first;
    c->n = n;
    c->score = scores;
    lt_parallel(c->members, batches, score_one, c);
    for (size_t i = 0; i < batches; i++)
        if (c->failed[i])
            return score(c, &c->member[0], i, err);
    return 0;
}
