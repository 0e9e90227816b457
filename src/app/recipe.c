#include "app/recipe.h"
#include "app/greedy.h"
#include "app/partners.h"
#include "data/table.h"
#include "model/detector.h"
#include <math.h>
#include <string.h>

/* The constants of the defaults; docs/defaults.md holds the measurements. */
static const double TRAIN_FLOPS = 12e12; /* of the products of a default training */
static const double EPOCHS_MOST = 300, EPOCHS_LEAST = 5;
enum {
    STEPS_MOST = 60000,
    BATCH_MOST = 512,
    BATCH_LEAST = 32,
    STEPS_PER_EPOCH = 16,
    MAP_BATCH_MOST = 1024, /* --neighbours compares each row with all others of its batch */
    MAP_STEPS_PER_EPOCH = 4,
    DENOISER_BATCH = 8,
    PRETRAIN_ROWS = 100, /* fewer have no neighbourhoods to speak of */
};
static const double CONTRACTION_STEP = 0.01; /* in scaled units, from a row to its neighbour */
static const double ATTRACTION =
    10; /* weight of --neighbours 1, in squared errors that PCA leaves */
static const double DENOISER_LR = 5e-4, DENOISER_CLIP = 5; /* of adam, from few crops a step */

/* ---- words ---- */

static int pick(const char *option, const char *word, int (*by_name)(const char *), int *out,
                struct lt_error *err)
{
    *out = by_name(word);
    if (*out < 0)
        return lt_fail(err, LT_EUSAGE, "--%s: \"%.40s\" is not known", option, word);
    return 0;
}

static int check_range(const char *option, double value, double low, double high,
                       struct lt_error *err)
{
    if (!(value >= low && value <= high))
        return lt_fail(err, LT_EUSAGE, "--%s: %g is not between %g and %g", option, value, low,
                       high);
    return 0;
}

static int check_numbers(const latent_train_options *o, struct lt_error *err)
{
    const struct {
        const char *option;
        double value, low, high;
    } ranges[] = {
        {"dims", (double)o->dims, 0, LT_WIDTH_MAX},
        {"dropout", o->dropout, 0, 0.95},
        {"contractive", o->contractive, 0, 1e6},
        {"neighbours", o->neighbours, 0, 1e6},
        {"l1", o->l1, 0, 1e6},
        {"l2", o->l2, 0, 1e6},
        {"lr", o->lr, 0, 1e3},
        {"momentum", o->momentum, 0, 0.9999},
        {"weight-decay", o->weight_decay, -1, 100},
        {"warmup", o->warmup, -1, 1e6},
        {"clip", o->clip, 0, 1e12},
        {"batch", (double)o->batch, 0, 1 << 20},
        {"epochs", o->epochs, 0, 1e9},
        {"steps", (double)o->steps, 0, 1e15},
        {"budget", o->budget, 0, 1e8},
        {"patience", (double)o->patience, -1, 1e9},
        {"valid", o->valid, -1, 0.9},
        {"assume-dirty", o->assume_dirty, 0, 0.4},
        {"beta", o->beta, 0, 1e6},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        int rc = check_range(ranges[i].option, ranges[i].value, ranges[i].low, ranges[i].high, err);
        if (rc)
            return rc;
    }
    if ((o->epochs > 0) + (o->steps > 0) + (o->budget > 0) > 1)
        return lt_fail(err, LT_EUSAGE,
                       "--epochs, --steps and --budget say the same thing; give one of them");
    return 0;
}

static int optimizer_by_name(const char *name)
{
    const struct lt_optimizer_ops *ops;
    for (int i = 0; (ops = lt_optimizer_at(i)); i++)
        if (strcmp(ops->name, name) == 0)
            return i;
    return -1;
}

/* ce is what categories get, whatever numbers have. */
static int numeric_loss_by_name(const char *name)
{
    int loss = lt_loss_by_name(name);
    return loss == LT_LOSS_CE ? -1 : loss;
}

/* What the words name, before any default. */
struct words {
    int act, loss, optimizer, schedule, arch, upsample, norm; /* -1: not given */
};

static const struct words no_words = {-1, -1, -1, -1, -1, -1, -1};

enum { ARCH_DENSE, ARCH_CONV };
static int arch_by_name(const char *name)
{
    return strcmp(name, "dense") == 0 ? ARCH_DENSE : strcmp(name, "conv") == 0 ? ARCH_CONV : -1;
}

