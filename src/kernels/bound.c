#include "kernels/bound.h"

#if LT_HAVE_DNNL
#include "kernels/cpu/bare.h"

int lt_bound_measure(const struct lt_bound_layer *layers, size_t count, int64_t batch,
                     enum lt_precision precision, int threads, double seconds, struct lt_bound *out,
                     struct lt_error *err)
{
    return lt_bare_measure(layers, count, batch, precision, threads, seconds, out, err);
}
#else
int lt_bound_measure(const struct lt_bound_layer *layers, size_t count, int64_t batch,
                     enum lt_precision precision, int threads, double seconds, struct lt_bound *out,
                     struct lt_error *err)
{
    (void)layers, (void)count, (void)batch, (void)precision, (void)threads, (void)seconds;
    *out = (struct lt_bound){0};
    return lt_fail(err, LT_EUSAGE, "this build has no oneDNN, so there is no bound to measure");
}
#endif
