#include "app/fit.h"
#include "app/arrival.h"
#include "app/augment.h"
#include "app/binarise.h"
#include "app/cut.h"
#include "app/fingerprint.h"
#include "app/greedy.h"
#include "app/imputer.h"
#include "app/judge.h"
#include "app/like.h"
#include "app/metrics.h"
#include "app/ordered.h"
#include "app/pairs.h"
#include "app/partners.h"
#include "app/pca.h"
#include "app/recipe.h"
#include "app/record.h"
#include "app/remember.h"
#include "app/teach.h"
#include "app/trim.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/parallel.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Everything a fit makes on its way; freed as a whole. */
struct fit {
    struct lt_table *table, *valid; /* valid: where kept rows come from; may be table */
    struct lt_trimmed trimmed;      /* where rows are refused: table is a view of the others */
    struct lt_cut cut;              /* images in crops */
    struct lt_augment augment;
    struct lt_binarise binarised, binarised_stop;
    struct lt_table *noisy; /* partners of the rows of table, as given; NULL: no pairs */
    struct lt_pairs pairs;
    struct lt_partners partners; /* neighbours of the rows, where their codes are drawn together */
    bool denoiser;               /* of images, rather than an autoencoder */
    int64_t crop;                /* side of the crops that train; 0: none */
    struct lt_table *valid_view; /* a valid of its own, its columns in the order of table's */
    const latent_train_options *options;
    latent_train_options
        own; /* options, where some were found: the noise of --like, what pretraining needs */
    char like[LT_LIKE_TEXT];
    const latent_listener *listener;
    double started;
    struct lt_backend *backend;
    struct lt_rowset parts[LT_PARTS];
    int64_t *train_rows, *judge_rows; /* indices into table and valid */
    struct lt_prep prep;
    struct lt_pca pca;
    char dims_why[400];
    int64_t dims;
    double pca_error; /* on the rows that stop training */
    struct lt_recipe recipe;
    char fingerprint[1200];
    struct lt_feed *train_feed, *stop_feed;
    struct lt_net *net;
    struct lt_trainer *trainer;
    struct lt_train_outcome outcome;
    struct lt_model *model;
};

/* ---- telling ---- */

