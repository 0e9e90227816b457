/* Classifiers: classes of labels, the network, how good predictions are, and greedy pretraining. */
#include "app/classifier.h"
#include "app/greedy.h"
#include "app/predict.h"
#include "base/mem.h"
#include "t_train.h"
#include <math.h>

/* ---- classes ---- */

static struct lt_table *labels_of(const char *csv)
{
    struct lt_error err = {0};
    struct lt_table *table = NULL, *labels = NULL;
    if (lt_table_from_bytes(&table, "y.csv", csv, strlen(csv), NULL, &err) ||
        lt_labels_of(&labels, table, 0, &err))
        T_FAIL("%s", err.text);
    lt_table_free(&table);
    return labels;
}

TEST(classes_stand_in_the_order_of_their_numbers_or_bytes)
{
    struct lt_error err = {0};
    struct lt_classes c;
    struct lt_table *labels = labels_of("y\n10\n9\n10\n-1\n");
    int32_t *of = NULL;
    T_INT(lt_classes_find(&c, &of, labels, &err), 0);
    T_INT(c.count, 3);
    T_STR(c.name[0], "-1");
    T_STR(c.name[1], "9");
    T_STR(c.name[2], "10");
    T_OK(of[0] == 2 && of[1] == 1 && of[2] == 2 && of[3] == 0);
    lt_free(of);
    T_INT(lt_classes_of(&of, &c, labels, &err), 0);
    T_OK(of[0] == 2 && of[1] == 1 && of[2] == 2 && of[3] == 0);
    lt_free(of);
    lt_table_free(&labels);
    labels = labels_of("y\n9\n7\n");
    T_INT(lt_classes_of(&of, &c, labels, &err), 0);
    T_OK(of[0] == 1 && of[1] == -1); /* never seen */
    lt_free(of);
    lt_classes_free(&c);
    lt_table_free(&labels);
    labels = labels_of("y\ncat\nant\ncat\n");
    T_INT(lt_classes_find(&c, &of, labels, &err), 0);
    T_STR(c.name[0], "ant");
    T_STR(c.name[1], "cat");
    lt_free(of);
    lt_classes_free(&c);
    lt_table_free(&labels);
}

TEST(more_classes_than_a_softmax_has_are_refused)
{
    enum { MANY = 600, TIMES = 12 };
    struct lt_error err = {0};
    struct lt_classes c;
    static char csv[TIMES * MANY * 5 + 8] = "y\n";
    size_t used = strlen(csv);
    for (int i = 0; i < TIMES * MANY; i++)
        used += (size_t)snprintf(csv + used, sizeof csv - used, "%d\n", 1000 + i % MANY);
    struct lt_table *labels = labels_of(csv);
    int32_t *of = NULL;
    T_INT(lt_classes_find(&c, &of, labels, &err), LT_ECONTENT);
    T_ERR(err, "y.csv: there are 600 classes, and 512 is the most; leave rare ones out or put them "
               "together");
    T_OK(!c.name && !of);
    lt_table_free(&labels);
}

TEST(classes_survive_json)
{
    struct lt_error err = {0};
    struct lt_classes c, back;
    struct lt_json *json = NULL;
    struct lt_table *labels = labels_of("y\nb\n\"a, \"\"b\"\"\"\n");
    int32_t *of = NULL;
    T_INT(lt_classes_find(&c, &of, labels, &err), 0);
    lt_free(of);
    T_INT(lt_json_object(&json, &err), 0);
    T_INT(lt_classes_to_json(json, "classes", &c, &err), 0);
    T_INT(lt_classes_from_json(&back, json, "classes", &err), 0);
    T_INT(back.count, 2);
    T_STR(back.name[0], "a, \"b\"");
    T_STR(back.name[1], "b");
    lt_classes_free(&back);
    lt_classes_free(&c);
    lt_json_free(&json);
    lt_table_free(&labels);
}

/* ---- quality ---- */

/* By hand: confidences .8 .6 .9 .5, right: yes no yes yes (the first of equals). */
TEST(quality_is_what_a_pencil_finds)
{
    static const float chances[] = {0.8f, 0.2f, 0.4f, 0.6f, 0.1f, 0.9f, 0.5f, 0.5f};
    static const int32_t of[] = {0, 0, 1, 0};
    struct lt_class_quality q;
    lt_class_quality(&q, chances, of, 4, 2);
    T_INT(q.rows, 4);
    T_INT(q.right, 3);
    T_INT(q.frequent, 3);
    T_NEAR(q.entropy, -(log(0.8) + log(0.4) + log(0.9) + log(0.5)) / 4, 1e-7);
    T_NEAR(q.calibration, (0.2 + 0.6 + 0.1 + 0.5) / 4, 1e-7); /* a bin each */
    T_NEAR(q.low, 0.30064, 1e-4);                             /* Wilson, 3 of 4 */
    T_NEAR(q.high, 0.95441, 1e-4);
}

