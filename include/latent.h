/* latent.h: the whole public interface of liblatent, the autoencoder toolkit.
 *
 *     input x (D) --> encoder --> code z (K), K < D --> decoder --> x' (D)
 *
 * Latent trains networks that squeeze rows of D numbers through a code of K
 * numbers and back, judges them beside PCA and the mean on rows they have not
 * seen, and applies them.  Five kinds of thing make up the interface:
 *
 *   latent_data     rows to read: a table, an array, images, or your own memory
 *   latent_model    a trained model: network, column schema, scaling, baselines
 *   latent_session  one thread's working space for applying a model
 *   latent_report   the result of a long operation: a verdict in words, numbers
 *                   with names, and the same as JSON
 *   options         plain structs that you fill; always call their _init first
 *
 * A first program:
 *
 *     latent_error error = {0};
 *     latent_data *data = NULL;
 *     latent_model *model = NULL;
 *     latent_report *report = NULL;
 *     const char *files[] = {"sensors.csv"};
 *     if (latent_data_open(&data, files, 1, NULL, &error) == 0 &&
 *         latent_train(&model, data, NULL, NULL, &report, &error) == 0 &&
 *         latent_model_save(model, "sensors.latent", &error) == 0)
 *         puts(latent_report_text(report));
 *     else
 *         fprintf(stderr, "%s\n", error.text);
 *     latent_report_free(&report);
 *     latent_model_free(&model);
 *     latent_data_free(&data);
 *
 * Errors.  Functions that can fail return 0 or a negative LATENT_E... code and
 * then fill the latent_error they were given (which may be NULL) with one
 * sentence: what is wrong, where, and what to do.  Output handles are set to
 * NULL on failure.  The library never prints, exits or aborts.
 *
 * Ownership.  Handles belong to the library: one create/open/train and one
 * _free(T **), which sets the handle to NULL and accepts NULL.  Arrays belong
 * to the caller.  Strings returned by a handle live as long as the handle.
 *
 * Threads.  A latent_model and a latent_data do not change once made and may
 * be shared by threads; a latent_session serves one thread at a time.  Do not
 * fork after training or after making a session.
 *
 * Same bits.  On one kind of machine, results depend on the data, the options
 * and the seed; never on the number of threads, on the clock (unless a budget
 * in seconds is asked for), or on which rows stand beside a row.
 *
 * Not promised: the layout of option structs beyond their `size` rule (always
 * use _init), the wording of texts, the order of keys in JSON.
 */
#ifndef LATENT_H
#define LATENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LATENT_VERSION_MAJOR 0
#define LATENT_VERSION_MINOR 1
#define LATENT_VERSION_PATCH 0
#define LATENT_VERSION "0.1.0"

#if defined(__GNUC__)
#define LATENT_API __attribute__((visibility("default")))
#else
#define LATENT_API
#endif

/* The codes; the program's exit status is the code with its sign turned
 * (LATENT_EINTERRUPTED: 130). */
enum {
    LATENT_OK = 0,
    LATENT_EFAIL = -1,        /* missing or unwritable file, I/O, memory, diverged */
    LATENT_EUSAGE = -2,       /* an option or value that cannot be used */
    LATENT_ECONTENT = -3,     /* unreadable or corrupt content, schema mismatch */
    LATENT_ENO = -4,          /* the answer is "no", e.g. doctor found a fault */
    LATENT_EINTERRUPTED = -5, /* cancelled by a callback; see the message */
};

typedef struct latent_error {
    int code;
    char text[1000];
} latent_error;

typedef struct latent_data latent_data;
typedef struct latent_model latent_model;
typedef struct latent_session latent_session;
typedef struct latent_report latent_report;

/* ---- the library ------------------------------------------------------- */

LATENT_API const char *latent_version(void); /* "0.1.0" */

/* One line per feature of this build, e.g. "oneDNN 2.6.3", "gz yes". */
LATENT_API const char *latent_features(void);

/* The words an option accepts, as "a, b, c": which = "act", "loss", "noise",
 * "optimizer", "schedule", "scale", "backend", "precision", "arch".  NULL otherwise. */
LATENT_API const char *latent_choices(const char *which);

/* ---- progress ---------------------------------------------------------- */