static void tell(const struct fit *f, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(const struct fit *f, int level, const char *format, ...)
{
    char text[1000];
    if (!f->listener || !f->listener->message)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    f->listener->message(f->listener->context, level, text);
}

/* What the penalty is for; NULL where there is none. */
static const char *penalty_name(const struct lt_autoencoder *a)
{
    if (a->variational)
        return "divergence";
    const bool sparse = a->sparsity == LT_SPARSITY_L1 || a->sparsity == LT_SPARSITY_KL;
    if (a->attraction > 0)
        return "attraction";
    return a->contraction > 0 ? sparse ? "sparsity and contraction" : "contraction"
           : sparse           ? "sparsity"
                              : NULL;
}

static int tell_progress(void *context, const struct lt_train_progress *p)
{
    const struct fit *f = context;
    double per_epoch = ceil((double)f->parts[LT_PART_TRAIN].count / (double)f->recipe.train.batch);
    if (!f->listener || !f->listener->progress)
        return 0;
    latent_progress progress = {.stage = "training",
                                .epoch = (int64_t)p->epoch + 1,
                                .step = p->step,
                                .steps = p->steps,
                                .epochs = (double)p->steps / per_epoch,
                                .train_loss = p->train_loss,
                                .penalty = p->penalty,
                                .penalty_name = penalty_name(&f->recipe.shape),
                                .valid_error = p->valid_error,
                                .pca_error = f->pca_error,
                                .rows_per_second = p->rows_per_second,
                                .seconds = p->seconds,
                                .seconds_left = p->seconds_left,
                                .epoch_ended = p->validated};
    return f->listener->progress(f->listener->context, &progress);
}

/* ---- rows ---- */

/* Leaves rows out that do not belong, where the data are said to hold some. */
static int trim_rows(struct fit *f, struct lt_error *err)
{
    const latent_train_options *o = f->options;
    int scaling = o->scale ? lt_scaling_by_name(o->scale) : LT_SCALING_AUTO;
    struct lt_trim_options options = {.share = o->assume_dirty,
                                      .prep = {(enum lt_scaling)scaling, o->types},
                                      .backend = f->backend,
                                      .precision =
                                          lt_backend_precision(f->backend, LT_PRECISION_BF16),
                                      .seed = o->seed};
    if (o->assume_dirty == 0)
        return 0;
    if (lt_table_is_mixed(f->table))
        return lt_fail(
            err, LT_EUSAGE,
            "--assume-dirty needs images of one size, and those of %s differ; leave it out",
            lt_table_name(f->table));
    int rc = lt_trim(&f->trimmed, f->table, &options, err);
    if (!rc && o->refused_path)
        rc = lt_trimmed_write(&f->trimmed, o->refused_path, err);
    if (rc)
        return rc;
    tell(f, 0, "%lld of %lld rows are refused, because they do not belong with the others%s%s",
         (long long)f->trimmed.refused, (long long)lt_table_rows(f->table),
         o->refused_path ? "; listed in " : "", o->refused_path ? o->refused_path : "");
    if (f->valid == f->table)
        f->valid = f->trimmed.kept;
    f->table = f->trimmed.kept;
    return 0;
}

static int64_t kept_rows(const struct fit *f, int64_t rows)
{
    return f->options->valid >= 0 ? (int64_t)(f->options->valid * (double)rows)
                                  : lt_split_default_kept(rows);
}

static struct lt_pairs_plan pairs_plan(const struct fit *f, int64_t kept)
{
    return (struct lt_pairs_plan){.crop = f->crop,
                                  .kept = kept,
                                  .seed = f->options->seed,
                                  .prep = &f->prep,
                                  .batch = f->recipe.train.batch,
                                  .threads = f->backend ? f->backend->threads : 1};
}

/* Images into crops, where asked or where a denoiser meets large ones. */
static int crop_images(struct fit *f, struct lt_error *err)
{
    enum { DENOISER_SIDE = 64 };
    int64_t h = 0, w = 0;
    bool image = lt_table_image(f->table, &h, &w, NULL);
    f->crop = f->options->crop;
    if (f->crop == 0 && f->denoiser && image && h > DENOISER_SIDE && w > DENOISER_SIDE)
        f->crop = DENOISER_SIDE;
    const int64_t kept = kept_rows(f, lt_table_rows(f->table));
    const struct lt_pairs_plan plan = pairs_plan(f, kept);
    int rc = f->noisy ? lt_pairs_open(&f->pairs, f->noisy, &plan, err) : 0;
    if (rc || f->crop == 0)
        return rc;
    rc = lt_cut_images(&f->cut, f->table, f->valid != f->table ? f->valid : NULL, f->crop, kept,
                       f->options->seed, err);
    if (rc)
        return rc;
    f->table = f->cut.train;
    f->valid = f->cut.kept;
    tell(f, 0, "training on %lld crops of %lld x %lld pixels, flipped and turned at random",
         (long long)lt_table_rows(f->table), (long long)f->crop, (long long)f->crop);
    return 0;
}

/* Keeps rows from training, or takes all of `valid`; lists those that train and judge. */
static int split_rows(struct fit *f, struct lt_error *err)
{
    int64_t rows = lt_table_rows(f->table);
    uint64_t seed = f->options->seed;
    if (f->valid != f->table) {
        struct lt_rowset train[LT_PARTS];
        lt_split(train, rows, 0, seed);
        lt_split(f->parts, lt_table_rows(f->valid), lt_table_rows(f->valid), seed);
        f->parts[LT_PART_TRAIN] = train[LT_PART_TRAIN];
    } else {
        lt_split(f->parts, rows, kept_rows(f, rows), seed);
    }
    if (f->parts[LT_PART_TRAIN].count < 4)
        return lt_fail(err, LT_ECONTENT,
                       "%s has %lld rows, too few to train on; 20 is the least "
                       "that makes sense",
                       lt_table_name(f->table), (long long)rows);
    if (f->parts[LT_PART_JUDGE].count < 1)
        return lt_fail(err, LT_EUSAGE,
                       "no row is left to judge the model by; keep more with --valid 0.2, or give "
                       "a file with --valid FILE");
    int rc = lt_rowset_list(&f->train_rows, &f->parts[LT_PART_TRAIN], err);
    return rc ? rc : lt_rowset_list(&f->judge_rows, &f->parts[LT_PART_JUDGE], err);
}

/* ---- what is fitted before the network ---- */

/* "2 columns tell nothing and are left out: \"id\" (identifier), \"unit\" (constant)" */
static void tell_left_out(const struct fit *f)
{
    enum { NAMED = 6 };
    char text[800] = "", name[200];
    int64_t count = 0;
    size_t used = 0;
    for (int64_t j = 0; j < f->prep.schema.columns; j++) {
        const struct lt_column *c = &f->prep.column[j];
        if (c->width > 0 || ++count > NAMED)
            continue;
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s\"%.80s\" (%s)", used ? ", " : "",
            lt_table_column_name(f->table, j, name, sizeof name), lt_kind_name(c->kind));
    }
    if (count > 0)
        tell(f, 0, "%lld column%s left out: %s%s", (long long)count,
             count == 1 ? " tells nothing and is" : "s tell nothing and are", text,
             count > NAMED ? ", ..." : "");
}

