/* What an autoencoder tells of rows: bits and errors. */
#include "app/packcode_parts.h"
#include "base/mem.h"
#include <math.h>
#include <string.h>

enum {
    SEARCH = 24,
    SPAN = 4096, /* integers that are counted, to either side of 0 */
};
static const double FINEST = 0.05, COARSEST = 20; /* steps, of what the noise means */

/* ---- what it tells of the rows ---- */

void lt_codemake_encode(struct lt_codemake *m)
{
    int64_t ids[LT_PACKCODE_BATCH];
    for (int64_t at = 0; at < m->rows->rows; at += LT_PACKCODE_BATCH) {
        int64_t n = m->rows->rows - at < LT_PACKCODE_BATCH ? m->rows->rows - at : LT_PACKCODE_BATCH;
        for (int64_t i = 0; i < n; i++)
            ids[i] = at + i;
        lt_codemake_read(m, ids, n, m->x);
        struct lt_pass pass = {.rows = n};
        lt_net_put_input(m->net, m->x, n);
        lt_net_encode(m->net, &pass);
        lt_net_get_code(m->net, m->mean + at * m->dims, n);
        lt_net_get_spread(m->net, m->sigma + at * m->dims, n);
    }
}

/* Divergences and noise of every number; all nats of a row. */
double lt_codemake_measure(struct lt_codemake *m)
{
    double all = 0, rows = (double)m->rows->rows;
    for (int64_t k = 0; k < m->dims; k++) {
        double nats = 0, logs = 0;
        for (int64_t r = 0; r < m->rows->rows; r++) {
            double z = (double)m->mean[r * m->dims + k], s = (double)m->sigma[r * m->dims + k];
            s = fmax(s, 1e-4);
            nats += 0.5 * (z * z + s * s - 1) - log(s);
            logs += log(s);
        }
        m->nats[k] = nats / rows;
        m->noise[k] = exp(logs / rows);
        all += m->nats[k];
    }
    return all;
}

/* Mean squared error of a value of rows that judge, from codes (dims wide) rounded to steps of `coarse`
 * times what the noise means; 0: not rounded. */
static double decode_error(struct lt_codemake *m, double coarse)
{
    float *z = m->x; /* room for both: dims <= planes */
    double sum = 0;
    int64_t first = m->taught < m->rows->rows ? m->taught : 0, all = m->rows->rows - first;
    for (int64_t at = first; at < m->rows->rows; at += LT_PACKCODE_BATCH) {
        int64_t n = m->rows->rows - at < LT_PACKCODE_BATCH ? m->rows->rows - at : LT_PACKCODE_BATCH;
        for (int64_t i = 0; i < n * m->dims; i++) {
            double step = coarse * sqrt(12) * m->noise[i % m->dims];
            double v = (double)m->mean[at * m->dims + i];
            if (coarse > 0)
                v = m->nats[i % m->dims] < LT_PACKCODE_CARRIES ? 0 : step * rint(v / step);
            z[i] = (float)v;
        }
        struct lt_pass pass = {.rows = n};
        lt_net_put_code(m->net, z, n);
        lt_net_decode(m->net, &pass);
        lt_net_get_output(m->net, m->x, n);
        for (int64_t i = 0; i < n * m->planes; i++) {
            double y = fmax(0, fmin(1, (double)m->x[i]));
            double d = y - m->rows->x[at * m->planes + i] / 65535.0;
            sum += d * d;
        }
    }
    return sum / (double)(all * m->planes);
}

/* Bits of a row's integers by the entropy of each. */
static double entropy_of(const struct lt_codemake *m, double coarse, int64_t *counts)
{
    double bits = 0, rows = (double)m->rows->rows;
    for (int64_t k = 0; k < m->dims; k++) {
        double step = coarse * sqrt(12) * m->noise[k];
        if (m->nats[k] < LT_PACKCODE_CARRIES)
            continue;
        memset(counts, 0, 2 * SPAN * sizeof *counts);
        for (int64_t r = 0; r < m->rows->rows; r++) {
            double v = rint((double)m->mean[r * m->dims + k] / step);
            counts[(int64_t)fmax(-SPAN, fmin(SPAN - 1, v)) + SPAN]++;
        }
        for (int i = 0; i < 2 * SPAN; i++)
            if (counts[i] > 0)
                bits -= (double)counts[i] / rows * log2((double)counts[i] / rows);
    }
    return bits;
}

/* How much a nat weighs from now on, so that bits, or the error, become what is wanted. */
void lt_codemake_weigh(struct lt_codemake *m)
{
    const struct lt_packcode_settings *s = m->settings;
    double bits = lt_codemake_measure(m) / log(2), by = 1;
    int64_t active = 0;
    for (int64_t k = 0; k < m->dims; k++)
        active += m->nats[k] >= LT_PACKCODE_CARRIES;
    if (s->bits > 0)
        by = exp2(2 * (bits - s->bits) / (double)(active > 0 ? active : 1));
    else if (s->error > 0)
        by = s->error / decode_error(m, 1);
    m->weight *= fmax(0.1, fmin(10, by));
}

int lt_codemake_steps(struct lt_codemake *m, double *coarse, double *bits, struct lt_error *err)
{
    const struct lt_packcode_settings *s = m->settings;
    double low = log(FINEST), high = log(COARSEST);
    int64_t *counts = NULL;
    int rc = lt_alloc(&counts, 2 * SPAN, sizeof *counts, "a code", err);
    bool decided = s->bits > 0 || s->error > 0;
    for (int i = 0; i < (s->bits > 0 ? SEARCH : SEARCH / 3) && decided && !rc; i++) {
        double middle = (low + high) / 2;
        bool finer = s->bits > 0 ? entropy_of(m, exp(middle), counts) <= s->bits
                                 : decode_error(m, exp(middle)) > s->error;
        *(finer ? &high : &low) = middle;
    }
    *coarse = !decided ? 1 : exp(s->bits > 0 ? high : low);
    *bits = rc ? 0 : entropy_of(m, *coarse, counts);
    lt_free(counts);
    return rc;
}