typedef struct latent_progress {
    const char *stage;        /* "reading", "training", "judging", "writing" */
    int64_t epoch;            /* from 1 */
    int64_t step, steps;      /* so far, planned (0 while a budget is being measured) */
    double epochs;            /* planned, 0 when unknown */
    double train_loss;        /* mean per row since the last call, NaN before the first */
    double penalty;           /* what of it are penalties on the code; 0 without one */
    const char *penalty_name; /* for "sparsity", "contraction" or both; NULL without one */
    double valid_error;       /* squared error per row on the rows that stop training, NaN before */
    double pca_error;         /* PCA's squared error per row on the same rows, NaN when not known */
    double rows_per_second;
    double seconds, seconds_left; /* in this stage; left is NaN when unknown */
    int epoch_ended;              /* 1 when an epoch (or a validation) just ended */
} latent_progress;

/* What long operations tell while they work.  Either function may be NULL.
 * They are called from the thread that called the operation. */
typedef struct latent_listener {
    void *context;
    /* Return nonzero to cancel: the operation then stops with
     * LATENT_EINTERRUPTED, training after saving a checkpoint when it has a
     * place for one. Called a few times a second. */
    int (*progress)(void *context, const latent_progress *progress);
    /* A note (level 0), a warning (1), or detail for --verbose (2); one sentence. */
    void (*message)(void *context, int level, const char *text);
} latent_listener;

/* ---- data -------------------------------------------------------------- */

typedef struct latent_data_options {
    size_t size;         /* set by _init */
    const char *columns; /* keep only these, "a,b" or "0,3-7"; NULL: all */
    const char *ignore;  /* leave these out; NULL: none */
    int64_t row_begin;   /* first row used, from 0; default 0 */
    int64_t row_end;     /* one past the last; -1: to the end (the default) */
    const char *labels;  /* a column (taken out of the inputs), FILE or FILE.npz:KEY; NULL: none */
    const char *keep_label; /* only rows with this label; NULL: all */
    int mixed; /* images may differ in size; for training on crops of them, and nothing else */
    /* Height and width: images of any size are stretched to this one as they are read, by means over
     * areas where they shrink and along straight lines where they grow; a model trained on them does
     * the same.  Other rows are refused.  0: images stay as they are */
    int64_t resize[2];
    /* What the data are for: images are brought to the size that this model was trained on, if it
     * was with `resize`, which is not asked for here.  NULL: nothing */
    const latent_model *model;
    int threads; /* that read CSV; 0: all CPUs */
} latent_data_options;
LATENT_API void latent_data_options_init(latent_data_options *options);

/* Opens DATA: CSV or TSV, NPY, NPZ ("file.npz:KEY" for one array), IDX, any of
 * them gzipped, "-" (CSV on standard input), or "builtin:NAME[,key=value...]".
 * Several names of one kind are read one after the other.  An image (PNG, JPEG,
 * WebP, PGM, PPM) is one row, of the same size (unless `mixed` or `resize`), channels and depth
 * as the others; a folder stands for the images in it, in the byte order of their
 * names, or for NPY files of shape (H, W[, C]), one row each. */
LATENT_API int latent_data_open(latent_data **out, const char *const *names, int count,
                                const latent_data_options *options /* or NULL */,
                                latent_error *error);

/* Rows of the caller's memory; copied. */
LATENT_API int latent_data_from_rows(latent_data **out, const float *values /* (N, D) */,
                                     int64_t rows, int64_t columns, latent_error *error);
LATENT_API int64_t latent_data_rows(const latent_data *data);
LATENT_API int64_t latent_data_columns(const latent_data *data); /* D, labels not counted */
LATENT_API void latent_data_free(latent_data **data);

/* ---- training ---------------------------------------------------------- */