/* One value so far away that the column is scaled by it: the others then hardly count. */
static void tell_alone(const struct fit *f)
{
    char name[200];
    int64_t count = 0, first = 0;
    for (int64_t j = f->prep.schema.columns - 1; j >= 0; j--)
        if (f->prep.column[j].alone > 0) {
            count++;
            first = j;
        }
    if (count == 0 || lt_schema_is_array(&f->prep.schema))
        return;
    tell(f, 0,
         "%lld column%s a value so far away that the others hardly count, the first is \"%.80s\" "
         "(%.0f standard deviations); correct it if it is a mistake, or try --scale quantile",
         (long long)count, count == 1 ? " has" : "s have",
         lt_table_column_name(f->table, first, name, sizeof name), f->prep.column[first].alone);
}

static int fit_prep(struct fit *f, struct lt_error *err)
{
    int scaling = f->options->scale ? lt_scaling_by_name(f->options->scale) : LT_SCALING_AUTO;
    enum lt_type type = lt_table_group(f->table, 0)->type;
    /* a denoiser treats all pixels alike, wherever they are */
    if (f->denoiser && scaling == LT_SCALING_AUTO && (type == LT_F32 || type == LT_F64))
        scaling = LT_SCALING_NONE;
    struct lt_prep_options options = {(enum lt_scaling)scaling, f->options->types};
    int64_t extra = 0, moved = 0;
    int rc = lt_prep_fit(&f->prep, f->table, f->train_rows, f->parts[LT_PART_TRAIN].count, &options,
                         err);
    if (!rc) {
        tell_left_out(f);
        tell_alone(f);
    }
    if (!rc && f->valid != f->table) {
        rc = lt_schema_arrange(&f->prep.schema, f->valid, &f->valid_view, &extra, &moved, err);
        f->valid = f->valid_view;
    }
    return rc;
}

static int fit_pca(struct fit *f, struct lt_error *err)
{
    struct lt_rows rows = {0};
    int64_t inputs = f->prep.features;
    const int64_t dims = f->denoiser            ? 1
                         : f->options->dims > 0 ? f->options->dims
                                                : lt_choose_dims_most(inputs);
    const bool more = f->options->neighbours > 0 && dims < LT_PARTNERS_DIRECTIONS;
    struct lt_pca_options options = {.dims = more ? LT_PARTNERS_DIRECTIONS : dims,
                                     .seed = f->options->seed,
                                     .backend = f->backend};
    int rc = lt_rows_open(&rows, f->table, &f->prep, f->train_rows, f->parts[LT_PART_TRAIN].count,
                          lt_rows_batch(inputs), err);
    if (!rc)
        rc = lt_pca_fit(&f->pca, &rows, &options, err);
    lt_rows_close(&rows);
    f->dims = f->options->dims;
    if (!rc && f->dims == 0 && !f->denoiser) {
        f->dims = lt_choose_dims(&f->pca, f->dims_why, sizeof f->dims_why);
        tell(f, 0, "%s", f->dims_why);
    }
    return rc;
}

/* ---- the model, without and with its weights ---- */

static int start_model(struct fit *f, struct lt_error *err)
{
    int rc = lt_model_create(&f->model, err);
    if (rc)
        return rc;
    rc = lt_pca_baseline(&f->model->baseline, &f->pca, f->dims > 0 ? f->dims : 1, err);
    f->model->prep = f->prep; /* moved: feeds and recipe point to f->prep's arrays, which stay */
    return rc;
}

/* PCA's error on the rows that stop training: the line to beat while training. */
static int measure_pca(struct fit *f, struct lt_error *err)
{
    struct lt_rows rows = {0};
    int64_t *stop = NULL;
    const struct lt_rowset *set = &f->parts[LT_PART_STOP];
    double mean_error;
    f->pca_error = NAN;
    if (set->count == 0 || f->dims == 0)
        return 0;
    int rc = lt_rowset_list(&stop, set, err);
    if (!rc)
        rc = lt_rows_open(&rows, f->valid, &f->prep, stop, set->count,
                          lt_rows_batch(f->prep.features), err);
    if (!rc)
        rc = lt_baseline_errors(&f->model->baseline, f->dims, &rows, f->backend, &mean_error,
                                &f->pca_error, err);
    lt_rows_close(&rows);
    lt_free(stop);
    return rc;
}

