/* Integer networks as bytes; see intnet.h for the format. */
#include "codec/intnet.h"

#include "base/mem.h"

enum { HEAD = 1 + 4, LAYER = 4 + 1, WEIGHT = 2, BIAS = 4 }; /* bytes */

/* ---- numbers in planes ---- */

static uint32_t zigzag(int32_t v)
{
    return (uint32_t)v << 1 ^ (v < 0 ? UINT32_MAX : 0);
}

static int32_t unzigzag(uint32_t u)
{
    return (int32_t)(u >> 1) ^ -(int32_t)(u & 1);
}

/* Number i of n of `width` bytes, which lie n apart. */
static void put(uint8_t *planes, size_t n, int width, size_t i, int32_t v)
{
    const uint32_t u = zigzag(v);
    for (int k = 0; k < width; k++)
        planes[(size_t)k * n + i] = (uint8_t)(u >> 8 * k);
}

static int32_t get(const uint8_t *planes, size_t n, int width, size_t i)
{
    uint32_t u = 0;
    for (int k = 0; k < width; k++)
        u |= (uint32_t)planes[(size_t)k * n + i] << 8 * k;
    return unzigzag(u);
}

static void put_u32(uint8_t *to, uint32_t v)
{
    for (int k = 0; k < 4; k++)
        to[k] = (uint8_t)(v >> 8 * k);
}

static uint32_t get_u32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* ---- sizes ---- */

static size_t layer_weights(const struct lt_intlayer *l)
{
    return (size_t)l->inputs * (size_t)l->outputs;
}

static size_t file_size(const struct lt_intnet *net)
{
    size_t size = HEAD;
    for (int k = 0; k < net->layers; k++)
        size +=
            LAYER + (size_t)net->layer[k].outputs * BIAS + layer_weights(&net->layer[k]) * WEIGHT;
    return size;
}

/* ---- writing ---- */

static uint8_t *write_layer(const struct lt_intlayer *l, uint8_t *to)
{
    const size_t outputs = (size_t)l->outputs, inputs = (size_t)l->inputs;
    for (size_t o = 0; o < outputs; o++)
        put(to, outputs, BIAS, o, l->biases[o]);
    to += outputs * BIAS;
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            put(to, outputs * inputs, WEIGHT, o * inputs + i,
                l->weights[o * (size_t)l->stride + i]);
    return to + outputs * inputs * WEIGHT;
}

int lt_intnet_write(const struct lt_intnet *net, uint8_t **bytes, size_t *size, size_t *capacity,
                    struct lt_error *err)
{
    const size_t more = file_size(net);
    int rc = lt_grow(bytes, capacity, *size + more, 1, "an integer network", err);
    if (rc)
        return rc;
    uint8_t *to = *bytes + *size;
    *to = (uint8_t)net->layers;
    put_u32(to + 1, (uint32_t)net->layer[0].inputs);
    to += HEAD;
    for (int k = 0; k < net->layers; k++, to += LAYER) {
        put_u32(to, (uint32_t)net->layer[k].outputs);
        to[4] = (uint8_t)net->layer[k].shift;
    }
    for (int k = 0; k < net->layers; k++)
        to = write_layer(&net->layer[k], to);
    *size += more;
    return 0;
}

/* ---- reading ---- */

static const uint8_t *read_layer(struct lt_intlayer *l, const uint8_t *from)
{
    const size_t outputs = (size_t)l->outputs, inputs = (size_t)l->inputs;
    for (size_t o = 0; o < outputs; o++)
        l->biases[o] = get(from, outputs, BIAS, o);
    from += outputs * BIAS;
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            l->weights[o * (size_t)l->stride + i] =
                (int16_t)get(from, outputs * inputs, WEIGHT, o * inputs + i);
    return from + outputs * inputs * WEIGHT;
}

/* What the bytes hold beside the numbers: widths, and the size that these ask for. */
static int read_sizes(const uint8_t *bytes, size_t size, int64_t widths[LT_INTNET_LAYERS + 1],
                      struct lt_error *err)
{
    const size_t layers = size > 0 ? bytes[0] : 0;
    if (layers < 1 || layers > LT_INTNET_LAYERS || size < HEAD + layers * LAYER)
        return lt_fail(err, LT_ECONTENT, "an integer network is damaged: %zu bytes cannot hold it",
                       size);
    uint64_t need = HEAD + layers * LAYER;
    widths[0] = get_u32(bytes + 1);
    for (size_t k = 0; k < layers; k++) {
        widths[k + 1] = get_u32(bytes + HEAD + k * LAYER);
        if (widths[k] > LT_INTNET_WIDTH || widths[k + 1] > LT_INTNET_OUTPUTS)
            return lt_fail(err, LT_ECONTENT, "an integer network is damaged: a layer is too wide");
        need += (uint64_t)widths[k + 1] * (uint64_t)(BIAS + WEIGHT * widths[k]);
    }
    if (need != size)
        return lt_fail(err, LT_ECONTENT,
                       "an integer network is damaged: it takes %llu bytes but has %zu",
                       (unsigned long long)need, size);
    return 0;
}

int lt_intnet_read(struct lt_intnet **out, const uint8_t *bytes, size_t size, enum lt_isa isa,
                   struct lt_error *err)
{
    int64_t widths[LT_INTNET_LAYERS + 1];
    *out = NULL;
    int rc = read_sizes(bytes, size, widths, err);
    if (!rc)
        rc = lt_intnet_create(out, bytes[0], widths, isa, err);
    if (rc)
        return rc;
    const uint8_t *from = bytes + HEAD + bytes[0] * LAYER;
    for (int k = 0; k < bytes[0]; k++) {
        (*out)->layer[k].shift = bytes[HEAD + k * LAYER + 4];
        from = read_layer(&(*out)->layer[k], from);
    }
    rc = lt_intnet_seal(*out, err);
    if (rc)
        lt_intnet_free(out);
    return rc;
}
