#include "app/fingerprint.h"

#include "base/mem.h"
#include <stdio.h>

static uint64_t mix(uint64_t hash, const void *bytes, size_t n) /* FNV-1a */
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ b[i]) * 0x100000001b3u;
    return hash;
}

int lt_fingerprint(char *out, size_t size, const struct lt_training *f, struct lt_error *err)
{
    enum { SAMPLE = 32 };
    const struct lt_train_settings *t = &f->recipe->train;
    const struct lt_autoencoder *a = &f->recipe->shape;
    size_t d = (size_t)f->prep->features;
    int64_t n = f->parts[LT_PART_TRAIN].count < SAMPLE ? f->parts[LT_PART_TRAIN].count : SAMPLE;
    char network[600];
    float *x = NULL;
    int rc = lt_alloc(&x, SAMPLE * d, sizeof *x, "a checkpoint", err);
    if (!rc)
        rc = lt_feed_rows(f->feed, f->rows, n, x, err);
    if (rc) {
        lt_free(x);
        return rc;
    }
    uint64_t hash = mix(0xcbf29ce484222325u, f->prep->offset, d * sizeof(double));
    hash = mix(hash, f->prep->scale, d * sizeof(double));
    hash = mix(hash, f->prep->knot_value, (size_t)f->prep->knots * sizeof(double));
    hash = mix(hash, x, (size_t)n * d * sizeof(float));
    if (f->partners) {
        rc = lt_feed_rows(f->partners, f->rows, n, x, err);
        hash = mix(hash, x, (size_t)n * d * sizeof(float));
    }
    lt_free(x);
    if (rc)
        return rc;
    lt_autoencoder_text(&f->recipe->spec, network, sizeof network);
    snprintf(out, size,
             "rows %lld+%lld, network %s, act %s, norm %s, loss %s, tied %d, dropout %g, noise "
             "%s:%g-%g, "
             "sparse %s:%lld:%g:%g, contractive %g, neighbours %g, ordered %d, vae %d:%g:%g, "
             "binarise %d, "
             "optimizer %s lr %g momentum %g decay %g clip %g, schedule %s warmup %lld, l1 %g l2 "
             "%g, batch %lld, steps %lld, budget %g, patience %lld, seed %llu, precision %s, "
             "backend %s, data %016llx",
             (long long)f->parts[LT_PART_TRAIN].count, (long long)f->parts[LT_PART_STOP].count,
             network, lt_act_name(a->act), lt_norm_name(a->norm), lt_loss_name(a->loss), a->tied,
             a->dropout, lt_noise_name(a->noise), a->amount, a->most, lt_sparsity_name(a->sparsity),
             (long long)a->keep, a->rho, a->penalty, a->contraction, a->attraction, a->ordered,
             a->variational, a->beta, a->variance, f->recipe->binarised, t->optimizer->name,
             t->optimizer_settings.lr, t->optimizer_settings.momentum, t->optimizer_settings.decay,
             t->optimizer_settings.clip, lt_schedule_name(t->schedule.kind),
             (long long)t->schedule.warmup, t->l1, t->l2, (long long)t->batch, (long long)t->steps,
             t->budget, (long long)t->patience, (unsigned long long)t->seed,
             f->recipe->precision == LT_PRECISION_BF16 ? "bf16" : "f32", f->backend->ops->name,
             (unsigned long long)hash);
    return 0;
}