typedef struct latent_train_options {
    size_t size; /* set by _init */
    /* the network; 0 or NULL: drawn from the data, and reported */
    int64_t dims;     /* K, width of the code */
    const char *arch; /* "dense", or "conv" for images; NULL: dense, or what layers says */
    const char
        *layers; /* of the encoder, "512,256" or "32c3,64c3/2" (channels, kernel, stride), with "m2"
                           and "a2" for pooling by maximum and average; the decoder mirrors;
                           "none": no hidden layer */
    const char *upsample; /* what mirrors poolings: "nearest" or "bilinear"; NULL: nearest */
    const char *norm;  /* behind hidden layers, before their activation: "none", "layer", "batch";
                          NULL: none */
    const char *act;   /* hidden activation */
    int tied;          /* decoder weights are the encoder's, transposed */
    double dropout;    /* on hidden layers, probability; default 0 */
    const char *noise; /* "KIND:AMOUNT": corrupts the input, the target stays clean; "KIND:FROM-TO":
                           every row draws its own amount */
    const char *like;  /* noise like that of these images, a file or a folder, in place of noise */
    /* the noisy partners of the rows, images of the same number, size and names: a denoiser learns to turn
     * each into its row; in place of noise; NULL: none */
    const latent_data *pairs;
    const char *sparse; /* of codes: "topk:N", "batchtopk:N", "l1:W", "kl:RHO:BETA" */
    double contractive; /* penalty on how much the code changes with its input, default 0 */
    double neighbours;  /* weight of what draws the codes of neighbours together and those of others
                           apart, 1 being the usual; default 0 */
    const char *loss;   /* "auto", "mse", "bce", "mae", "huber" */
    int ordered;  /* codes are ordered: the first k values of one are a code as well, for every k */
    int vae;      /* a variational code, drawn from normal distributions while training */
    double beta;  /* vae: weight of their divergence from the standard one; default 1 */
    int pretrain; /* for a classifier to be made of it: wider layers, no detector, and neighbours 1
                           where nothing is asked for that does not go with it */
    int greedy; /* layers are first trained one by one, each to give back what those before it say */
    int binarise;      /* values are chances of a 1, drawn anew in every epoch */
    double l1, l2;     /* penalties on weights (not biases), default 0 */
    const char *scale; /* "auto", "none", "bytes", "standard", "minmax", "robust", "quantile" */
    const char *types; /* "COL=KIND,...", KIND one of numeric, integer, boolean, categorical, time,
                          identifier: what columns mean, where the guess is wrong; NULL: none */
    /* the detector, which latent_score needs */
    const char *detector; /* "default": denoising networks, "reconstruction": the autoencoder's
                             error, "none"; NULL: default for tables, none for images */
    double assume_dirty;  /* refuse this share of the rows, those that belong least; default 0 */
    const char *refused_path; /* CSV that lists them, "row,score"; NULL: none */
    int no_reference;         /* leave training rows out of the model; kNN is then not available */
    /* the optimizer */
    const char *optimizer;
    double lr;           /* 0: the optimizer's default for this network */
    double momentum;     /* sgd; default 0.9 */
    double weight_decay; /* decoupled; -1: the optimizer's default */
    const char *schedule;
    double warmup; /* epochs of linear warm-up; -1: 50 steps */
    double clip;   /* gradient norm limit, 0: none */
    int64_t batch; /* rows per step; 0: drawn from the data */
    /* how long; at most one of epochs, steps, budget; all 0: drawn from the data */
    double epochs;
    int64_t steps;
    double budget;    /* seconds of wall time for the whole call */
    int64_t patience; /* validations without gain before stopping; 0: never; -1: default */
    int64_t crop;     /* images: train on squares of this side, flipped and turned; 0: whole images,
                         or what suits a denoiser */
    double valid;     /* fraction of rows kept from training, cut in three; -1: default */
    const latent_data *valid_data; /* or these rows instead; NULL: by fraction */
    /* the run */
    uint64_t seed;               /* default 1 */
    int threads;                 /* 0: all CPUs */
    const char *backend;         /* NULL: best in this build */
    const char *precision;       /* "auto", "f32", "bf16" */
    const char *checkpoint_path; /* NULL: none */
    double checkpoint_seconds;   /* write one this often; 0: only when cancelled */
    int resume;                  /* continue from checkpoint_path if it exists */
    double started; /* latent_seconds() when the command began, so that a budget counts reading;
                       0: when latent_train is called */
} latent_train_options;
LATENT_API void latent_train_options_init(latent_train_options *options);

/* A monotonic clock in seconds. */
LATENT_API double latent_seconds(void);

/* Trains an autoencoder, chooses what was left open, fits PCA and the mean on
 * the same training rows, and judges all three on rows kept from training.
 * report may be NULL. */
LATENT_API int latent_train(latent_model **out, const latent_data *data,
                            const latent_train_options *options /* or NULL */,
                            const latent_listener *listener /* or NULL */, latent_report **report,
                            latent_error *error);

/* ---- models ------------------------------------------------------------ */

LATENT_API int latent_model_open(latent_model **out, const char *path, latent_error *error);
LATENT_API int latent_model_save(const latent_model *model, const char *path, latent_error *error);
/* Fails early when the path cannot be written; call it before training. */
LATENT_API int latent_model_check_path(const char *path, latent_error *error);
LATENT_API int64_t latent_model_columns(const latent_model *model); /* of the data, D */
/* What the network reads: D, or for tables with categories and times the features they become. */
LATENT_API int64_t latent_model_inputs(const latent_model *model);
LATENT_API int64_t latent_model_dims(const latent_model *model);       /* K */
LATENT_API const char *latent_model_sha256(const latent_model *model); /* 64 hex digits, weights */
/* Schema, network, sizes, training record. */
LATENT_API int latent_model_info(const latent_model *model, latent_report **report,
                                 latent_error *error);