TEST(a_label_of_no_class_counts_as_wrong)
{
    static const float chances[] = {0.7f, 0.3f};
    static const int32_t of[] = {-1};
    struct lt_class_quality q;
    lt_class_quality(&q, chances, of, 1, 2);
    T_INT(q.right, 0);
    T_INT(q.frequent, 0);
    T_NEAR(q.entropy, -log(1e-12), 1e-9);
}

/* ---- the network ---- */

static struct lt_autoencoder small(void)
{
    struct lt_autoencoder a = {.input = {COLUMNS, 1, 1},
                               .numbers = COLUMNS,
                               .dims = DIMS,
                               .hidden = 2,
                               .layer = {{.width = 9}, {.width = 5}},
                               .act = LT_ACT_SILU,
                               .noise = LT_NOISE_MASK,
                               .amount = 0.2};
    return a;
}

struct pair { /* a classifier beside the autoencoder that it is made of */
    struct lt_network from;
    struct lt_net_spec spec, training;
    struct lt_params layout;
};

static void make_pair(struct pair *p, const struct lt_classifier_plan *plan)
{
    struct lt_error err = {0};
    const struct lt_autoencoder a = small();
    memset(p, 0, sizeof *p);
    if (lt_autoencoder_build(&p->from.spec, &a, &err) ||
        lt_params_of(&p->from.layout, &p->from.spec, &err) ||
        lt_alloc(&p->from.params, p->from.layout.total, sizeof(float), "weights", &err) ||
        lt_classifier_build(&p->spec, &p->training, &p->from.spec, plan, &err) ||
        lt_params_of(&p->layout, &p->training, &err))
        T_FAIL("%s", err.text);
    lt_params_init(&p->from.layout, &p->from.spec, 77, p->from.params);
}

static const struct lt_param *param(const struct lt_params *layout, const char *name)
{
    for (int p = 0; p < layout->count; p++)
        if (strcmp(layout->param[p].name, name) == 0)
            return &layout->param[p];
    T_FAIL("no parameter %s", name);
    return NULL;
}

/* Pretrained and scratch: the encoder's weights differ, all else is the same. */
TEST(starts_differ_in_the_pretrained_weights_alone)
{
    const struct lt_classifier_plan plan = {
        .classes = 3, .agreement = 1, .length = 0.3, .reconstruction = 0.1, .labelled = 1};
    struct pair p;
    make_pair(&p, &plan);
    float *scratch = NULL, *pretrained = NULL;
    T_INT(lt_alloc(&scratch, p.layout.total, sizeof(float), "weights", NULL), 0);
    T_INT(lt_alloc(&pretrained, p.layout.total, sizeof(float), "weights", NULL), 0);
    lt_classifier_start(&p.layout, &p.training, NULL, 5, scratch);
    lt_classifier_start(&p.layout, &p.training, &p.from, 5, pretrained);
    for (int k = 0; k < p.layout.count; k++) {
        const struct lt_param *q = &p.layout.param[k];
        const size_t n = (size_t)(q->rows * q->cols) * sizeof(float);
        const bool own = strncmp(q->name, "class", 5) == 0;
        const float *want =
            own ? scratch + q->offset : p.from.params + param(&p.from.layout, q->name)->offset;
        T_OK(memcmp(pretrained + q->offset, want, n) == 0);
        T_OK(own || q->kind == LT_PARAM_BIAS ||
             memcmp(scratch + q->offset, pretrained + q->offset, n) != 0);
    }
    struct lt_params kept; /* what the model keeps comes first */
    T_INT(lt_params_of(&kept, &p.spec, NULL), 0);
    T_OK(kept.total < p.layout.total);
    for (int k = 0; k < kept.count; k++)
        T_OK(kept.param[k].offset == p.layout.param[k].offset &&
             strcmp(kept.param[k].name, p.layout.param[k].name) == 0);
    lt_free(scratch);
    lt_free(pretrained);
    lt_free(p.from.params);
}

/* ---- rows of two kinds ---- */

static struct lt_table *numbered(int64_t rows, float first)
{
    float x[64 * 2];
    struct lt_table *table = NULL;
    for (int64_t i = 0; i < rows; i++)
        x[2 * i] = x[2 * i + 1] = first + (float)i;
    T_INT(lt_table_from_rows(&table, "rows", x, rows, 2, NULL), 0);
    return table;
}

