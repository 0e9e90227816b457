#include "app/cluster.h"

#include "app/arrange.h"
#include "app/clusterreport.h"
#include "app/judge_denoiser.h"
#include "app/kmeans.h"
#include "app/pace.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/sheet.h"
#include "data/split.h"
#include "data/writer.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = LT_SESSION_ROWS };

/* Rows of a space, sorted by centres that were fitted on as many of them as LT_CLUSTER_CELLS allows. */
struct sorted {
    struct lt_rows rows; /* (N, width) */
    int64_t fitted;
    float *x; /* (fitted, width) what the centres are fitted on, until release_rows */
    struct lt_kmeans k;
    int32_t *cluster; /* (N) */
    double *distance; /* (N) */
};

struct job {
    struct lt_session *s;
    struct lt_table *table, *view;
    const struct lt_table *labels;
    const struct lt_cluster_options *options;
    struct lt_rows columns; /* (N, F) scaled, missing cells NaN */
    struct sorted codes;
    struct lt_clustering found;
    float *decoded; /* (clusters, F) prototypes */
    float *typical; /* (clusters, F) the rows nearest to the centres */
};

int lt_check_codes(const struct lt_model *model, struct lt_error *err)
{
    return lt_model_denoises(model)
               ? lt_fail(
                     err, LT_EUSAGE,
                     "this model is a denoiser, whose code stands for the surroundings of every "
                     "pixel and not for an image; train one with --dims")
               : 0;
}

/* ---- rows of a space ---- */

