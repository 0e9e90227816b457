/* Packing one file: what its steps share.
 *
 *     plan     what rows are mapped to (app/packplan.h)
 *     learn    the pattern that codes them (app/packlearn.h), and a code where it pays (app/packcode.h)
 *     write    blocks, each unpacked again and compared, into a file that is not yet in place
 *
 * Lossy images go through these more than once, until what was asked for is met (packlossy.c).
 */
#ifndef LT_APP_PACKJOB_H
#define LT_APP_PACKJOB_H

#include "app/pack.h"
#include "app/packblock.h"
#include "app/packcode.h"
#include "app/packhead.h"
#include "app/packreport.h"
#include "app/packsource.h"

struct lt_packjob {
    const struct lt_pack_options *options;
    int threads;
    double started; /* lt_clock */
    struct lt_packsource source;
    struct lt_bound *bounds; /* (columns) */
    struct lt_packhead head;
    struct lt_model *trained;    /* whose code is tried; NULL: one of its own */
    struct lt_pattern *pattern;  /* NULL: blocks are kept by general methods */
    struct lt_packcode *code;    /* NULL: none */
    const unsigned char *levels; /* (256), of images that lose levels; NULL: they do not */
    struct lt_growable model;    /* its bytes, whole; none where used is 0 */
    struct lt_pack_writer *writer;
    struct lt_packtold told;
    bool sized; /* what other methods make of the data is told */
};

/* Finds job->head.planes, in place of those that were found before. */
int lt_packjob_plan(struct lt_packjob *job, struct lt_error *err);
/* Finds job->pattern, likewise, and writes job->model; networks have `budget` seconds, as in
 * app/packlearn.h. */
int lt_packjob_learn(struct lt_packjob *job, double budget, struct lt_error *err);
/* Bytes of the header of text, which are not among those of its rows. */
static inline size_t lt_packjob_header(const struct lt_packjob *job)
{
    return job->source.table ? 0 : job->source.format.header;
}
struct lt_packway lt_packjob_way(const struct lt_packjob *job);

/* Writes the file, in place of one that was written and not committed; fills job->told. */
int lt_packjob_write(struct lt_packjob *job, struct lt_error *err);

/* Plans, learns and writes images so that they have the PSNR, or the size, that is asked for. */
int lt_packjob_lossy(struct lt_packjob *job, struct lt_error *err);

#endif