TEST(batches_mix_labelled_rows_and_others)
{
    struct lt_error err = {0};
    struct lt_table *some = numbered(4, 0), *many = numbered(20, 100);
    struct lt_prep prep = {0};
    static const int64_t chosen[] = {3, 1};
    static const int32_t class_of[] = {0, 1, 0, 2};
    int64_t ids[8];
    float x[8 * 5];
    T_INT(lt_prep_identity(&prep, some, &err), 0);
    struct lt_class_source s = {.labelled = {.rows = chosen, .count = 2, .class_of = class_of},
                                .unlabelled = {.count = 20},
                                .features = 2,
                                .classes = 3,
                                .share = 0.25};
    T_INT(lt_feed_create(&s.labelled.feed, some, &prep, 8, 1, &err), 0);
    T_INT(lt_feed_create(&s.unlabelled.feed, many, &prep, 8, 1, &err), 0);
    const struct lt_source source = lt_class_source(&s, 1);
    T_INT(source.rows.count, 20);
    for (int i = 0; i < 8; i++)
        ids[i] = i + 10;
    T_INT(source.read(source.context, 0, ids, 8, x, &err), 0);
    for (int i = 0; i < 8; i++) {
        const float *row = x + 5 * i;
        if (i < 2) {
            const int64_t want = chosen[ids[i] % 2];
            T_OK(row[0] == (float)want && row[1] == (float)want);
            for (int k = 0; k < 3; k++)
                T_OK(row[2 + k] == (k == class_of[want]));
        } else {
            T_OK(row[0] == 100 + (float)ids[i] && row[1] == row[0]);
            T_OK(isnan(row[2]) && isnan(row[3]) && isnan(row[4]));
        }
    }
    lt_feed_free(&s.labelled.feed);
    lt_feed_free(&s.unlabelled.feed);
    lt_prep_free(&prep);
    lt_table_free(&some);
    lt_table_free(&many);
}

/* ---- greedy pretraining ---- */

struct greedy {
    struct lt_autoencoder shape;
    struct lt_net_spec spec;
    struct lt_params layout;
    float weights[2000];
};

static void start_greedily(struct greedy *g, int threads)
{
    struct lt_error err = {0};
    struct job j = job_of("adam");
    float rows[ROWS * COLUMNS], mean[COLUMNS] = {0};
    struct lt_table *table = NULL;
    struct lt_prep prep = {0};
    struct lt_feed *feed = NULL;
    struct lt_backend *backend = NULL;
    make_rows(rows);
    j.settings.optimizer = lt_optimizer_by_name("adam");
    j.settings.optimizer_settings.batch = BATCH;
    if (lt_table_from_rows(&table, "rows", rows, ROWS, COLUMNS, &err) ||
        lt_prep_identity(&prep, table, &err) ||
        lt_feed_create(&feed, table, &prep, BATCH, threads, &err) ||
        lt_backend_create(&backend, NULL, threads, &err) ||
        lt_autoencoder_build(&g->spec, &g->shape, &err) || lt_params_of(&g->layout, &g->spec, &err))
        T_FAIL("%s", err.text);
    T_OK(g->layout.total <= sizeof g->weights / sizeof *g->weights);
    memset(g->weights, 0, sizeof g->weights);
    const struct lt_greedy how = {.shape = &g->shape,
                                  .train = &j.settings,
                                  .backend = backend,
                                  .precision = LT_PRECISION_F32,
                                  .rows = lt_feed_source(feed, j.train),
                                  .mean = mean,
                                  .mean_square = COLUMNS,
                                  .steps = 25};
    if (lt_greedy_start(&how, &g->layout, g->weights, &err))
        T_FAIL("%s", err.text);
    lt_backend_free(&backend);
    lt_feed_free(&feed);
    lt_prep_free(&prep);
    lt_table_free(&table);
}

TEST(greedy_layers_are_reproducible_to_the_bit)
{
    static struct greedy a, b;
    a.shape = b.shape = small();
    start_greedily(&a, 1);
    start_greedily(&b, 2);
    T_OK(memcmp(a.weights, b.weights, sizeof a.weights) == 0);
    for (int p = 0; p < a.layout.count; p++) { /* all layers were trained */
        const struct lt_param *q = &a.layout.param[p];
        bool any = false;
        for (int64_t i = 0; i < q->rows; i++)
            any =
                any || a.weights[q->offset + (size_t)i] < 0 || a.weights[q->offset + (size_t)i] > 0;
        T_OK(any);
    }
}

/* A layer does not know what will come after it. */
TEST(a_greedy_layer_is_the_same_whatever_follows)
{
    static struct greedy deep, flat;
    deep.shape = flat.shape = small();
    flat.shape.hidden = 1;
    flat.shape.dims = 5;
    start_greedily(&deep, 1);
    start_greedily(&flat, 1);
    const struct lt_param *a = param(&deep.layout, "encoder1.weight"),
                          *b = param(&flat.layout, "encoder1.weight");
    T_OK(memcmp(deep.weights + a->offset, flat.weights + b->offset,
                (size_t)(a->rows * a->cols) * sizeof(float)) == 0);
    a = param(&deep.layout, "decoder3.weight");
    b = param(&flat.layout, "decoder2.weight");
    T_OK(memcmp(deep.weights + a->offset, flat.weights + b->offset,
                (size_t)(a->rows * a->cols) * sizeof(float)) == 0);
}

TEST(greedy_refuses_what_has_no_layers_of_its_own)
{
    struct lt_error err = {0};
    struct lt_autoencoder a = small();
    T_INT(lt_greedy_check(&a, &err), 0);
    a.norm = LT_NORM_BATCH;
    T_INT(lt_greedy_check(&a, &err), LT_EUSAGE);
    T_ERR(err,
          "--greedy trains one layer after the other, and normalisation cannot be told apart from "
          "its neighbours so; leave one of them out");
}

T_MAIN
