/* A pattern for data that is to be packed: what its planes are like, and the networks that help to code
 * them as long as they save more than they cost.
 *
 * Some rows are read, in runs spread over the data; nine in ten teach, the others judge.  Networks are
 * tried in turn (app/pattern_fit.h): each stays when the rows that judge, scaled up to all rows, become
 * smaller by more than its bytes.  Before them, where there is much data, a code is tried
 * (app/packcode.h), which stays if it pays for its bits and its decoder (app/packweigh.h).
 */
#ifndef LT_APP_PACKLEARN_H
#define LT_APP_PACKLEARN_H

#include "app/packsource.h"
#include "app/packweigh.h"
#include "codec/pattern.h"
#include "latent.h"

struct lt_packlearn {
    const struct lt_packsource *source;
    const struct lt_planes *planes;
    const unsigned char *levels;  /* (256): what pixels become first; NULL: nothing */
    bool weigh;                   /* try a code */
    int64_t dims;                 /* of it; 0: the default */
    const struct lt_model *model; /* that gives its encoder (lt_packcode_suits); NULL: none does */
    double budget; /* seconds for networks; 0: none; below 0: steps by how many values there are, so
                    that the clock decides nothing */
    uint64_t seed;
    const char *backend;
    int threads;
    const latent_listener *listener;
};

/* What was found on the rows that judge, in bits a value; NaN: not tried. */
struct lt_packlearned {
    double plain;                 /* contexts alone, no networks */
    double linear, values, trees; /* each beside what came before */
    double seconds;
    struct lt_packweighed weighed; /* decoder 0: no code was tried */
    bool coded;                    /* the code stayed */
};
/* *code: the one that stayed, or NULL. */
int lt_packlearn(struct lt_pattern **out, struct lt_packcode **code,
                 const struct lt_packlearn *learn, struct lt_packlearned *learned,
                 struct lt_error *err);

#endif