/* ---- training ---- */

static int take_fingerprint(struct fit *f, struct lt_error *err)
{
    const struct lt_training training = {.recipe = &f->recipe,
                                         .prep = &f->prep,
                                         .backend = f->backend,
                                         .parts = f->parts,
                                         .rows = f->train_rows,
                                         .feed = f->train_feed,
                                         .partners = f->noisy ? f->pairs.train_feed : NULL};
    return lt_fingerprint(f->fingerprint, sizeof f->fingerprint, &training, err);
}

/* Which detector is trained along: on tables the default one, on images none unless asked. */
static enum lt_detector_kind detector_kind(const struct fit *f)
{
    if (f->options->detector)
        return (enum lt_detector_kind)lt_detector_by_name(f->options->detector);
    int64_t h, w, c;
    bool image = lt_schema_image(&f->prep.schema, &h, &w, &c);
    return image || f->options->pretrain ? LT_DETECTOR_NONE : LT_DETECTOR_DEFAULT;
}

/* Whether cells may be missing, so that the model should learn to fill them.  A model without a
 * detector is the bare autoencoder. */
static bool wants_imputer(const struct fit *f)
{
    int64_t h, w, c;
    return f->prep.observes && detector_kind(f) != LT_DETECTOR_NONE &&
           !lt_schema_image(&f->prep.schema, &h, &w, &c);
}

/* The imputer's operations beside the autoencoder's. */
static const double IMPUTER_SHARE = 0.4;

/* Of the time that a budget leaves, what the next stage gets beside others that will need `others`
 * times as much.  Judging and writing keep a little. */
static double time_for(const struct fit *f, double others)
{
    double reserve = 0.3 + 0.02 * f->options->budget;
    double left = f->options->budget - (lt_clock() - f->started) - reserve;
    return fmax(0.05, left / (1 + others));
}

/* The time of the imputer beside the autoencoder's or the detector's, which get the same. */
static double imputer_time(const struct fit *f)
{
    return wants_imputer(f) ? 1.5 * IMPUTER_SHARE : 0;
}

static double autoencoder_budget(const struct fit *f)
{
    double detector = detector_kind(f) == LT_DETECTOR_DEFAULT ? 1 : 0;
    return f->options->budget > 0 ? time_for(f, detector + imputer_time(f)) : 0;
}

static int find_partners(struct fit *f, struct lt_error *err)
{
    const double started = lt_clock();
    const struct lt_partners_plan plan = {.table = f->table,
                                          .kept = f->valid,
                                          .prep = &f->prep,
                                          .train_rows = f->train_rows,
                                          .train_count = f->parts[LT_PART_TRAIN].count,
                                          .stop_rows = &f->parts[LT_PART_STOP],
                                          .pca = &f->pca,
                                          .backend = f->backend,
                                          .batch = f->recipe.train.batch,
                                          .seed = f->options->seed};
    int rc = lt_partners_create(&f->partners, &plan, err);
    if (!rc && plan.train_count > LT_PARTNERS_ROWS)
        tell(f, 0, "neighbours are looked for among %d of the %lld training rows", LT_PARTNERS_ROWS,
             (long long)plan.train_count);
    if (!rc)
        tell(f, 2, "found the %d nearest of each row in %.1f s", LT_PARTNERS_NEAREST,
             lt_clock() - started);
    return rc;
}

static int prepare_training(struct fit *f, struct lt_error *err)
{
    struct lt_facts facts = {f->parts[LT_PART_TRAIN].count, &f->prep, lt_table_name(f->table),
                             lt_pca_residual(&f->pca, f->dims)};
    int rc = lt_recipe_draw(&f->recipe, f->options, f->dims, &facts, err);
    if (rc)
        return rc;
    enum lt_precision precision = lt_backend_precision(f->backend, f->recipe.precision);
    bool asked = f->options->precision && strcmp(f->options->precision, "bf16") == 0;
    if (precision != f->recipe.precision && asked)
        tell(f, 1, "%s", f->backend->note);
    f->recipe.precision = f->recipe.train.optimizer_settings.precision = precision;
    struct lt_net_options options = {
        .rows = f->recipe.train.batch, .training = true, .precision = precision};
    rc = lt_net_create(&f->net, &f->recipe.training, f->backend, &options, err);
    if (!rc)
        rc = lt_feed_create(&f->train_feed, f->table, &f->prep, f->recipe.train.batch,
                            f->backend->threads, err);
    if (!rc)
        rc = lt_feed_create(&f->stop_feed, f->valid, &f->prep, f->recipe.train.batch,
                            f->backend->threads, err);
    if (!rc && f->crop > 0)
        rc = lt_augment_create(&f->augment, f->train_feed, f->crop, f->recipe.shape.input.c,
                               f->options->seed, err);
    if (!rc && f->noisy) {
        const struct lt_pairs_plan plan = pairs_plan(f, 0);
        rc = lt_pairs_feed(&f->pairs, &plan, err);
    }
    if (!rc && f->recipe.shape.attraction > 0)
        rc = find_partners(f, err);
    if (!rc)
        rc = take_fingerprint(f, err);
    return rc;
}