LATENT_API void latent_model_free(latent_model **model);

/* ---- applying ---------------------------------------------------------- */

typedef struct latent_apply_options {
    size_t size;                     /* set by _init */
    int threads;                     /* 0: all CPUs */
    const char *backend;             /* NULL: best in this build */
    const char *precision;           /* "f32" (default) or "bf16" */
    uint64_t seed;                   /* default 1; resampling in eval */
    const latent_listener *listener; /* told while rows are written to a file; NULL: silent */
    int64_t
        dims; /* k: encode to, and reconstruct from, the first k numbers of an ordered code; 0: all
                     K.  LATENT_EUSAGE for a model without ordered codes, or more than K */
} latent_apply_options;
LATENT_API void latent_apply_options_init(latent_apply_options *options);

/* A working space for one thread; the model must outlive it. */
LATENT_API int latent_session_create(latent_session **out, const latent_model *model,
                                     const latent_apply_options *options /* or NULL */,
                                     latent_error *error);
/* Rows are in the units of the training data; NaN is a missing value.  For models whose columns are
 * all numbers; LATENT_ECONTENT otherwise. */
LATENT_API int latent_encode(latent_session *session, const float *rows /* (N, D) */, int64_t n,
                             float *codes /* (N, k or K) */, latent_error *error);
LATENT_API int latent_decode(latent_session *session, const float *codes /* (N, k or K) */,
                             int64_t n, float *rows /* (N, D) */, latent_error *error);
LATENT_API int latent_reconstruct(latent_session *session, const float *rows /* (N, D) */,
                                  int64_t n, float *out /* (N, D) */, latent_error *error);
LATENT_API void latent_session_free(latent_session **session);

/* The same from data to a file, whole or not at all; the file's kind comes
 * from the name (.csv .tsv .npy .npz .idx, each but .npz also .gz); NULL writes
 * CSV to standard output.  The report says rows, shape and seconds.
 * Reconstructions have the columns, types and units of the data.  Images that
 * were resampled when the data were opened get back the size they had: in a
 * folder each, in one file of several rows where all had the same; else, and
 * from codes, they have the model's.
 * Codes have K columns, or k where options->dims says so; of a model that orders them, any number
 * of columns up to K is decoded.
 *
 * Rows that are images may also go to a folder, which is made when there is
 * none: a path that ends in / or is a folder.  When each came from a file of its
 * own, the file written has its name (less .gz), kind, size, depth and channels;
 * else files are numbered from 000000, as PNG where all values are bytes or
 * 16-bit, as NPY otherwise.  Each appears whole or not at all, one after the
 * other; other files stay.  LATENT_EUSAGE when two would have the same name or
 * one would replace what is read.  A single image also goes to .png .jpg .webp
 * .pgm .ppm; several are drawn on one sheet by .png.  JPEG is written with
 * quality 95 and colours in full resolution, all others without loss. */
LATENT_API int latent_encode_to(const latent_model *model, const latent_data *data,
                                const char *path, const latent_apply_options *options,
                                latent_report **report, latent_error *error);
LATENT_API int latent_decode_to(const latent_model *model, const latent_data *codes,
                                const char *path, const latent_apply_options *options,
                                latent_report **report, latent_error *error);
LATENT_API int latent_reconstruct_to(const latent_model *model, const latent_data *data,
                                     const char *path, const latent_apply_options *options,
                                     latent_report **report, latent_error *error);

/* New rows from a variational model: codes drawn from the standard normal distribution under
 * options->seed, decoded.  LATENT_EUSAGE when the model is not variational. */
LATENT_API int latent_sample_to(const latent_model *model, int64_t rows, const char *path,
                                const latent_apply_options *options, latent_report **report,
                                latent_error *error);
/* A walk of `steps` rows from row `from` of the data to row `to`, both included: codes on the straight
 * line between theirs, decoded. */
LATENT_API int latent_interpolate_to(const latent_model *model, const latent_data *data,
                                     int64_t from, int64_t to, int64_t steps, const char *path,
                                     const latent_apply_options *options, latent_report **report,
                                     latent_error *error);

/* Takes noise away from images with a model that was trained to (convolutions, noise, no width of a code).
 * `in` is a file or a folder, and so is `out`; every image is written with the size, depth, colours
 * and units it came with.  `truth` holds the clean images, a file or a folder of the same names: the
 * report then tells PSNR and SSIM before and after, beside the classical filters; NULL: not known.
 * LATENT_EUSAGE when the model is no denoiser or `out` is `in`. */
