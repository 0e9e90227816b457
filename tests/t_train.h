/* One training on a small table, from settings to weights. */
#ifndef LT_TESTS_T_TRAIN_H
#define LT_TESTS_T_TRAIN_H

#include "t.h"
#include "train/state.h"

/* ---- a table to learn ---- */

enum { ROWS = 300, COLUMNS = 12, KEPT = 60, BATCH = 50, HIDDEN = 10, DIMS = 3, MOST = 500 };

/* Three hidden numbers per row, mixed by bent waves, and a little noise. */
T_UNUSED static void make_rows(float *x)
{
    for (int r = 0; r < ROWS; r++) {
        struct lt_stream s = lt_stream(11, LT_RNG_TEST, 0, (uint64_t)r);
        for (int j = 0; j < COLUMNS; j++) {
            double a = (double)lt_normal(&s, (uint32_t)(j % 3));
            double b = (double)lt_normal(&s, (uint32_t)((j + 1) % 3));
            double noise = (double)lt_normal(&s, 10 + (uint32_t)j);
            x[r * COLUMNS + j] = (float)(a + 0.5 * b * (j % 4) + 0.3 * a * b + 0.05 * noise);
        }
    }
}

/* One training, from settings to weights. */
struct job {
    const char *backend, *optimizer;
    int threads;
    bool corrupted; /* noise and dropout */
    int64_t keep; /* units of the code that batchtopk keeps for a row on average; 0: it is plain */
    bool ordered; /* the code is ordered */
    double contraction; /* weight of the penalty on the slopes of the code */
    double attraction;  /* weight of what draws codes to those of partners, rows a little further */
    enum lt_norm norm;
    enum lt_precision precision;
    struct lt_train_settings settings;
    struct lt_rowset train, stop;

    struct lt_table *table;
    struct lt_prep prep;
    struct lt_feed *feed;
    struct lt_source next; /* what reads partners */
    struct lt_backend *own;
    struct lt_net *net;
    struct lt_trainer *trainer;
    struct lt_train_outcome outcome;
    struct lt_error err;
    float weights[MOST];
};

T_UNUSED static struct job job_of(const char *optimizer)
{
    struct job j = {.backend = "ref", .optimizer = optimizer, .threads = 2};
    struct lt_rowset parts[LT_PARTS];
    lt_split(parts, ROWS, KEPT, 1);
    j.train = parts[LT_PART_TRAIN];
    j.stop = parts[LT_PART_STOP];
    j.settings =
        (struct lt_train_settings){.optimizer_settings = {.momentum = 0.9, .decay = -1},
                                   .schedule = {.kind = LT_SCHEDULE_TRAPEZOID, .warmup = 3},
                                   .batch = BATCH,
                                   .steps = 40,
                                   .validate_every = 7,
                                   .seed = 1,
                                   .fingerprint = "a, b"};
    return j;
}

T_UNUSED static int add(struct lt_net_spec *s, enum lt_node_kind kind, const char *name,
                        int64_t width, enum lt_act act)
{
    struct lt_node *n = &s->node[s->count];
    n->kind = kind;
    snprintf(n->name, sizeof n->name, "%s", name);
    n->inputs = s->count > 0;
    n->input[0] = s->count - 1;
    n->width = width;
    n->act = act;
    n->weight = 1;
    return s->count++;
}

T_UNUSED static void add_hidden(struct lt_net_spec *s, const struct job *j, const char *name,
                                const char *norm)
{
    add(s, LT_NODE_DENSE, name, HIDDEN, j->norm ? LT_ACT_LINEAR : LT_ACT_TANH);
    if (j->norm)
        s->node[add(s, LT_NODE_NORM, norm, 0, LT_ACT_TANH)].norm = j->norm;
}

T_UNUSED static struct lt_net_spec spec_of(const struct job *j)
{
    struct lt_net_spec s = {0};
    s.node[add(&s, LT_NODE_INPUT, "input", 0, 0)].shape = (struct lt_shape){COLUMNS, 1, 1};
    if (j->corrupted) {
        int noise = add(&s, LT_NODE_NOISE, "noise", 0, 0);
        s.node[noise].noise = LT_NOISE_GAUSSIAN;
        s.node[noise].amount = 0.1f;
    }
    add_hidden(&s, j, "encoder1", "norm1");
    if (j->corrupted)
        s.node[add(&s, LT_NODE_DROPOUT, "drop", 0, 0)].amount = 0.1f;
    add(&s, LT_NODE_DENSE, "encoder2", DIMS, LT_ACT_LINEAR);
    if (j->keep > 0) {
        int sparse = add(&s, LT_NODE_SPARSE, "sparse", j->keep, 0);
        s.node[sparse].sparsity = LT_SPARSITY_BATCHTOPK;
        s.node[sparse].threshold = NAN;
    }
    s.code = add(&s, LT_NODE_CODE, "code", 0, 0);
    if (j->ordered)
        add(&s, LT_NODE_PREFIX, "prefix", 0, 0);
    add_hidden(&s, j, "decoder1", "norm2");
    add(&s, LT_NODE_DENSE, "decoder2", COLUMNS, LT_ACT_LINEAR);
    add(&s, LT_NODE_HEAD, "output", 0, 0);
    return s;
}

