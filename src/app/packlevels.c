#include "app/packlevels.h"

#include <math.h>

/* Sums over values below v, so that those of a cell are differences. */
struct sums {
    double count[LT_LEVELS + 1], first[LT_LEVELS + 1], second[LT_LEVELS + 1];
};

static void add_up(struct sums *s, const int64_t *seen)
{
    s->count[0] = s->first[0] = s->second[0] = 0;
    for (int v = 0; v < LT_LEVELS; v++) {
        double n = (double)seen[v];
        s->count[v + 1] = s->count[v] + n;
        s->first[v + 1] = s->first[v] + n * v;
        s->second[v + 1] = s->second[v] + n * v * v;
    }
}

/* What the values from a to below b become, the squared errors of that, and its bits. */
static double level_of(const struct sums *s, int a, int b, double *error, double *bits)
{
    double n = s->count[b] - s->count[a], sum = s->first[b] - s->first[a];
    double level = n > 0 ? rint(sum / n) : a;
    *error = s->second[b] - s->second[a] - 2 * level * sum + level * level * n;
    *bits = n > 0 ? -n * log2(n / s->count[LT_LEVELS]) : 0;
    return level;
}

void lt_levels_best(struct lt_levels *out, const int64_t *seen, double lambda)
{
    struct sums s;
    double best[LT_LEVELS + 1] = {0}, error, bits;
    int from[LT_LEVELS + 1];
    add_up(&s, seen);
    for (int b = 1; b <= LT_LEVELS; b++) {
        best[b] = INFINITY;
        for (int a = b - 1; a >= 0; a--) {
            level_of(&s, a, b, &error, &bits);
            double cost = best[a] + error + lambda * bits;
            if (cost < best[b]) {
                best[b] = cost;
                from[b] = a;
            }
        }
    }
    *out = (struct lt_levels){0};
    for (int b = LT_LEVELS; b > 0; b = from[b]) {
        double level = level_of(&s, from[b], b, &error, &bits);
        for (int v = from[b]; v < b; v++)
            out->become[v] = (unsigned char)level;
        out->count += s.count[b] > s.count[from[b]];
        out->error += error / s.count[LT_LEVELS];
        out->entropy += bits / s.count[LT_LEVELS];
    }
}

/* Fewer levels with every lambda: the last one that is still fine, or the first. */
enum { STEPS = 40 };
static const double LEAST = 1e-4, MOST = 1e6;

void lt_levels_within(struct lt_levels *out, const int64_t *seen, double most)
{
    double low = log(LEAST), high = log(MOST);
    struct lt_levels l;
    lt_levels_best(out, seen, 0);
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        lt_levels_best(&l, seen, exp(middle));
        if (l.error <= most) {
            *out = l;
            low = middle;
        } else
            high = middle;
    }
}

void lt_levels_below(struct lt_levels *out, const int64_t *seen, double most)
{
    double low = log(LEAST), high = log(MOST);
    struct lt_levels l;
    lt_levels_best(out, seen, 0);
    if (out->entropy <= most)
        return;
    lt_levels_best(out, seen, MOST);
    for (int i = 0; i < STEPS; i++) {
        double middle = (low + high) / 2;
        lt_levels_best(&l, seen, exp(middle));
        if (l.entropy <= most) {
            *out = l;
            high = middle;
        } else
            low = middle;
    }
}

double lt_psnr_error(double psnr)
{
    return 255.0 * 255.0 * pow(10, -psnr / 10);
}
double lt_error_psnr(double error)
{
    return 10 * log10(255.0 * 255.0 / error);
}