LATENT_API int latent_denoise_to(const latent_model *model, const char *in, const char *out,
                                 const char *truth,
                                 const latent_apply_options *options /* or NULL */,
                                 latent_report **report, latent_error *error);

/* Fills the missing cells of `data` - one file, "-", or "builtin:..." - and leaves all others as they
 * are, to the byte where the data are text and to the bit where they are an array.  Text goes to
 * .csv or .tsv (NULL: standard output) in the form it has.  `uncertainty` names a CSV with the
 * columns row, column, value, low, high, probability for the filled cells: a number lies between low
 * and high with a probability of 90 %, a category is right with `probability`; NULL: none.  Columns
 * that the model cannot tell (identifiers, columns it does not know) stay missing.  The report
 * measures the filling on cells that are hidden, beside the mean and the most frequent level.
 * LATENT_EUSAGE when the model has no network that fills cells. */
LATENT_API int latent_impute_to(const latent_model *model, const char *data, const char *path,
                                const char *uncertainty,
                                const latent_apply_options *options /* or NULL */,
                                latent_report **report, latent_error *error);

typedef struct latent_eval_options {
    size_t size;              /* set by _init */
    int nll;                  /* how likely are the rows? for variational models; default 0 */
    int64_t samples;          /* of codes a row, by which that is estimated; default 5000 */
    const latent_data *pairs; /* of a denoiser: noisy partners of the rows; NULL: noise is made */
    const char
        *map; /* an image file: codes of two numbers as dots, in the colours of the labels; NULL:
                        none */
} latent_eval_options;
LATENT_API void latent_eval_options_init(latent_eval_options *options);

/* Error on data the model has not seen, beside PCA and the mean.  With `nll` also the negative
 * log-likelihood of a row in nats, by importance sampling: under bce of the values drawn as zeros and
 * ones, under mse of scaled values around normal outputs; LATENT_EUSAGE when the model is not
 * variational or has other losses.  Codes of at most three numbers, and those of a model trained with
 * `neighbours`, are also judged as maps of the rows: trustworthiness, continuity and, where the data have
 * labels, the share of rows whose label their neighbours have, beside PCA's. */
LATENT_API int latent_eval(const latent_model *model, const latent_data *data,
                           const latent_eval_options *eval /* or NULL */,
                           const latent_apply_options *options /* or NULL */,
                           latent_report **report, latent_error *error);

/* A PNG of originals above reconstructions, for image-shaped data; `rows` at most. */
LATENT_API int latent_sheet(const latent_model *model, const latent_data *data, int64_t rows,
                            const char *path, const latent_apply_options *options,
                            latent_error *error);

typedef struct latent_cluster_options {
    size_t size;       /* set by _init */
    int64_t clusters;  /* how many; 0: chosen by how stable they are; default 0 */
    const char *sheet; /* images: a PNG of the decoded centres above typical rows; NULL: none */
} latent_cluster_options;
LATENT_API void latent_cluster_options_init(latent_cluster_options *options);

/* Sorts the rows into clusters of their codes by k-means: CSV with the header row,cluster,distance,
 * every row in its order; clusters are numbered from 0 by size, the largest first.  `path` NULL writes
 * to standard output, "" nowhere.  The report says whether the clusters are there - whether other
 * halves of the rows give the same ones, beside a normal cloud of the same shape - and what they are in
 * the columns of the data.  When the data have labels, it holds how well clusters agree with them,
 * beside as many clusters of PCA's numbers and of the scaled columns.  LATENT_EUSAGE: more clusters
 * than rows, too few rows to choose how many, or a denoiser. */
LATENT_API int latent_cluster_to(const latent_model *model, const latent_data *data,
                                 const char *path,
                                 const latent_cluster_options *cluster /* or NULL */,
                                 const latent_apply_options *options /* or NULL */,
                                 latent_report **report, latent_error *error);

/* The `count` rows whose codes are nearest to that of `row`: CSV with the header
 * row,distance,differs, nearest first; `differs` names columns in which they are least like it, and is
 * left out for images.  `path` NULL writes to standard output, "" nowhere.  LATENT_EUSAGE: no such row,
 * or a denoiser. */
LATENT_API int latent_nearest_to(const latent_model *model, const latent_data *data, int64_t row,
                                 int64_t count, const char *path,
                                 const latent_apply_options *options /* or NULL */,
                                 latent_report **report, latent_error *error);