/* The layers one by one, for as many steps as all of them together will take, or half of the time. */
static int start_greedy(const struct fit *f, struct lt_source rows, double mean_square,
                        float *weights, struct lt_error *err)
{
    const struct lt_train_settings *t = &f->recipe.train;
    const int layers = lt_greedy_layers(&f->recipe.shape);
    struct lt_greedy greedy = {.shape = &f->recipe.shape,
                               .train = t,
                               .backend = f->backend,
                               .precision = f->recipe.precision,
                               .rows = rows,
                               .mean = f->pca.mean,
                               .mean_square = mean_square,
                               .steps = (t->steps + layers - 1) / layers,
                               .seconds = autoencoder_budget(f) / 2 / layers};
    tell(f, 0, "pretraining %d layers one by one", layers);
    return lt_greedy_start(&greedy, lt_net_params(f->net), weights, err);
}

static int init_weights(struct fit *f, struct lt_source rows, struct lt_error *err)
{
    const struct lt_params *params = lt_net_params(f->net);
    float *weights = NULL;
    int rc = lt_alloc(&weights, params->total, sizeof *weights, "weights", err);
    if (rc)
        return rc;
    double square = f->pca.total; /* of a row: its variance and its mean's square */
    for (int64_t j = 0; j < f->pca.inputs; j++)
        square += (double)f->pca.mean[j] * (double)f->pca.mean[j];
    lt_params_init(params, &f->recipe.spec, f->options->seed, weights);
    lt_params_fit_data(params, &f->recipe.spec, f->pca.mean, square, weights);
    lt_start_levels(params, &f->recipe.spec, &f->prep, weights);
    if (f->denoiser && f->recipe.shape.unit == LT_ACT_LINEAR)
        lt_start_denoiser(params, &f->recipe.spec, weights);
    if (f->options->greedy)
        rc = start_greedy(f, rows, square, weights, err);
    lt_net_set_weights(f->net, weights);
    lt_free(weights);
    return rc;
}

static struct lt_source binarised(const struct fit *f, struct lt_binarise *b,
                                  struct lt_source source)
{
    *b = (struct lt_binarise){source, f->prep.features, f->options->seed, f->backend->threads};
    return lt_binarise_source(b);
}

static int train(struct fit *f, struct lt_error *err)
{
    struct lt_train_settings *t = &f->recipe.train;
    struct lt_source rows = lt_feed_source(f->train_feed, f->parts[LT_PART_TRAIN]);
    struct lt_source stop = lt_feed_source(f->stop_feed, f->parts[LT_PART_STOP]);
    if (f->crop > 0)
        rows = lt_augment_source(&f->augment, f->parts[LT_PART_TRAIN]);
    if (f->recipe.binarised) {
        rows = binarised(f, &f->binarised, rows);
        stop = binarised(f, &f->binarised_stop, stop);
    }
    if (f->noisy) {
        rows.partners = &f->pairs.train_source;
        stop.partners = &f->pairs.stop_source;
    }
    if (f->recipe.shape.attraction > 0) {
        rows.partners = &f->partners.train_source;
        stop.partners = &f->partners.stop_source;
    }
    char network[600];
    t->fingerprint = f->fingerprint;
    t->checkpoint = f->options->checkpoint_path;
    t->checkpoint_seconds = f->options->checkpoint_seconds;
    t->resume = f->options->resume != 0;
    t->progress = tell_progress;
    t->progress_context = f;
    const bool normalised = f->recipe.shape.norm != LT_NORM_NONE;
    lt_autoencoder_text(&f->recipe.spec, network, sizeof network);
    tell(f, 2, "network %s, %s%s%s, loss %s, %s in %s, %lld rows a step, on %d thread%s", network,
         lt_act_name(f->recipe.shape.act), normalised ? ", norm " : "",
         normalised ? lt_norm_name(f->recipe.shape.norm) : "", lt_loss_name(f->recipe.shape.loss),
         t->optimizer->name, f->recipe.precision == LT_PRECISION_BF16 ? "bf16" : "f32",
         (long long)t->batch, f->backend->threads, f->backend->threads == 1 ? "" : "s");
    int rc = init_weights(f, rows, err);
    t->budget = autoencoder_budget(f);
    if (!rc)
        rc = lt_trainer_create(&f->trainer, f->net, f->backend, &rows, &stop, t, err);
    if (!rc)
        rc = lt_trainer_run(f->trainer, &f->outcome, err);
    return rc;
}

