/* Passing over the rows of a packed file: blocks are decoded on all threads and handed on in order.
 */
#ifndef LT_APP_PACKUNIT_H
#define LT_APP_PACKUNIT_H

#include "app/packblock.h"
#include "app/packhead.h"
#include "latent.h"

struct lt_packunit {
    const struct lt_packfile *file;
    int64_t from, to; /* rows: blocks with none of them are not touched, but in a stream */
    int threads;      /* 0: all CPUs */
    const char *stage;
    const latent_listener *listener;
    /* The rows of a block, in order; good until it returns. */
    int (*take)(void *context, const struct lt_packrows *rows, struct lt_error *err);
    void *context;
};
int lt_packunit_run(const struct lt_packunit *unit, struct lt_error *err);

#endif
