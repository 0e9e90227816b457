/* Planning what packed rows are mapped to: all rows are read once. */
#ifndef LT_APP_PACKPLAN_H
#define LT_APP_PACKPLAN_H

#include "app/packsource.h"
#include "latent.h"

struct lt_packplan {
    const struct lt_packsource *source;
    const struct lt_bound *bounds;   /* (columns) */
    const unsigned char *levels;     /* (256): what pixels become first; NULL: nothing */
    const latent_listener *listener; /* told of reading */
};
/* *bytes: of all rows (lt_packchunk_bytes). */
int lt_packplan(struct lt_planes **out, const struct lt_packplan *plan, uint64_t *bytes,
                struct lt_error *err);

#endif
