/* A matrix product cut into tiles of C by a rule that knows only its shape.
 *
 * Each tile is one single-threaded oneDNN product over the whole of k, so its
 * bits depend neither on how many threads share the tiles nor on which.  C is
 * cut into equal strips of at most 512 columns, a strip into tiles as high as
 * the first of `sizes` that fits.
 *
 * A product whose number of rows changes from call to call (forward, data
 * gradient) computes lt_tiles_rows of them.  With oneDNN's AVX-512 kernels a
 * row of C has the same bits in a tile of any height (a test looks), so tall
 * tiles do most of the work.  Its AVX2 kernels compute rows in groups of six
 * and the rest differently, and choose by height, as its AMX kernels do: there
 * all tiles have one height.
 */
#ifndef LT_KERNELS_CPU_TILES_H
#define LT_KERNELS_CPU_TILES_H

#include "kernels/cpu/onednn.h"

enum { LT_TILE_SIZES = 4 };

struct lt_tiles {
    struct lt_kernel_spec spec; /* m is the most rows in a call */
    int64_t columns, column_tiles;
    int64_t sizes[LT_TILE_SIZES];                /* heights, falling; 0 ends */
    struct lt_kernel *kernels[LT_TILE_SIZES][2]; /* by height; inside, last column tile */
};

/* Plans C (m, n) = A B in tiles; `any_rows`: for lt_tiles_rows of any number up
 * to m, else for exactly m. */
int lt_tiles_create(struct lt_tiles *out, struct lt_onednn *o, const struct lt_kernel_spec *spec,
                    bool any_rows, struct lt_error *err);
void lt_tiles_free(struct lt_tiles *tiles); /* a zeroed one is allowed */

/* The rows that are computed where `rows` are asked for; at most the next
 * multiple of LT_ROW_BLOCK. */
int64_t lt_tiles_rows(int64_t rows);

/* The number of tiles for m rows, and tile `index` of them. */
size_t lt_tiles_count(const struct lt_tiles *tiles, int64_t m);
struct lt_tile {
    int64_t row, column, rows, columns; /* the part of C */
    struct lt_kernel *kernel;
};
struct lt_tile lt_tiles_at(const struct lt_tiles *tiles, int64_t m, size_t index);

/* Computes one tile of the product of whole matrices a, b, c. */
void lt_tile_run(const struct lt_tiles *tiles, const struct lt_tile *tile, int thread,
                 const void *a, const void *b, float *c);

#endif
