#include "kernels/isa.h"

#include "kernels/elementwise.h"
#include "kernels/ref/product.h"

extern const struct lt_elementwise lt_elementwise_base;
extern lt_product_fn lt_product_base;

#if defined(__x86_64__)
extern const struct lt_elementwise lt_elementwise_avx2, lt_elementwise_avx512;
extern lt_product_fn lt_product_avx2, lt_product_avx512;

static const struct lt_elementwise *const elementwise[LT_ISAS] = {
    &lt_elementwise_base, &lt_elementwise_avx2, &lt_elementwise_avx512};
static lt_product_fn *const product[LT_ISAS] = {lt_product_base, lt_product_avx2,
                                                lt_product_avx512};

bool lt_isa_has(enum lt_isa isa)
{
    switch (isa) {
    case LT_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case LT_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    default:
        return isa == LT_ISA_BASE;
    }
}
#else
static const struct lt_elementwise *const elementwise[LT_ISAS] = {&lt_elementwise_base};
static lt_product_fn *const product[LT_ISAS] = {lt_product_base};

bool lt_isa_has(enum lt_isa isa)
{
    return isa == LT_ISA_BASE;
}
#endif

enum lt_isa lt_isa_best(void)
{
    for (int isa = LT_ISAS - 1; isa > LT_ISA_BASE; isa--)
        if (lt_isa_has((enum lt_isa)isa))
            return (enum lt_isa)isa;
    return LT_ISA_BASE;
}

const char *lt_isa_name(enum lt_isa isa)
{
    static const char *const names[LT_ISAS] = {"base", "avx2", "avx512"};
    return isa < LT_ISAS ? names[isa] : "unknown";
}

const struct lt_elementwise *lt_elementwise_table(enum lt_isa isa)
{
    return lt_isa_has(isa) ? elementwise[isa] : NULL;
}

lt_product_fn *lt_product(enum lt_isa isa)
{
    return lt_isa_has(isa) ? product[isa] : NULL;
}
