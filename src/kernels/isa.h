/* Instruction sets.
 *
 * elementwise.c, ref/product.c, codec/intdot.c and codec/mixsymbol.c are compiled once per
 * instruction set with -DLT_ISA=base, avx2 or avx512 (and the compiler's flags for it); which copy
 * runs is decided at run time.  All copies give the same bits: they are the
 * same additions and multiplications in the same order, never contracted, and
 * a vector of 4, 8 or 16 lanes only changes how many of them happen at once.
 */
#ifndef LT_KERNELS_ISA_H
#define LT_KERNELS_ISA_H

#include <stdbool.h>

enum lt_isa {
    LT_ISA_BASE, /* what every machine of this architecture has */
    LT_ISA_AVX2,
    LT_ISA_AVX512, /* F, BW, DQ and VL */
    LT_ISAS
};

/* NAME_ISA, for a file that is compiled once per instruction set. */
#define LT_ISA_PASTE_(name, isa) name##_##isa
#define LT_ISA_PASTE(name, isa) LT_ISA_PASTE_(name, isa)
#define LT_ISA_NAME(name) LT_ISA_PASTE(name, LT_ISA)

/* Whether this CPU has an instruction set and this build holds it. */
bool lt_isa_has(enum lt_isa isa);
/* The widest instruction set that this CPU has and this build holds. */
enum lt_isa lt_isa_best(void);

/* "base", "avx2", "avx512" */
const char *lt_isa_name(enum lt_isa isa);

/* Tells the compiler that the iterations of the loop that follows are
 * independent even where its pointers name the same array (in place). */
#if defined(__clang__)
#define LT_EACH _Pragma("clang loop vectorize(assume_safety)")
#else
#define LT_EACH _Pragma("GCC ivdep")
#endif

#endif