T_UNUSED static void job_close(struct job *j)
{
    lt_trainer_free(&j->trainer);
    lt_net_free(&j->net);
    lt_backend_free(&j->own);
    lt_feed_free(&j->feed);
    lt_prep_free(&j->prep);
    lt_table_free(&j->table);
}

T_UNUSED static int open_data(struct job *j)
{
    static float x[ROWS * COLUMNS];
    int64_t rows[ROWS];
    make_rows(x);
    int rc = lt_table_from_rows(&j->table, "rows", x, ROWS, COLUMNS, &j->err);
    for (int64_t i = 0; i < j->train.count; i++)
        rows[i] = lt_rowset_row(&j->train, i);
    if (!rc)
        rc = lt_prep_fit(&j->prep, j->table, rows, j->train.count,
                         &(struct lt_prep_options){.scaling = LT_SCALING_STANDARD}, &j->err);
    if (!rc)
        rc = lt_feed_create(&j->feed, j->table, &j->prep, ROWS, 1, &j->err);
    return rc;
}

T_UNUSED static int read_next(void *context, uint32_t epoch, const int64_t *rows, int64_t n,
                              float *x, struct lt_error *err)
{
    int64_t next[ROWS];
    for (int64_t i = 0; i < n; i++)
        next[i] = (rows[i] + 1 + epoch % 7) % ROWS;
    return lt_feed_rows(context, next, n, x, err);
}

/* Leaves a trainer with initial weights. */
T_UNUSED static int job_open(struct job *j)
{
    struct lt_net_spec spec = spec_of(j);
    struct lt_net_options options = {
        .rows = j->settings.batch, .training = true, .precision = j->precision};
    j->settings.optimizer = lt_optimizer_by_name(j->optimizer);
    j->settings.optimizer_settings.precision = j->precision;
    int rc = open_data(j);
    if (!rc && (j->contraction > 0 || j->attraction > 0))
        rc = lt_net_spec_infer(&spec, &j->err);
    if (!rc && j->contraction > 0)
        rc = lt_net_spec_contract(&spec, j->contraction, 0.01, &j->err);
    if (!rc && j->attraction > 0)
        rc = lt_net_spec_attract(&spec, j->attraction, &j->err);
    if (!rc)
        rc = lt_backend_create(&j->own, j->backend, j->threads, &j->err);
    if (!rc)
        rc = lt_net_create(&j->net, &spec, j->own, &options, &j->err);
    if (rc)
        return rc;
    lt_params_init(lt_net_params(j->net), lt_net_spec_of(j->net), j->settings.seed, j->weights);
    lt_net_set_weights(j->net, j->weights);
    struct lt_source train = lt_feed_source(j->feed, j->train);
    struct lt_source stop = lt_feed_source(j->feed, j->stop);
    j->next = (struct lt_source){.read = read_next, .context = j->feed};
    if (j->attraction > 0)
        train.partners = stop.partners = &j->next;
    return lt_trainer_create(&j->trainer, j->net, j->own, &train, &stop, &j->settings, &j->err);
}

T_UNUSED static void must_open(struct job *j)
{
    if (job_open(j))
        T_FAIL("%s", j->err.text);
}

/* Runs to the end or to an interruption and leaves the weights in j->weights. */
T_UNUSED static int job_run(struct job *j)
{
    must_open(j);
    int rc = lt_trainer_run(j->trainer, &j->outcome, &j->err);
    lt_net_get_weights(j->net, j->weights);
    job_close(j);
    return rc;
}

T_UNUSED static void must_run(struct job *j)
{
    if (job_run(j))
        T_FAIL("%s: %s", j->optimizer, j->err.text);
}

T_UNUSED static bool same_weights(const struct job *a, const struct job *b)
{
    return memcmp(a->weights, b->weights, sizeof a->weights) == 0;
}

/* lbfgs refuses running statistics. */
T_UNUSED static bool can_normalise(const struct job *j, enum lt_norm norm)
{
    return norm != LT_NORM_BATCH || strcmp(j->optimizer, "lbfgs") != 0;
}

/* The next row of the optimizers' table. */
T_UNUSED static const char *optimizer_name(int i)
{
    const struct lt_optimizer_ops *ops = lt_optimizer_at(i);
    return ops ? ops->name : NULL;
}

T_UNUSED static bool have_cpu(void)
{
    struct lt_backend *b = NULL;
    bool have = lt_backend_create(&b, "cpu", 1, NULL) == 0;
    lt_backend_free(&b);
    return have;
}

#endif