/* ---- the end ---- */

/* Batches decided what the code keeps; from now on every row is alone. */
static int find_thresholds(struct fit *f, struct lt_error *err)
{
    int rc = 0;
    for (int i = 0; i < f->recipe.spec.count && !rc; i++) {
        struct lt_node *n = &f->recipe.spec.node[i];
        if (n->kind == LT_NODE_SPARSE && n->sparsity == LT_SPARSITY_BATCHTOPK)
            rc = lt_trainer_threshold(f->trainer, i, &n->threshold, err);
    }
    return rc;
}

static int finish_model(struct fit *f, struct lt_error *err)
{
    float *weights = NULL;
    int rc = lt_alloc(&weights, lt_net_params(f->net)->total, sizeof *weights, "weights", err);
    if (rc)
        return rc;
    lt_net_get_weights(f->net, weights);
    rc = find_thresholds(f, err);
    if (!rc)
        rc = lt_model_add_network(f->model, "autoencoder", &f->recipe.spec, weights, err);
    lt_free(weights);
    return rc;
}

/* Of an ordered code: which decoder serves which width. */
static int settle_decoders(struct fit *f, struct lt_error *err)
{
    enum { SAMPLE = 2048 };
    const int64_t rows = f->parts[LT_PART_TRAIN].count;
    const struct lt_case some = {.model = f->model,
                                 .backend = f->backend,
                                 .table = f->table,
                                 .rows = f->train_rows,
                                 .count = rows < SAMPLE ? rows : SAMPLE};
    struct lt_net_spec spec = f->model->network[0].spec;
    int rc = lt_ordered_settle(&spec, &some, err);
    if (!rc)
        f->model->network[0].spec = spec;
    return rc;
}

/* Of the networks beside the autoencoder. */
static int tell_stage(const struct fit *f, const char *stage, const struct lt_train_progress *p)
{
    if (!f->listener || !f->listener->progress)
        return 0;
    latent_progress progress = {.stage = stage,
                                .step = p->step,
                                .steps = p->steps,
                                .train_loss = NAN,
                                .valid_error = NAN,
                                .pca_error = NAN,
                                .rows_per_second = p->rows_per_second,
                                .seconds = p->seconds,
                                .seconds_left = p->seconds_left};
    return f->listener->progress(f->listener->context, &progress);
}

static int tell_detector(void *context, const struct lt_train_progress *p)
{
    return tell_stage(context, "learning to detect", p);
}

static int tell_imputer(void *context, const struct lt_train_progress *p)
{
    return tell_stage(context, "learning to fill cells", p);
}

static int teach(struct fit *f, struct lt_error *err)
{
    struct lt_lesson lesson = {.kind = detector_kind(f),
                               .table = f->table,
                               .kept = f->valid,
                               .parts = f->parts,
                               .train_rows = f->train_rows,
                               .backend = f->backend,
                               .precision = f->recipe.precision,
                               .seed = f->options->seed,
                               .autoencoder_steps = f->outcome.steps,
                               .reference = !f->options->no_reference,
                               .progress = tell_detector,
                               .progress_context = f};
    if (f->options->budget > 0)
        lesson.deadline = lt_clock() + time_for(f, imputer_time(f));
    if (lesson.kind != LT_DETECTOR_NONE)
        tell(f, 2, "teaching the %s detector", lt_detector_name(lesson.kind));
    return lt_teach(f->model, &lesson, err);
}