/* Rows that repeat an earlier one, cell for cell, and pairs that nearly do: CSV with the header
 * row,other,distance,column_distance,exact.  A pair is near when both its codes and its scaled columns
 * are nearer to each other than a tenth of what is usual between a row and its nearest. */
LATENT_API int latent_duplicates_to(const latent_model *model, const latent_data *data,
                                    const char *path,
                                    const latent_apply_options *options /* or NULL */,
                                    latent_report **report, latent_error *error);

typedef struct latent_score_options {
    size_t size;        /* set by _init */
    double fpr;         /* alarm where the p-value is at most this; default 0.001 */
    const char *alarms; /* instead of fpr: false alarms in a time, "5/day" (hour, day, week); needs
                           `time`; NULL: fpr holds */
    const char *time;   /* the column of times that tells how many rows come in a day */
    int64_t why;        /* columns named as reasons for each row; default 0 */
    int strict;         /* a bad record ends a stream instead of being skipped; default 0 */
} latent_score_options;
LATENT_API void latent_score_options_init(latent_score_options *options);

/* Anomaly scores: CSV with the header row,score,p_value,alarm and with `why` reasons; every row in
 * its order.  A higher score is more anomalous; a p-value is the share of calibration rows that
 * look at least as odd.  `path` NULL writes to standard output, "" nowhere.  When the data have
 * labels (0 and "normal" mean normal), the report holds AUROC and average precision beside those of
 * PCA and of the distance to the 5th nearest training row. */
LATENT_API int latent_score_to(const latent_model *model, const latent_data *data, const char *path,
                               const latent_score_options *score /* or NULL */,
                               const latent_apply_options *options /* or NULL */,
                               latent_report **report, latent_error *error);

/* The same for CSV records that come from an open descriptor: each is answered as soon as it is
 * complete.  A bad record is told to the listener as a warning and skipped.  Ends with the stream,
 * or when the listener's progress asks to stop. */
LATENT_API int latent_score_stream(const latent_model *model, int descriptor, const char *path,
                                   const latent_score_options *score,
                                   const latent_apply_options *options, latent_report **report,
                                   latent_error *error);

typedef struct latent_drift_options {
    size_t size; /* set by _init */
    double
        level; /* the chance of calling drift where there is none, all tests together; default 0.01
                   */
    double
        least; /* the smallest distance that counts as drift: the share of rows that would have to
                     change to undo it; default 0.05 */
} latent_drift_options;
LATENT_API void latent_drift_options_init(latent_drift_options *options);

/* Have the data moved away from those that the model was trained on?  Compares every column, the
 * codes, the reconstruction errors and the scores with what the model keeps of them, by tests whose
 * chance of a false answer is `level` in all when the rows are exchangeable with those of the
 * training data.  Returns LATENT_ENO, with a report, when they have moved; LATENT_EUSAGE for a model
 * made before models kept this, LATENT_ECONTENT for fewer than 20 rows. */
LATENT_API int latent_drift(const latent_model *model, const latent_data *data,
                            const latent_drift_options *drift /* or NULL */,
                            const latent_apply_options *options /* or NULL */,
                            latent_report **report, latent_error *error);

typedef struct latent_compare_options {
    size_t size;      /* set by _init */
    double tolerance; /* share of rows whose decision may change; default 0 */
    double fpr;       /* a row alarms when its p-value is at most this; default 0.01 */
} latent_compare_options;
LATENT_API void latent_compare_options_init(latent_compare_options *options);

/* An older and a newer model on the same rows: decisions that change, agreement of scores, p-values
 * and reconstructions, errors, size and speed.  Returns LATENT_ENO, with a report, when they differ:
 * more decisions change than `tolerance` allows, or one of them has a detector and the other has
 * none, or they do not read the same columns.  Where neither has a detector, the
 * largest change of a column's reconstruction, in spreads of the column, is what `tolerance`
 * allows.  The data must have the columns of both. */
LATENT_API int latent_compare(const latent_model *before, const latent_model *after,
                              const latent_data *data,
                              const latent_compare_options *compare /* or NULL */,
                              const latent_apply_options *options /* or NULL */,
                              latent_report **report, latent_error *error);

typedef struct latent_probe_options {
    size_t size;   /* set by _init */
    int64_t folds; /* of cross-validation, dealt out by the seed of the apply options; default 5 */
    const char
        *path; /* CSV or TSV of what was told of every row: row, fold, label, and for codes, pca
                         and raw predicted, log_loss and knn; NULL: none */
} latent_probe_options;
LATENT_API void latent_probe_options_init(latent_probe_options *options);

