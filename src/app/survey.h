/* A survey: what rows look like through a model, subject by subject.
 *
 * The subjects are those of a profile (model/profile.h): columns, dimensions of the code, the
 * error.  A survey holds all their values, sorted; a profile is what a model keeps of one.
 */
#ifndef LT_APP_SURVEY_H
#define LT_APP_SURVEY_H

#include "kernels/backend.h"
#include "model/model.h"

struct lt_survey_subject {
    int64_t rows, missing; /* looked at, and of them without a value */
    float *value;  /* numbers: (rows), the rows - missing present ones ascending; else NULL */
    double *level; /* levels: (levels) counts; else NULL */
    int64_t levels;
    double mean, spread, median; /* of numbers, in the units of the data */
};

struct lt_survey {
    int64_t subjects; /* D + K + 1 */
    struct lt_survey_subject *subject;
    float *values;  /* those of all subjects */
    double *levels; /* the same */
};

struct lt_survey_request {
    const struct lt_model *model;
    struct lt_backend *backend;
    const struct lt_table *table; /* its columns are the model's, in its order */
    const int64_t *rows;          /* (count) */
    int64_t count;
    bool network;       /* look at codes and errors as well; else they have no rows */
    int64_t error_from; /* of the rows, the first whose error counts */
};
int lt_survey_take(struct lt_survey *out, const struct lt_survey_request *request,
                   struct lt_error *err);
void lt_survey_free(struct lt_survey *survey);

/* Scores of the same rows; for models with a detector. */
int lt_survey_scores(const struct lt_survey_request *request, double *score /* (count) */,
                     struct lt_error *err);

/* Whether a column's values are compared as numbers.  A time's are not: it moves on by itself. */
bool lt_survey_is_number(const struct lt_column *column);

/* The most rows of this many features that a survey takes. */
int64_t lt_survey_most(int64_t features);
/* Which rows to look at: all when there are no more than that, else a sample named by the seed.
 * *rows (count) is freed with lt_free. */
int lt_survey_rows(int64_t **rows, int64_t *count, int64_t total, int64_t features, uint64_t seed,
                   struct lt_error *err);

/* The value at rank `at` as a knot may show it: itself where LT_KNOT_ROWS rows share it, else the mean
 * of that many around it, or of all when there are fewer. */
float lt_survey_knot(const float *value /* (n), ascending */, int64_t n, int64_t at);

#endif
