/* Telling how far work on rows has come, and asking whether to go on.
 */
#ifndef LT_APP_PACE_H
#define LT_APP_PACE_H

#include "base/error.h"
#include "latent.h"
#include <stdint.h>

struct lt_pace {
    const latent_listener *listener; /* NULL: nobody listens */
    const char *stage;               /* "writing", "scoring" */
    int64_t rows;                    /* of the work */
    double started, told;            /* clock */
};

struct lt_pace lt_pace_start(const latent_listener *listener, const char *stage, int64_t rows);

/* To be called often: tells at most ten times a second that `done` rows are done.  LT_EINTERRUPTED
 * when the listener wants no more, which the caller answers by writing nothing. */
int lt_pace_tell(struct lt_pace *pace, int64_t done, struct lt_error *err);

#endif