static int fit_imputer(struct fit *f, struct lt_error *err)
{
    const struct lt_train_settings *t = &f->recipe.train;
    if (!wants_imputer(f))
        return 0;
    /* rows the autoencoder saw; where it stopped early, at least half of what it might have seen */
    double rows = (double)f->parts[LT_PART_TRAIN].count * f->outcome.epochs;
    rows = fmax(rows, 0.5 * (double)t->steps * (double)t->batch);
    struct lt_imputer_data data = {.table = f->table,
                                   .kept_table = f->valid,
                                   .parts = f->parts,
                                   .batch = t->batch,
                                   .flops =
                                       IMPUTER_SHARE * rows * lt_net_flops_train(&f->recipe.spec),
                                   .seed = f->options->seed,
                                   .backend = f->backend,
                                   .precision = f->recipe.precision,
                                   .progress = tell_imputer,
                                   .progress_context = f};
    return lt_imputer_fit(f->model, &data, err);
}

static int remember(struct fit *f, struct lt_error *err)
{
    struct lt_lesson lesson = {.table = f->table,
                               .kept = f->valid,
                               .parts = f->parts,
                               .backend = f->backend,
                               .seed = f->options->seed};
    return lt_remember(f->model, &lesson, err);
}

static int seal(struct fit *f, struct lt_error *err)
{
    (void)err;
    lt_model_seal(f->model);
    return 0;
}

static enum lt_settled settled(const struct fit *f)
{
    double errors[64];
    int count = f->outcome.history_count, n = 0;
    if (f->parts[LT_PART_STOP].count == 0)
        return LT_SETTLED_UNKNOWN;
    for (int i = 0; i < count; i++) /* at most 64 of them, the last included */
        if ((count - 1 - i) % ((count + 63) / 64) == 0)
            errors[n++] = f->outcome.history[i].valid_error;
    return lt_converged(errors, n) ? LT_SETTLED_YES : LT_SETTLED_NO;
}

static int judge(struct fit *f, struct lt_report *report, struct lt_error *err)
{
    struct lt_case judged = {.model = f->model,
                             .backend = f->backend,
                             .table = f->valid,
                             .rows = f->judge_rows,
                             .count = f->parts[LT_PART_JUDGE].count,
                             .noisy = f->pairs.kept,
                             .rows_are = "rows kept from training",
                             .train = f->table,
                             .train_rows = f->train_rows,
                             .train_count = f->parts[LT_PART_TRAIN].count,
                             .settled = settled(f),
                             .seed = f->options->seed};
    int rc = lt_judge(&judged, report, err);
    if (rc)
        return rc;
    if (f->options->pretrain)
        lt_report_next(report,
                       "make a classifier of it: latent finetune MODEL DATA --labels L -o CLF");
    if (f->options->dims == 0 && f->dims > 0)
        lt_report_line(report, "%s", f->dims_why);
    if (f->trimmed.refused > 0) {
        lt_report_line(report, "%lld rows were refused before training",
                       (long long)f->trimmed.refused);
        lt_report_integer(report, "refused.rows", f->trimmed.refused);
    }
    lt_record_report(report, f->model);
    lt_record_history(report, f->model);
    lt_report_number(report, "seconds", lt_clock() - f->started);
    return lt_report_seal(report, err);
}

static int write_record(struct fit *f, struct lt_error *err)
{
    const char *asked = f->options->scale;
    const char *chosen = asked && strcmp(asked, "auto") != 0 ? asked : NULL;
    struct lt_record record = {.table = f->table,
                               .parts = f->parts,
                               .recipe = &f->recipe,
                               .outcome = &f->outcome,
                               .backend = f->backend,
                               .scaling = chosen ? chosen : lt_prep_scaling_name(&f->prep),
                               .dims_why = f->dims_why,
                               .seconds = lt_clock() - f->started};
    int rc = lt_record_write(f->model, &record, err);
    return rc ? rc : lt_arrival_note(f->model, f->table, err);
}

static void free_fit(struct fit *f)
{
    if (f->model)
        f->model->prep = (struct lt_prep){0}; /* still f->prep's */
    lt_model_free(&f->model);
    lt_trainer_free(&f->trainer);
    lt_net_free(&f->net);
    lt_feed_free(&f->train_feed);
    lt_feed_free(&f->stop_feed);
    lt_table_free(&f->valid_view);
    lt_augment_free(&f->augment);
    lt_pairs_free(&f->pairs);
    lt_partners_free(&f->partners);
    lt_cut_free(&f->cut);
    lt_pca_free(&f->pca);
    lt_prep_free(&f->prep);
    lt_free(f->train_rows);
    lt_free(f->judge_rows);
    lt_trimmed_free(&f->trimmed);
    lt_backend_free(&f->backend);
}