/* How good are the codes as features for a classifier?  Of data with labels: accuracy and log-loss of
 * logistic regression (with an L2 penalty of 1/2 on the weights of standardised features) and accuracy
 * of a vote of the 10 nearest rows, by cross-validation in stratified folds, from the codes, from as
 * many principal components and from the columns as the model scales them, on the same folds.  Needs
 * all rows in memory, about three times.  LATENT_EUSAGE: no labels, folds that cannot be, a
 * denoiser; LATENT_ECONTENT: labels that are no classes, a class with fewer rows than folds. */
LATENT_API int latent_probe(const latent_model *model, const latent_data *data,
                            const latent_probe_options *probe /* or NULL */,
                            const latent_apply_options *options /* or NULL */,
                            latent_report **report, latent_error *error);

/* ---- classes ----------------------------------------------------------- */

typedef struct latent_finetune_options {
    size_t size; /* set by _init */
    const latent_data
        *unlabelled; /* further rows of the same columns, without labels; NULL: none */
    int scratch;     /* initial weights are drawn, not the model's; default 0 */
    double valid;    /* share of the labelled rows kept to judge by; negative: by their number */
    double keep_reconstruction; /* weight of the reconstruction error; negative: the default */
    double agreement;           /* weight of the agreement of close rows; negative: the default */
    double
        distance; /* of such rows, in root mean squared distances of a row from the mean; negative:
                        the default */
    double dropout; /* behind hidden layers; negative: the default */
    int64_t freeze; /* layers of the encoder, from the input on, that stay as they are; default 0 */
    double lr;      /* 0: the default */
    int64_t steps;  /* 0: the default */
    double budget;  /* seconds; 0: none */
} latent_finetune_options;
LATENT_API void latent_finetune_options_init(latent_finetune_options *options);

/* A classifier: the model's encoder and a softmax layer behind its code, trained on rows with labels
 * (of latent_data_options) and on rows without. */
LATENT_API int latent_finetune(latent_model **out, const latent_model *model,
                               const latent_data *data,
                               const latent_finetune_options *finetune /* or NULL */,
                               const latent_apply_options *options /* or NULL */,
                               latent_report **report, latent_error *error);

/* What labels are worth: accuracy with 10, 30, 100, ... labels, from scratch and from the model's
 * weights, everything else alike, on rows kept from training; no classifier is kept. */
LATENT_API int latent_learning_curve(const latent_model *model, const latent_data *data,
                                     const latent_finetune_options *finetune /* or NULL */,
                                     const latent_apply_options *options /* or NULL */,
                                     latent_report **report, latent_error *error);

/* Classes: CSV with the header row,class,probability and the probability of every class.  `path` NULL
 * writes to standard output, "" nowhere.  When the data have labels, the report holds the accuracy.
 * LATENT_EUSAGE when the model is no classifier. */
LATENT_API int latent_predict_to(const latent_model *model, const latent_data *data,
                                 const char *path,
                                 const latent_apply_options *options /* or NULL */,
                                 latent_report **report, latent_error *error);

/* Checks this model's own network on this machine: gradients, overfitting one
 * batch, equality over threads, backends against each other, file round trip.
 * Returns LATENT_ENO, with a report, when a check fails. */
LATENT_API int latent_doctor(const latent_model *model, const latent_apply_options *options,
                             latent_report **report, latent_error *error);

/* Measures training and applying on this machine beside the bound that bare
 * matrix products set.  `what` names one measurement or is NULL for all. */
LATENT_API int latent_bench(const char *what, const latent_apply_options *options,
                            latent_report **report, latent_error *error);

/* ---- packing ----------------------------------------------------------- */

/* Packed files hold data smaller, with a guarantee: every value comes back exactly, or within the
 * bound that was asked for.  Text comes back byte for byte, arrays bit for bit.  Blocks of rows have
 * checksums and are unpacked one by one, by integers alone, to the same bytes on every machine.
 *
 * DATA are named, not opened: they are read more than once, in pieces, so that they may be larger than
 * memory.  Names are those of latent_data_open.  docs/pack.md tells the rest, docs/pack-format.md every
 * byte of a file. */