static int by_row(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int open_sorted(struct sorted *out, enum lt_space space, const struct job *job,
                       struct lt_error *err)
{
    const struct lt_stream order = lt_stream(job->s->seed, LT_RNG_SAMPLE, 2, 0);
    int64_t *which = NULL, rows = job->columns.count;
    int rc = lt_space_open(&out->rows, space, job->s, &job->columns, err);
    if (rc)
        return rc;
    rc = lt_sample_list(&which, &out->fitted, rows, LT_CLUSTER_CELLS / out->rows.inputs + 1, &order,
                        err);
    if (!rc)
        qsort(which, (size_t)out->fitted, sizeof *which, by_row);
    if (!rc)
        rc = lt_alloc(&out->x, (size_t)(out->fitted * out->rows.inputs), sizeof *out->x, "rows",
                      err);
    if (!rc)
        rc = lt_space_gather(&out->rows, which, out->fitted, out->x, err);
    if (!rc)
        rc = lt_alloc(&out->cluster, (size_t)rows, sizeof *out->cluster, "clusters", err);
    if (!rc)
        rc = lt_alloc(&out->distance, (size_t)rows, sizeof *out->distance, "clusters", err);
    lt_free(which);
    return rc;
}

static void close_sorted(struct sorted *s)
{
    lt_space_close(&s->rows);
    lt_kmeans_free(&s->k);
    lt_free(s->x);
    lt_free(s->cluster);
    lt_free(s->distance);
}

/* Finds the centres and gives every row to one. */
static int sort_rows(struct sorted *s, int64_t clusters, const struct lt_session *session,
                     struct lt_error *err)
{
    const struct lt_kmeans_options options = {
        .clusters = clusters, .threads = session->backend->threads, .seed = session->seed};
    int64_t rows = s->rows.count;
    float *x = NULL;
    int rc = lt_kmeans_fit(&s->k, s->x, s->fitted, s->rows.inputs, &options, err);
    if (!rc && s->fitted == rows) {
        memcpy(s->cluster, s->k.cluster, (size_t)rows * sizeof *s->cluster);
        memcpy(s->distance, s->k.distance, (size_t)rows * sizeof *s->distance);
        return 0;
    }
    if (!rc)
        rc = lt_alloc(&x, (size_t)(BATCH * s->rows.inputs), sizeof *x, "rows", err);
    for (int64_t at = 0; at < rows && !rc; at += BATCH) {
        int64_t n = rows - at < BATCH ? rows - at : BATCH;
        rc = s->rows.read(s->rows.context, at, n, x, err);
        if (!rc)
            lt_kmeans_assign(&s->k, x, n, options.threads, s->cluster + at, s->distance + at);
    }
    lt_free(x);
    return rc;
}

/* ---- how many clusters, and whether they are there ---- */

/* Rows of which the stability is measured. */
static int64_t judged_rows(const struct sorted *s)
{
    int64_t most = (1 << 20) / s->rows.inputs;
    most = most < 200 ? 200 : most > LT_STABILITY_ROWS_MOST ? LT_STABILITY_ROWS_MOST : most;
    return s->fitted < most ? s->fitted : most;
}

static int try_all(struct job *job, int64_t from, int64_t to, struct lt_error *err)
{
    struct lt_clustering *c = &job->found;
    const struct lt_session *s = job->s;
    const struct lt_stream order = lt_stream(s->seed, LT_RNG_SAMPLE, 3, 0);
    struct lt_pace pace = lt_pace_start(s->listener, "trying clusters", to - from + 1);
    size_t d = (size_t)job->codes.rows.inputs, n = (size_t)c->judged_rows;
    float *x = NULL, *cloud = NULL;
    int threads = s->backend->threads;
    int rc = lt_alloc(&x, n * d, sizeof *x, "codes", err);
    if (!rc)
        rc = lt_alloc(&cloud, n * d, sizeof *cloud, "codes", err);
    for (size_t i = 0; i < n && !rc; i++)
        memcpy(x + i * d, job->codes.x + lt_permute(&order, i, (uint64_t)job->codes.fitted) * d,
               d * sizeof *x);
    if (!rc)
        rc = lt_stability_cloud(cloud, x, (int64_t)n, (int64_t)d, s->seed, threads, err);
    for (int64_t k = from; k <= to && !rc; k++) {
        rc = lt_stability_of(&c->tried[c->tries], k, x, cloud, (int64_t)n, (int64_t)d, s->seed,
                             threads, err);
        c->tries++;
        if (!rc)
            rc = lt_pace_tell(&pace, c->tries, err);
    }
    lt_free(x);
    lt_free(cloud);
    return rc;
}

static int choose(struct job *job, int64_t *clusters, struct lt_error *err)
{
    struct lt_clustering *c = &job->found;
    int64_t most = c->judged_rows / 10;
    most = most < LT_STABILITY_K_MOST ? most : LT_STABILITY_K_MOST;
    *clusters = c->wanted;
    if (c->wanted > 0)
        return c->judged_rows < LT_STABILITY_ROWS || c->wanted < 2 ||
                       c->wanted > c->judged_rows / 10
                   ? 0
                   : try_all(job, c->wanted, c->wanted, err);
    int rc = try_all(job, 2, most, err);
    *clusters = rc ? 0 : lt_stability_choose(c->tried, c->tries);
    if (*clusters == 0)
        *clusters = 1;
    return rc;
}

static int check(const struct job *job, struct lt_error *err)
{
    int64_t rows = lt_table_rows(job->table), wanted = job->options->clusters;
    if (wanted < 0)
        return lt_fail(err, LT_EUSAGE, "--clusters: %" PRId64 " is too small; the least is 1",
                       wanted);
    if (wanted > rows)
        return lt_fail(err, LT_EUSAGE,
                       "--clusters: %" PRId64 " is more than the %" PRId64 " row%s of %s", wanted,
                       rows, rows == 1 ? "" : "s", lt_table_name(job->table));
    if (wanted == 0 && rows < LT_STABILITY_ROWS)
        return lt_fail(err, LT_EUSAGE,
                       "--clusters auto needs %d rows or more, and %s has %" PRId64
                       "; say how many clusters",
                       LT_STABILITY_ROWS, lt_table_name(job->table), rows);
    if (job->options->sheet &&
        !lt_schema_image(&job->s->model->prep.schema, &(int64_t){0}, &(int64_t){0}, &(int64_t){0}))
        return lt_fail(err, LT_EUSAGE,
                       "--sheet draws images, and rows of this model are not image-shaped");
    return lt_check_codes(job->s->model, err);
}

/* ---- what the clusters are ---- */

static void count_rows(struct job *job)
{
    struct lt_clustering *c = &job->found;
    for (int64_t i = 0; i < c->rows; i++) {
        struct lt_cluster *k = &c->cluster[job->codes.cluster[i]];
        double distance = job->codes.distance[i];
        if (k->rows == 0 || distance < k->nearest) {
            k->nearest = distance;
            k->typical = i;
        }
        k->rows++;
        k->spread += distance * distance;
    }
    for (int64_t j = 0; j < c->clusters; j++)
        if (c->cluster[j].rows > 0)
            c->cluster[j].spread = sqrt(c->cluster[j].spread / (double)c->cluster[j].rows);
}

/* Inertia as a share of the squared distances to the mean. */
static double share_left(const struct sorted *s)
{
    int64_t d = s->rows.inputs, n = s->fitted;
    double total = 0;
    for (int64_t j = 0; j < d; j++) {
        double mean = 0;
        for (int64_t i = 0; i < n; i++)
            mean += (double)s->x[i * d + j] / (double)n;
        for (int64_t i = 0; i < n; i++)
            total += ((double)s->x[i * d + j] - mean) * ((double)s->x[i * d + j] - mean);
    }
    return total > 0 ? s->k.inertia / total : 0;
}

static int decode_centres(struct job *job, struct lt_error *err)
{
    const struct lt_kmeans *k = &job->codes.k;
    int64_t f = job->columns.inputs, d = k->width;
    size_t values = (size_t)(k->clusters * f);
    int rc = lt_alloc(&job->decoded, values, sizeof *job->decoded, "prototypes", err);
    if (!rc)
        rc = lt_alloc(&job->typical, values, sizeof *job->typical, "prototypes", err);
    for (int64_t at = 0; at < k->clusters && !rc; at += BATCH) {
        int64_t n = k->clusters - at < BATCH ? k->clusters - at : BATCH;
        for (int64_t i = 0; i < n * d; i++)
            job->s->codes[i] = (float)k->centre[at * d + i];
        lt_session_decode(job->s, job->s->codes, n, job->decoded + at * f);
    }
    for (int64_t j = 0; j < k->clusters && !rc; j++)
        rc = job->columns.read(job->columns.context, job->found.cluster[j].typical, 1,
                               job->typical + j * f, err);
    return rc;
}

/* Columns of prototypes, of clusters and of all rows. */
static int describe(struct job *job, struct lt_error *err)
{
    struct lt_clustering *c = &job->found;
    int64_t f = job->columns.inputs;
    float *x = job->s->rows;
    int rc = lt_contrast_create(&c->contrast, &c->model->prep, c->clusters, err);
    if (!rc)
        rc = lt_alloc(&c->prototype, (size_t)(c->clusters * f), sizeof *c->prototype, "prototypes",
                      err);
    for (int64_t j = 0; j < c->clusters && !rc; j++)
        lt_contrast_values(&c->contrast, job->decoded + j * f, c->prototype + j * f);
    for (int64_t at = 0; at < c->rows && !rc; at += BATCH) {
        int64_t n = c->rows - at < BATCH ? c->rows - at : BATCH;
        rc = job->columns.read(job->columns.context, at, n, x, err);
        if (!rc)
            lt_contrast_add(&c->contrast, x, n, job->codes.cluster + at);
    }
    return rc;
}

static int draw_sheet(const struct job *job, struct lt_error *err)
{
    struct lt_sheet sheet = {
        .originals = job->decoded, .reconstructions = job->typical, .n = job->found.clusters};
    lt_schema_image(&job->found.model->prep.schema, &sheet.height, &sheet.width, &sheet.channels);
    return job->options->sheet ? lt_sheet_write(job->options->sheet, &sheet, err) : 0;
}

static int write_rows(const struct job *job, const char *path, struct lt_error *err)
{
    static const char *const names[] = {"row", "cluster", "distance"};
    static const enum lt_type types[] = {LT_I64, LT_I64, LT_F32};
    const struct lt_writer_schema schema = {
        .rows = job->found.rows, .columns = 3, .types = types, .names = names};
    struct lt_writer *writer = NULL;
    int rc = lt_writer_create(&writer, path, &schema, err);
    for (int64_t i = 0; i < job->found.rows && !rc; i++) {
        const double values[] = {(double)i, (double)job->codes.cluster[i], job->codes.distance[i]};
        rc = lt_writer_rows(writer, values, 1, err);
    }
    if (!rc)
        rc = lt_writer_commit(&writer, err);
    lt_writer_abort(&writer);
    return rc;
}

/* ---- beside the labels ---- */

static void find_most_frequent(struct lt_clustering *c, const int32_t *class_of, int64_t *count)
{
    for (int64_t i = 0; i < c->rows; i++)
        count[class_of[i]]++;
    for (int64_t j = 0; j < c->classes; j++)
        c->most_frequent = fmax(c->most_frequent, (double)count[j] / (double)c->rows);
}

static int agree(struct job *job, enum lt_space space, const struct sorted *s,
                 const int32_t *class_of, struct lt_error *err)
{
    struct lt_clustering *c = &job->found;
    c->width[space] = s->rows.inputs;
    c->found[space] = s->k.clusters;
    return lt_agreement(&c->agreement[space], s->cluster, s->k.clusters, class_of, c->classes,
                        c->rows, err);
}

static int compare_with_labels(struct job *job, struct lt_error *err)
{
    struct lt_clustering *c = &job->found;
    int32_t *class_of = NULL;
    int64_t *count = NULL;
    int rc = lt_alloc(&class_of, (size_t)c->rows, sizeof *class_of, "labels", err);
    if (!rc)
        rc = lt_label_classes(job->labels, class_of, &c->classes, err);
    if (!rc)
        rc = lt_alloc(&count, (size_t)c->classes, sizeof *count, "labels", err);
    if (!rc) {
        find_most_frequent(c, class_of, count);
        rc = agree(job, LT_SPACE_CODES, &job->codes, class_of, err);
    }
    for (enum lt_space space = LT_SPACE_PCA; space < LT_SPACES && !rc; space++) {
        struct sorted other = {0};
        rc = open_sorted(&other, space, job, err);
        if (!rc)
            rc = sort_rows(&other, c->clusters, job->s, err);
        if (!rc)
            rc = agree(job, space, &other, class_of, err);
        close_sorted(&other);
    }
    c->labelled = !rc;
    lt_free(class_of);
    lt_free(count);
    return rc;
}

/* ---- the whole ---- */

static int open_job(struct job *job, struct lt_error *err)
{
    const struct lt_model *m = job->s->model;
    struct lt_clustering *c = &job->found;
    int64_t h, w, channels;
    int rc = check(job, err);
    if (!rc)
        rc = lt_arrange(m, job->table, job->s->listener, &job->view, err);
    if (!rc)
        rc = lt_rows_open(&job->columns, job->view, &m->prep, NULL, lt_table_rows(job->table),
                          BATCH, err);
    if (!rc)
        rc = open_sorted(&job->codes, LT_SPACE_CODES, job, err);
    *c = (struct lt_clustering){.model = m,
                                .view = job->view,
                                .rows = lt_table_rows(job->table),
                                .wanted = job->options->clusters,
                                .fitted = job->codes.fitted,
                                .image = lt_schema_image(&m->prep.schema, &h, &w, &channels)};
    if (!rc)
        c->judged_rows = judged_rows(&job->codes);
    return rc;
}

static int run(struct job *job, struct lt_error *err)
{
    struct lt_clustering *c = &job->found;
    int64_t clusters;
    int rc = choose(job, &clusters, err);
    if (!rc)
        rc = sort_rows(&job->codes, clusters, job->s, err);
    if (rc)
        return rc;
    c->clusters = job->codes.k.clusters;
    c->settled = job->codes.k.settled;
    c->left = share_left(&job->codes);
    rc = lt_alloc(&c->cluster, (size_t)c->clusters, sizeof *c->cluster, "clusters", err);
    if (rc)
        return rc;
    count_rows(job);
    rc = decode_centres(job, err);
    if (!rc && !c->image)
        rc = describe(job, err);
    if (!rc && job->labels)
        rc = compare_with_labels(job, err);
    return rc;
}

static void close_job(struct job *job)
{
    struct lt_clustering *c = &job->found;
    close_sorted(&job->codes);
    lt_rows_close(&job->columns);
    lt_table_free(&job->view);
    lt_contrast_free(&c->contrast);
    lt_free(c->cluster);
    lt_free(c->prototype);
    lt_free(job->decoded);
    lt_free(job->typical);
}

int lt_cluster_table(struct lt_session *s, struct lt_table *table, const struct lt_table *labels,
                     const char *path, const struct lt_cluster_options *options,
                     struct lt_report *report, struct lt_error *err)
{
    struct job job = {.s = s, .table = table, .labels = labels, .options = options};
    double started = lt_clock();
    int rc = open_job(&job, err);
    if (!rc)
        rc = run(&job, err);
    if (!rc && (!path || *path))
        rc = write_rows(&job, path, err);
    if (!rc)
        rc = draw_sheet(&job, err);
    if (!rc) {
        lt_cluster_report(&job.found, report);
        lt_report_number(report, "seconds", lt_clock() - started);
        rc = lt_report_seal(report, err);
    }
    close_job(&job);
    return rc;
}