static int read_words(struct words *w, struct lt_autoencoder *a, const latent_train_options *o,
                      struct lt_error *err)
{
    *w = no_words;
    int rc = o->arch ? pick("arch", o->arch, arch_by_name, &w->arch, err) : 0;
    if (!rc && o->act)
        rc = pick("act", o->act, lt_act_by_name, &w->act, err);
    if (!rc && o->loss && strcmp(o->loss, "auto") != 0)
        rc = pick("loss", o->loss, numeric_loss_by_name, &w->loss, err);
    if (!rc && o->optimizer)
        rc = pick("optimizer", o->optimizer, optimizer_by_name, &w->optimizer, err);
    if (!rc && o->schedule)
        rc = pick("schedule", o->schedule, lt_schedule_by_name, &w->schedule, err);
    if (!rc && o->upsample)
        rc = pick("upsample", o->upsample, lt_upsample_by_name, &w->upsample, err);
    if (!rc && o->norm)
        rc = pick("norm", o->norm, lt_norm_by_name, &w->norm, err);
    a->upsample = w->upsample >= 0 ? (enum lt_upsample)w->upsample : LT_UPSAMPLE_NEAREST;
    a->norm = w->norm >= 0 ? (enum lt_norm)w->norm : LT_NORM_NONE;
    if (!rc && o->layers && strcmp(o->layers, "auto") != 0)
        rc = lt_parse_layers(o->layers, a, err);
    if (!rc && o->noise)
        rc = lt_parse_noise(o->noise, a, err);
    if (o->pairs) {
        a->noise = LT_NOISE_PAIRS;
        w->arch = o->arch || a->hidden > 0 ? w->arch : ARCH_CONV;
    }
    if (!rc && o->sparse)
        rc = lt_parse_sparse(o->sparse, a, err);
    a->contraction = o->contractive;
    a->attraction = o->neighbours;
    a->ordered = o->ordered != 0;
    return rc;
}

