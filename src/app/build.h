/* From words to a network: widths, activation, noise -> a symmetric spec.
 */
#ifndef LT_APP_BUILD_H
#define LT_APP_BUILD_H

#include "base/error.h"
#include "net/net.h"
#include <stdint.h>

enum { LT_HIDDEN_MAX = 12 };

/* What a symmetric autoencoder is made of:
 * inputs -> hidden[0] -> ... -> hidden[n-1] -> dims -> hidden[n-1] -> ... -> hidden[0] -> inputs */
struct lt_autoencoder {
    struct lt_shape input;
    int64_t dims;
    int hidden;
    int64_t widths[LT_HIDDEN_MAX];
    enum lt_act act; /* of hidden layers; the code is linear */
    bool tied;
    double dropout;
    enum lt_noise noise;
    double amount, low, high; /* of the noise */
    enum lt_loss loss;
    enum lt_act unit; /* of the output */
};

/* The inferred spec. Nodes are named input, noise, encoder1 ..., code, decoder1 ..., output. */
int lt_autoencoder_build(struct lt_net_spec *out, const struct lt_autoencoder *a,
                         struct lt_error *err);

/* "512,256", "none" (no hidden layer). LT_EUSAGE otherwise. */
int lt_parse_layers(const char *text, struct lt_autoencoder *a, struct lt_error *err);
/* "gaussian:0.1", "mask:25/255", "none". */
int lt_parse_noise(const char *text, struct lt_autoencoder *a, struct lt_error *err);
/* "784-512-256-50-256-512-784" */
void lt_autoencoder_text(const struct lt_net_spec *spec, char *text, size_t size);

#endif