static int find_noise(struct fit *f, struct lt_error *err)
{
    const latent_train_options *o = f->options;
    if (!o->like)
        return 0;
    if (o->noise)
        return lt_fail(err, LT_EUSAGE, "--noise and --like both say which noise; give one of them");
    int rc = lt_like(o->like, o->threads > 0 ? o->threads : lt_cpu_count(), f->like, err);
    if (rc)
        return rc;
    tell(f, 0, "the noise of %s is like --noise %s", o->like, f->like);
    f->own = *o;
    f->own.noise = f->like;
    f->options = &f->own;
    return 0;
}

/* What cannot be had with pairs, and whether they are pairs. */
static int check_pairs(const struct fit *f, struct lt_error *err)
{
    const latent_train_options *o = f->options;
    if (!f->noisy)
        return 0;
    if (o->noise)
        return lt_fail(err, LT_EUSAGE,
                       "--pairs brings its own noise; leave out --noise and --like");
    if (f->valid != f->table)
        return lt_fail(
            err, LT_EUSAGE,
            "--valid %s has no noisy partners; with --pairs say a share, such as --valid "
            "0.1",
            lt_table_name(f->valid));
    if (o->assume_dirty > 0)
        return lt_fail(err, LT_EUSAGE,
                       "--assume-dirty would part pairs; leave it out with --pairs");
    return lt_pairs_check(f->table, f->noisy, err);
}

/* What cannot be had with images that were resampled as they were read. */
static int check_resized(const struct fit *f, struct lt_error *err)
{
    int64_t h, w, c;
    if (!lt_table_is_resampled(f->table) || !lt_table_image(f->table, &h, &w, &c))
        return 0;
    if (lt_table_columns(f->table) > LT_FEATURES_MAX)
        return lt_fail(err, LT_EUSAGE,
                       "--resize: %lld x %lld pixels of %lld channels are more values than the %d "
                       "that a row may have; give a smaller size",
                       (long long)h, (long long)w, (long long)c, LT_FEATURES_MAX);
    if (f->options->crop > 0)
        return lt_fail(err, LT_EUSAGE,
                       "--resize and --crop both say what size the images get; give one of them");
    if (f->denoiser)
        return lt_fail(err, LT_EUSAGE,
                       "--resize would change the noise along with the images; train a denoiser "
                       "with --crop N, which takes images of any size");
    tell(f, 0, "training on images resampled to %lld x %lld pixels (height x width)", (long long)h,
         (long long)w);
    return 0;
}

static void prefer(struct fit *f)
{
    if (!f->options->pretrain)
        return;
    f->own = *f->options;
    lt_recipe_pretrain(&f->own, lt_table_rows(f->table));
    f->options = &f->own;
}

static int run(struct fit *f, struct lt_report *report, struct lt_error *err)
{
    prefer(f);
    int rc = find_noise(f, err);
    const latent_train_options *o = f->options;
    if (!rc)
        rc = lt_recipe_check(o, err);
    if (!rc)
        rc = check_pairs(f, err);
    f->denoiser = !rc && lt_recipe_denoises(o);
    if (!rc)
        rc = check_resized(f, err);
    if (!rc)
        rc = lt_backend_create(&f->backend, o->backend,
                               o->threads > 0 ? o->threads : lt_cpu_count(), err);
    int (*const stages[])(struct fit *, struct lt_error *) = {
        trim_rows,   crop_images,      split_rows, fit_prep,     fit_pca,         start_model,
        measure_pca, prepare_training, train,      finish_model, settle_decoders, teach,
        fit_imputer, remember,         seal,       write_record};
    for (size_t i = 0; i < sizeof stages / sizeof *stages && !rc; i++)
        rc = stages[i](f, err);
    if (!rc && report)
        rc = judge(f, report, err);
    return rc;
}

int lt_fit(struct lt_model **out, struct lt_table *table, struct lt_table *valid,
           struct lt_table *noisy, const latent_train_options *options,
           const latent_listener *listener, struct lt_report **report, struct lt_error *err)
{
    struct fit f = {.table = table,
                    .valid = valid ? valid : table,
                    .noisy = noisy,
                    .options = options,
                    .listener = listener,
                    .started = options->started > 0 ? options->started : lt_clock()};
    struct lt_report *told = NULL;
    *out = NULL;
    if (report)
        *report = NULL;
    int rc = report ? lt_report_create(&told, err) : 0;
    if (!rc)
        rc = run(&f, told, err);
    if (!rc) {
        *out = f.model; /* with it goes the prep */
        f.model = NULL;
        f.prep = (struct lt_prep){0};
        if (report)
            *report = told;
    } else {
        lt_report_free(&told);
    }
    free_fit(&f);
    return rc;
}
