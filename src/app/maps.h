/* The codes of a model as a map of rows: how good it is, beside PCA's, and a picture of it.
 *
 * Codes of up to LT_MAP_DIMS numbers are looked at as maps, and all codes that --neighbours made. Of
 * more than LT_MAP_ROWS rows, and of fewer where rows are so wide that they would not fit into memory,
 * a sample that the seed names is looked at; of fewer than LT_MAP_ROWS_LEAST none.
 */
#ifndef LT_APP_MAPS_H
#define LT_APP_MAPS_H

#include "app/mapquality.h"
#include "app/report.h"
#include "data/table.h"
#include "model/model.h"

enum { LT_MAP_DIMS = 3, LT_MAP_ROWS = 10000 };

struct lt_map_case {
    const struct lt_model *model;
    const struct lt_table *table;  /* with the columns of the model */
    const struct lt_table *labels; /* of its rows; NULL: none */
    const char *path;              /* of a picture; NULL: none */
    struct lt_backend *backend;
    uint64_t seed;
};

/* What can be said of a picture before any work: LT_EUSAGE where the codes are not two numbers, or where
 * files of this name hold no pictures. */
int lt_map_check(const struct lt_model *model, const char *path, struct lt_error *err);

/* Adds a line and the keys `map.*`, `pca.trustworthiness`, `pca.continuity` and `pca.accuracy`
 * (docs/json.md); draws the picture. */
int lt_map_report(const struct lt_map_case *maps, struct lt_report *report, struct lt_error *err);

#endif