static bool same(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/* What --arch and --layers say together. */
static int check_arch(const struct lt_autoencoder *a, const struct words *w,
                      const latent_train_options *o, struct lt_error *err)
{
    bool given = o->layers && !same(o->layers, "auto");
    if (w->arch == ARCH_DENSE && lt_has_convolutions(a))
        return lt_fail(err, LT_EUSAGE, "--arch dense has no convolutions as in --layers %.60s",
                       o->layers);
    if (w->arch == ARCH_CONV && given && !lt_has_convolutions(a))
        return lt_fail(err, LT_EUSAGE,
                       "--arch conv needs convolutions in --layers %.60s, such as 32c3,64c3/2",
                       o->layers);
    if (o->tied && (w->arch == ARCH_CONV || lt_has_convolutions(a)))
        return lt_fail(err, LT_EUSAGE, "--tied is for dense layers; leave it out");
    if (w->upsample >= 0 && !lt_has_pooling(a))
        return lt_fail(err, LT_EUSAGE,
                       "--upsample %s mirrors poolings, and there are none; give some in --layers, "
                       "such as 32c3,m2",
                       o->upsample);
    return 0;
}

/* What a variational code does not go together with. */
static int check_variational(const struct lt_autoencoder *a, const latent_train_options *o,
                             struct lt_error *err)
{
    if (!o->vae && o->beta != 1)
        return lt_fail(err, LT_EUSAGE,
                       "--beta weighs the divergence of a variational code; add "
                       "--vae");
    if (o->vae && a->sparsity != LT_SPARSITY_NONE)
        return lt_fail(err, LT_EUSAGE,
                       "--vae draws its codes from normal distributions, which --sparse would "
                       "cut; leave one of them out");
    if (o->vae && a->contraction > 0)
        return lt_fail(err, LT_EUSAGE,
                       "--vae says with its variances how much a code may change, and "
                       "--contractive says it again; leave one of them out");
    return 0;
}

/* What an ordered code does not go together with. */
static int check_ordered(const struct lt_autoencoder *a, const latent_train_options *o,
                         struct lt_error *err)
{
    if (a->ordered && o->vae)
        return lt_fail(
            err, LT_EUSAGE,
            "--vae chooses by itself how many numbers of a code tell something, in no order; "
            "leave out --ordered or --vae");
    if (a->ordered && a->sparsity != LT_SPARSITY_NONE)
        return lt_fail(
            err, LT_EUSAGE,
            "--sparse lets other units speak for every row, so that no order of them suits "
            "all; leave out --ordered or --sparse");
    if (a->ordered && o->tied)
        return lt_fail(
            err, LT_EUSAGE,
            "the decoder of --ordered also reads how many numbers it is shown, which --tied "
            "has no mirror of; leave one of them out");
    return 0;
}

/* Contraction compares the codes of neighbours, which must differ by what the encoder does alone. */
static int check_contraction(const struct lt_autoencoder *a, const latent_train_options *o,
                             struct lt_error *err)
{
    if (a->contraction > 0 && a->noise != LT_NOISE_NONE)
        return lt_fail(err, LT_EUSAGE,
                       "--contractive looks at the code around clean rows, which --noise corrupts; "
                       "give one of them");
    if (a->contraction > 0 && o->norm && !same(o->norm, "none"))
        return lt_fail(
            err, LT_EUSAGE,
            "--contractive measures slopes of the code, which --norm %s scales away; leave "
            "one of them out",
            o->norm);
    if (a->contraction > 0 && lt_keeps_largest(a))
        return lt_fail(
            err, LT_EUSAGE,
            "--contractive needs a code that changes smoothly, and with --sparse %s units "
            "come and go; use --sparse l1 or kl, or none",
            lt_sparsity_name(a->sparsity));
    if (a->contraction > 0 && same(o->precision, "bf16"))
        return lt_fail(
            err, LT_EUSAGE,
            "--contractive trains in f32, because bf16 rounds away the small steps that it "
            "takes; leave --precision out");
    return 0;
}

/* Attraction compares the codes of a row and of its neighbours, as the encoder alone tells them. */
static int check_attraction(const struct lt_autoencoder *a, const latent_train_options *o,
                            struct lt_error *err)
{
    const struct {
        bool given;
        const char *option, *why;
    } others[] = {
        {o->pairs != NULL, "pairs", "trains a denoiser, which has no code to draw a map with"},
        {a->noise != LT_NOISE_NONE, "noise", "corrupts the rows whose neighbours count"},
        {o->vae != 0, "vae", "draws its codes at random, near each other or not"},
        {a->sparsity != LT_SPARSITY_NONE, "sparse", "holds codes down that neighbours move"},
        {a->contraction > 0, "contractive", "draws codes to those of neighbours that it makes"},
        {o->norm && !same(o->norm, "none"), "norm", "has statistics that neighbours do not share"},
        {o->binarise != 0, "binarise", "draws the values of a row anew, and its neighbours change"},
        {o->crop > 0, "crop", "flips and turns the rows, and their neighbours stay as they are"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others && a->attraction > 0; i++)
        if (others[i].given)
            return lt_fail(err, LT_EUSAGE, "--%s %s, so it does not go together with --neighbours",
                           others[i].option, others[i].why);
    return 0;
}

void lt_recipe_pretrain(latent_train_options *o, int64_t rows)
{
    const bool asked = o->noise || o->like || o->pairs || o->sparse || o->vae || o->binarise ||
                       o->contractive > 0 || o->neighbours > 0 || o->crop > 0 ||
                       (o->norm && !same(o->norm, "none"));
    if (!asked && !o->greedy && rows >= PRETRAIN_ROWS)
        o->neighbours = 1;
}

bool lt_recipe_denoises(const latent_train_options *o)
{
    struct lt_autoencoder a = {0};
    struct words w;
    struct lt_error err = {0};
    if (o->dims > 0 || o->vae || o->ordered || o->pretrain || read_words(&w, &a, o, &err) ||
        a.noise == LT_NOISE_NONE)
        return false;
    return w.arch == ARCH_CONV || lt_has_convolutions(&a);
}

int lt_recipe_check(const latent_train_options *o, struct lt_error *err)
{
    struct lt_autoencoder a = {0};
    struct words w = no_words;
    int scale = LT_SCALING_AUTO;
    int rc = check_numbers(o, err);
    if (!rc)
        rc = read_words(&w, &a, o, err);
    if (!rc)
        rc = check_arch(&a, &w, o, err);
    if (!rc)
        rc = check_variational(&a, o, err);
    if (!rc)
        rc = check_ordered(&a, o, err);
    if (!rc)
        rc = check_contraction(&a, o, err);
    if (!rc)
        rc = check_attraction(&a, o, err);
    if (!rc)
        rc = lt_prep_check_words(o->types, err);
    if (!rc && o->scale)
        rc = pick("scale", o->scale, lt_scaling_by_name, &scale, err);
    if (!rc && o->scale && lt_recipe_denoises(o) && scale != LT_SCALING_AUTO &&
        scale != LT_SCALING_NONE && scale != LT_SCALING_BYTES)
        rc = lt_fail(
            err, LT_EUSAGE,
            "--scale %s is for columns, and a denoiser treats all pixels alike; use none or "
            "bytes",
            o->scale);
    if (!rc && o->pairs && !lt_recipe_denoises(o))
        rc = lt_fail(err, LT_EUSAGE,
                     "--pairs trains a denoiser, of convolutions alone; leave out --dims, --vae, "
                     "--ordered and dense layers");
    if (!rc && o->detector)
        rc = pick("detector", o->detector, lt_detector_by_name, &scale, err);
    if (!rc && o->precision && !same(o->precision, "auto") && !same(o->precision, "f32") &&
        !same(o->precision, "bf16"))
        rc = lt_fail(err, LT_EUSAGE, "--precision: \"%.40s\" is not one of auto, f32, bf16",
                     o->precision);
    if (!rc && o->budget > 0 &&
        (w.schedule == LT_SCHEDULE_COSINE || w.schedule == LT_SCHEDULE_STEP ||
         w.schedule == LT_SCHEDULE_LINEAR))
        rc = lt_fail(err, LT_EUSAGE,
                     "--schedule %s must know the number of steps; with --budget use trapezoid, "
                     "plateau or constant, or give --epochs or --steps",
                     o->schedule);
    if (!rc && same(o->optimizer, "lbfgs") && o->l1 > 0)
        rc = lt_fail(err, LT_EUSAGE,
                     "--optimizer lbfgs needs a smooth objective; use --l2 in place of --l1");
    if (!rc && same(o->optimizer, "lbfgs") && w.norm == LT_NORM_BATCH)
        rc = lt_fail(err, LT_EUSAGE,
                     "--optimizer lbfgs searches along lines, and the running statistics of --norm "
                     "batch would change on the way; use --norm layer or another optimizer");
    return rc;
}

/* ---- the network ---- */

/* Two hidden layers, 512 and 256 wide for many inputs, 256 and 128 for few, never narrower than
 * the code; twice as wide where a classifier is to be made of them. */
static void draw_widths(struct lt_autoencoder *a, int64_t inputs, bool pretrain)
{
    int64_t wide = (inputs >= 256 ? 512 : 256) * (pretrain ? 2 : 1);
    a->hidden = 0;
    for (int64_t w = wide; a->hidden < 2; w /= 2)
        a->layer[a->hidden++] = (struct lt_hidden){.width = w > a->dims ? w : a->dims};
}

/* Convolutions that halve the image while it has more than 7 pixels a side, with twice the channels
 * each time. */
static void draw_convolutions(struct lt_autoencoder *a)
{
    enum { CHANNELS = 32, CHANNELS_MOST = 128, SIDE = 7, LAYERS_MOST = 5 };
    int64_t side = a->input.h > a->input.w ? a->input.h : a->input.w, channels = CHANNELS;
    a->hidden = 0;
    for (; a->hidden == 0 || (side > SIDE && a->hidden < LAYERS_MOST); side = (side + 1) / 2) {
        a->layer[a->hidden++] =
            (struct lt_hidden){.width = channels, .kernel = 3, .stride = side > SIDE ? 2 : 1};
        channels = 2 * channels < CHANNELS_MOST ? 2 * channels : CHANNELS_MOST;
    }
}

/* A denoiser: residual blocks on a grid of half the resolution, where they see more of the image
 * for the same work. */
static void draw_blocks(struct lt_autoencoder *a)
{
    enum { CHANNELS = 64, BLOCKS = 4 };
    a->hidden = 0;
    a->layer[a->hidden++] = (struct lt_hidden){.width = CHANNELS, .kernel = 5, .stride = 2};
    while (a->hidden <= BLOCKS)
        a->layer[a->hidden++] =
            (struct lt_hidden){.width = CHANNELS, .kernel = 3, .stride = 1, .residual = true};
}

static int draw_layers(struct lt_autoencoder *a, const struct words *w,
                       const latent_train_options *o, const struct lt_facts *facts,
                       struct lt_error *err)
{
    int64_t h, wd, c;
    bool given = o->layers && !same(o->layers, "auto");
    bool conv = w->arch == ARCH_CONV || lt_has_convolutions(a);
    if (conv && !lt_schema_image(&facts->prep->schema, &h, &wd, &c))
        return lt_fail(err, LT_EUSAGE,
                       "convolutions are for images, and %s has none: give images, or an array of "
                       "shape (N, H, W) or (N, H, W, C), or leave --arch and --layers to be drawn",
                       facts->name);
    if (conv && a->flags > 0)
        return lt_fail(
            err, LT_EUSAGE,
            "convolutions cannot be shown which values of %s are missing; use --arch dense",
            facts->name);
    if (a->dims == 0 && given && !lt_hidden_is_grid(&a->layer[a->hidden - 1]))
        return lt_fail(err, LT_EUSAGE,
                       "--layers %s ends in a dense layer, so the code needs a width: give --dims",
                       o->layers);
    if (!given && a->dims == 0)
        draw_blocks(a);
    else if (!given && conv)
        draw_convolutions(a);
    else if (!given)
        draw_widths(a, lt_shape_width(a->input), o->pretrain);
    return 0;
}

static int draw_loss(struct lt_autoencoder *a, const struct words *w, const latent_train_options *o,
                     const struct lt_facts *facts, struct lt_error *err)
{
    bool unit = facts->prep->low >= 0 && facts->prep->high <= 1;
    a->loss = w->loss >= 0          ? (enum lt_loss)w->loss
              : unit && a->dims > 0 ? LT_LOSS_BCE
                                    : LT_LOSS_MSE;
    a->unit = a->loss == LT_LOSS_BCE ? LT_ACT_SIGMOID : LT_ACT_LINEAR;
    if (o->binarise && !unit)
        return lt_fail(
            err, LT_EUSAGE,
            "--binarise reads values as chances, and those of %s run from %g to %g after "
            "scaling %s; give values within [0, 1] or bytes",
            facts->name, facts->prep->low, facts->prep->high, lt_prep_scaling_name(facts->prep));
    if (a->loss == LT_LOSS_BCE && !unit)
        return lt_fail(err, LT_EUSAGE,
                       "--loss bce needs values in [0, 1], and those of %s run from %g to %g after "
                       "scaling %s; use --loss mse, or --scale minmax",
                       facts->name, facts->prep->low, facts->prep->high,
                       lt_prep_scaling_name(facts->prep));
    return 0;
}

/* Normal outputs have the variance that PCA with as many numbers leaves, on average over the inputs. */
static void draw_divergence(struct lt_autoencoder *a, const latent_train_options *o,
                            const struct lt_facts *facts)
{
    const double least = 1e-6;
    if (!o->vae)
        return;
    a->variational = true;
    a->beta = o->beta;
    if (a->loss == LT_LOSS_MSE)
        a->variance = fmax(facts->residual / (double)lt_shape_width(a->input), least);
}

/* Counts of light need values that have kept their zero, JPEG needs images with values of its bytes. */
static int check_noise(const struct lt_autoencoder *a, const struct lt_facts *facts,
                       struct lt_error *err)
{
    const enum lt_scaling scaling = lt_prep_scaling(facts->prep);
    if (a->noise == LT_NOISE_POISSON && scaling != LT_SCALING_NONE && scaling != LT_SCALING_BYTES &&
        scaling != LT_SCALING_MINMAX)
        return lt_fail(
            err, LT_EUSAGE,
            "--noise poisson counts light from 0 up, and the values of %s have the scaling "
            "%s, which moves their zero; use --scale none or minmax",
            facts->name, lt_prep_scaling_name(facts->prep));
    if (a->noise != LT_NOISE_JPEG)
        return 0;
    int64_t h, w, c;
    if (!lt_schema_image(&facts->prep->schema, &h, &w, &c))
        return lt_fail(err, LT_EUSAGE,
                       "--noise jpeg is for images, and %s has none: give images, or an array of "
                       "shape (N, H, W) or (N, H, W, C)",
                       facts->name);
    if ((scaling != LT_SCALING_NONE && scaling != LT_SCALING_BYTES) || facts->prep->low < 0 ||
        facts->prep->high > 1)
        return lt_fail(
            err, LT_EUSAGE,
            "--noise jpeg needs values from 0 (black) to 1 (white), and those of %s run "
            "from %g to %g after scaling %s; give such values, or bytes, with --scale auto",
            facts->name, facts->prep->low, facts->prep->high, lt_prep_scaling_name(facts->prep));
    return 0;
}

static int draw_shape(struct lt_recipe *r, const struct words *w, const latent_train_options *o,
                      const struct lt_facts *facts, struct lt_error *err)
{
    struct lt_autoencoder *a = &r->shape;
    int64_t inputs = facts->prep->features, h, wd, c;
    bool copies =
        a->noise == LT_NOISE_NONE && a->sparsity == LT_SPARSITY_NONE && a->contraction == 0;
    if (lt_keeps_largest(a) && (a->keep >= a->dims || a->keep >= inputs))
        return lt_fail(err, LT_EUSAGE,
                       "--sparse %s:%lld is not fewer than the %lld units of the code and the "
                       "%lld inputs; keep fewer",
                       lt_sparsity_name(a->sparsity), (long long)a->keep, (long long)a->dims,
                       (long long)inputs);
    if (a->dims >= inputs && copies)
        return lt_fail(
            err, LT_EUSAGE,
            "--dims %lld is not smaller than the %lld inputs, so the network could copy "
            "them; use fewer dims, or --noise, --sparse or --contractive to prevent copying",
            (long long)a->dims, (long long)inputs);
    a->input = (struct lt_shape){inputs, 1, 1};
    a->numbers = lt_prep_numbers(facts->prep);
    a->runs = lt_prep_runs(facts->prep, a->run);
    a->flag_first = facts->prep->flag_first;
    a->flags = facts->prep->flags;
    a->observe = facts->prep->observes || a->noise == LT_NOISE_MISSING;
    if (lt_schema_image(&facts->prep->schema, &h, &wd, &c))
        a->input = (struct lt_shape){c, h, wd};
    int rc = check_noise(a, facts, err);
    if (!rc)
        rc = draw_layers(a, w, o, facts, err);
    if (rc)
        return rc;
    a->act = w->act >= 0 ? (enum lt_act)w->act : LT_ACT_SILU;
    a->tied = o->tied != 0;
    if (a->tied && (a->runs > 0 || a->flags > 0))
        return lt_fail(err, LT_EUSAGE,
                       "--tied needs columns that are all numbers without missing cells, because "
                       "the decoder then mirrors the encoder exactly");
    a->dropout = o->dropout;
    a->low = facts->prep->low;
    a->high = facts->prep->high;
    rc = o->greedy ? lt_greedy_check(a, err) : 0;
    if (!rc)
        rc = draw_loss(a, w, o, facts, err);
    draw_divergence(a, o, facts);
    if (!rc)
        rc = lt_autoencoder_build(&r->spec, a, err);
    r->training = r->spec;
    if (!rc && a->contraction > 0)
        rc = lt_net_spec_contract(&r->training, a->contraction, CONTRACTION_STEP, err);
    if (!rc && a->attraction > 0)
        rc = lt_net_spec_attract(&r->training, a->attraction * ATTRACTION * facts->residual, err);
    return rc;
}

/* ---- the training ---- */

/* Rows per step: a sixteenth of an epoch or less, of a map a quarter, a power of two, but about a quarter
 * of the inputs or more, since the default optimizer learns how the inputs hang together from each
 * batch. */
static int64_t draw_batch(int64_t asked, int64_t rows, int64_t inputs, bool map)
{
    const int64_t most = map ? MAP_BATCH_MOST : BATCH_MOST;
    const int64_t steps = map ? MAP_STEPS_PER_EPOCH : STEPS_PER_EPOCH;
    int64_t batch = BATCH_LEAST;
    if (asked > 0)
        return asked < rows ? asked : rows;
    while (batch < most && (2 * batch * steps <= rows || 4 * batch < inputs))
        batch *= 2;
    return batch < rows ? batch : rows;
}

static int64_t draw_steps(const struct lt_recipe *r, const latent_train_options *o, int64_t rows)
{
    double per_epoch = ceil((double)rows / (double)r->train.batch);
    if (r->train.optimizer->full_batch)
        per_epoch = 1;
    if (o->steps > 0)
        return o->steps;
    if (o->epochs > 0)
        return (int64_t)fmax(1, o->epochs * per_epoch);
    double epochs = TRAIN_FLOPS / (lt_net_flops_train(&r->spec) * (double)rows);
    epochs = fmin(fmax(epochs, EPOCHS_LEAST), EPOCHS_MOST);
    return (int64_t)fmax(1, fmin(epochs * per_epoch, STEPS_MOST));
}

static void draw_training(struct lt_recipe *r, const struct words *w, const latent_train_options *o,
                          int64_t rows)
{
    struct lt_train_settings *t = &r->train;
    const bool denoiser = r->shape.dims == 0;
    r->binarised = o->binarise != 0;
    t->noisy_validation = denoiser || r->shape.variational || r->shape.attraction > 0;
    int drawn = denoiser ? optimizer_by_name("adam") : 0;
    t->optimizer = lt_optimizer_at(w->optimizer >= 0 ? w->optimizer : drawn);
    t->batch = draw_batch(o->batch, rows, lt_net_spec_inputs(&r->spec), r->shape.attraction > 0);
    if (denoiser && o->batch == 0)
        t->batch = DENOISER_BATCH < rows ? DENOISER_BATCH : rows;
    int64_t per_epoch = (rows + t->batch - 1) / t->batch;
    t->steps = o->budget > 0 ? 0 : draw_steps(r, o, rows);
    t->schedule.kind = w->schedule >= 0           ? (enum lt_schedule_kind)w->schedule
                       : t->optimizer->full_batch ? LT_SCHEDULE_CONSTANT
                                                  : LT_SCHEDULE_TRAPEZOID;
    double warmup = o->warmup >= 0 ? o->warmup * (double)per_epoch : 50;
    t->schedule.warmup = t->optimizer->full_batch ? 0 : (int64_t)warmup;
    t->l1 = o->l1;
    t->l2 = o->l2;
    t->validate_every = per_epoch > 25 ? per_epoch : per_epoch * ((25 + per_epoch - 1) / per_epoch);
    if (t->optimizer->full_batch)
        t->validate_every = 1;
    t->patience = o->patience >= 0 ? o->patience : 20;
    t->seed = o->seed;
    const bool f32 = same(o->precision, "f32") || r->shape.contraction > 0;
    r->precision = f32 ? LT_PRECISION_F32 : LT_PRECISION_BF16;
    const bool drawn_here = denoiser && w->optimizer < 0;
    double lr = o->lr > 0 || !drawn_here ? o->lr : DENOISER_LR;
    double clip = o->clip > 0 || !drawn_here ? o->clip : DENOISER_CLIP;
    t->optimizer_settings = (struct lt_optimizer_settings){.lr = lr,
                                                           .momentum = o->momentum,
                                                           .decay = o->weight_decay,
                                                           .clip = clip,
                                                           .batch = t->batch,
                                                           .linear = r->shape.unit == LT_ACT_LINEAR,
                                                           .precision = r->precision};
}

/* As many neighbours as a row has, and itself. */
static int check_rows(const struct lt_autoencoder *a, const struct lt_facts *facts,
                      struct lt_error *err)
{
    if (a->attraction > 0 && facts->rows <= LT_PARTNERS_NEAREST)
        return lt_fail(err, LT_EUSAGE,
                       "--neighbours draws each row to its %d nearest, and %s has %lld rows that "
                       "train; give %d or more, or leave it out",
                       LT_PARTNERS_NEAREST, facts->name, (long long)facts->rows,
                       LT_PARTNERS_NEAREST + 1);
    return 0;
}

int lt_recipe_draw(struct lt_recipe *out, const latent_train_options *options, int64_t dims,
                   const struct lt_facts *facts, struct lt_error *err)
{
    struct words w;
    *out = (struct lt_recipe){.shape = {.dims = dims}};
    int rc = read_words(&w, &out->shape, options, err);
    if (!rc)
        rc = check_rows(&out->shape, facts, err);
    if (!rc)
        rc = draw_shape(out, &w, options, facts, err);
    if (!rc)
        draw_training(out, &w, options, facts->rows);
    return rc;
}
