/* A model in memory: everything needed to apply and to judge it, and nothing
 * that could execute.
 *
 * Schema and scaling turn rows into inputs; one or more networks (a detector
 * may be an ensemble) turn inputs into codes and back; the baselines, fitted
 * on the same training rows, stand beside every verdict; the record tells how
 * it was made.  modelfile.h writes and reads it as one safetensors file.
 */
#ifndef LT_MODEL_MODEL_H
#define LT_MODEL_MODEL_H

#include "base/error.h"
#include "model/detector.h"
#include "model/json.h"
#include "model/profile.h"
#include "model/sha256.h"
#include "net/net.h"
#include "prep/prep.h"
#include <stdint.h>

enum { LT_NETWORKS_MAX = 64 };
#define LT_CLASSIFIER_ROLE "classifier" /* the one network that reads more than features */

struct lt_network {
    char role[LT_NODE_NAME]; /* "autoencoder" for the main one; unique in the model */
    struct lt_net_spec spec; /* inferred */
    struct lt_params layout;
    float *params; /* (layout.total), owned */
};

struct lt_baseline { /* of the training rows, in scaled units */
    int64_t dims;    /* K of the PCA kept here; may be less than the code's */
    float *mean;     /* (D) */
    float *basis;    /* (K, D), orthonormal rows, largest variance first */
    float *variance; /* (K), of the training rows along each row of the basis */
};

struct lt_model {
    struct lt_prep prep;
    int networks;
    struct lt_network network[LT_NETWORKS_MAX];
    struct lt_baseline baseline;
    struct lt_detector detector;
    struct lt_profile profile;
    struct lt_json *imputer;    /* what an imputer knows of the columns, an object; NULL: none */
    struct lt_json *classifier; /* what a classifier says, an object; NULL: none */
    struct lt_json *record;     /* settings, data, errors and history; an object */
    char weights_sha256[LT_SHA256_HEX]; /* over the networks' params in order, f32 little-endian */
};

/* An empty model, and its end.  lt_model_free frees all that is in it. */
int lt_model_create(struct lt_model **out, struct lt_error *err);
void lt_model_free(struct lt_model **model);
/* Whether a network of this role, made of a-z, 0-9 and _, can be added. */
int lt_model_check_role(const struct lt_model *model, const char *role, struct lt_error *err);
/* Copies spec and params in as the next network. */
int lt_model_add_network(struct lt_model *model, const char *role, const struct lt_net_spec *spec,
                         const float *params, struct lt_error *err);
/* Computes weights_sha256; call when the networks are final. */
void lt_model_seal(struct lt_model *model);

#endif