typedef struct latent_pack_options {
    size_t size; /* set by _init */
    /* How exact.  Bounds hold on the values as they come back, in their own type, measured as doubles.
     * Texts are "0.05" for all columns or "temp=0.05,vib=0.001" for some, by number where columns have no
     * names, "0=0.05,3-7=0.001"; NULL: not given.  With none of them all is exact, the default */
    const char *max_abs;  /* no value is farther from the original than this */
    const char *max_rel;  /* the same, as a share of the column's finite range: "0.001", "0.1%" */
    const char *lossless; /* columns that are exact whatever the bounds, "id,status" */
    double psnr; /* images: at least this many dB, instead of bounds; default 0, not asked */
    double bpp;  /* images: at most this many bits a pixel, instead of bounds; default 0 */
    /* the model */
    const char
        *model; /* a packed file whose model is used, or a model of latent_model_save, whose inputs
                          must be the cells of these arrays or images, scaled: its code is used where it
                          pays, and the file does not need it; NULL: one is fitted to the data */
    int share_model; /* keep only the hash of `model` in the file: unpacking needs it too; default 0 */
    int64_t dims;    /* K, width of a code; 0: drawn from the data, the default */
    double budget; /* seconds of training; 0: none; negative: drawn from the data, the default */
    /* the run */
    int quick;           /* do not measure what gzip and xz make of the same bytes; default 0 */
    uint64_t seed;       /* default 1 */
    int threads;         /* 0: all CPUs */
    const char *backend; /* that trains; NULL: best in this build */
    const latent_listener *listener; /* NULL: silent */
} latent_pack_options;
LATENT_API void latent_pack_options_init(latent_pack_options *options);

/* Packs the rows of DATA into `path`, whole or not at all.  Every block is decoded again and compared
 * before it is written.  The report says bytes before and after, beside gzip, zstd and xz.
 * LATENT_EUSAGE: options that exclude each other, a bound for a column that is not there or holds no
 * numbers, text in arrays. */
LATENT_API int latent_pack(const char *const *data, int count, const char *path,
                           const latent_pack_options *options /* or NULL */, latent_report **report,
                           latent_error *error);

typedef struct latent_unpack_options {
    size_t size; /* set by _init */
    const char
        *model; /* the packed file that has the model, where this one only names it; NULL: none */
    int64_t row_begin; /* first row written, from 0; default 0 */
    int64_t row_end;   /* one past the last; -1: to the end (the default) */
    int salvage;       /* write the rows of what is whole in a damaged file; default 0 */
    int reference;     /* decode by plain C, to the same bytes; default 0 */
    int threads;       /* 0: all CPUs */
    const latent_listener *listener; /* NULL: silent */
} latent_unpack_options;
LATENT_API void latent_unpack_options_init(latent_unpack_options *options);

/* Writes the rows of a packed file, "-" being standard input: text in any file, arrays and images as
 * latent_encode_to does; `path` NULL writes to standard output.  LATENT_ECONTENT when the file is damaged,
 * with the name of the block; LATENT_ENO, with a report, when salvage left rows out. */
LATENT_API int latent_unpack(const char *file, const char *path,
                             const latent_unpack_options *options /* or NULL */,
                             latent_report **report, latent_error *error);

typedef struct latent_verify_options {
    size_t size;                     /* set by _init */
    const char *model;               /* as to unpack */
    int reference;                   /* decode by plain C; default 0 */
    int threads;                     /* 0: all CPUs */
    const latent_listener *listener; /* NULL: silent */
} latent_verify_options;
LATENT_API void latent_verify_options_init(latent_verify_options *options);

/* Does the packed file hold these data: bit by bit, or within the bounds it was packed with?  Returns
 * LATENT_ENO, with a report, when it does not. */
LATENT_API int latent_verify(const char *file, const char *const *data, int count,
                             const latent_verify_options *options /* or NULL */,
                             latent_report **report, latent_error *error);

/* Whether a file is a packed one; 0 also where it cannot be read, and of pipes and "-", which can be read once. */
LATENT_API int latent_is_packed(const char *file);
/* What it holds, as it says itself: nothing is decoded, so a model in another file is not needed. */
LATENT_API int latent_pack_info(const char *file, latent_report **report, latent_error *error);

/* ---- reports ----------------------------------------------------------- */

/* For people: the first line is the verdict, the last says what to do next. */
LATENT_API const char *latent_report_text(const latent_report *report);
/* One JSON object. */
LATENT_API const char *latent_report_json(const latent_report *report);
/* One value by its dotted key, such as "pca.squared_error"; NaN or NULL when absent. */
LATENT_API double latent_report_number(const latent_report *report, const char *key);
LATENT_API const char *latent_report_string(const latent_report *report, const char *key);
LATENT_API void latent_report_free(latent_report **report);

#ifdef __cplusplus
}
#endif
#endif
