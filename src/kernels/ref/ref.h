/* The reference backend: plain triple loops, no library, the same bits on
 * every machine. The oracle of every test, and the only backend of a minimal
 * build. */
#ifndef LT_KERNELS_REF_REF_H
#define LT_KERNELS_REF_REF_H

#include "kernels/backend.h"

extern const struct lt_backend_ops lt_ref_ops;

#endif
