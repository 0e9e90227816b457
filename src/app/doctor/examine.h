/* What the doctor's checks share. */
#ifndef LT_APP_DOCTOR_EXAMINE_H
#define LT_APP_DOCTOR_EXAMINE_H

#include "app/doctor.h"

enum { LT_DOCTOR_ROWS = 37 }; /* a whole block of rows and a remainder */

struct lt_patient {
    const struct lt_model *model;
    const struct lt_network *network;
    struct lt_backend *backend;
    int64_t inputs, dims; /* D, K */
    float *rows;          /* (LT_DOCTOR_ROWS, D) */
    int64_t row_ids[LT_DOCTOR_ROWS];
};

enum { LT_FINDING_VALUES = 4 };
struct lt_finding {
    bool passed;
    char text[240]; /* one line */
    struct {
        const char *key;
        double value;
    } value[LT_FINDING_VALUES]; /* unused: key NULL */
};

/* A check returns nonzero only when it could not be made. */
struct lt_check {
    const char *name;
    int (*run)(const struct lt_patient *p, struct lt_finding *f, struct lt_error *err);
};
extern const struct lt_check lt_check_gradients, lt_check_overfitting, lt_check_threads,
    lt_check_backends, lt_check_file;

/* The randomness of a training pass over the patient's rows. */
struct lt_pass lt_patient_pass(const struct lt_patient *p, int64_t rows);

/* Everything a network makes of the patient's rows, on the host. */
struct lt_response {
    float *codes;     /* (LT_DOCTOR_ROWS, K) */
    float *outputs;   /* (LT_DOCTOR_ROWS, D) */
    float *gradients; /* (params), of a training pass */
    size_t code_count, output_count, gradient_count;
};
/* By a network with these weights on a backend; `gradients` false leaves them out. */
int lt_patient_respond(const struct lt_patient *p, struct lt_backend *backend,
                       const float *weights /* (params) */, bool gradients, struct lt_response *out,
                       struct lt_error *err);
void lt_response_free(struct lt_response *response);

#endif
