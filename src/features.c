#include "latent.h"
#include <string.h>

/* What this build is and which words it understands. */

const char *latent_version(void)
{
    return LATENT_VERSION;
}

#ifdef LT_HAVE_DNNL
#define ONEDNN "matrix products     oneDNN\n"
#else
#define ONEDNN "matrix products     plain C (built without oneDNN: training is slow)\n"
#endif
#ifdef LT_HAVE_LAPACKE
#define LAPACK "training            yes (LAPACK for PCA)\n"
#else
#define LAPACK "training            no (built without LAPACK)\n"
#endif
#ifdef LT_HAVE_ZLIB
#define GZIP "gzip files          yes\n"
#else
#define GZIP "gzip files          no\n"
#endif
#ifdef LT_HAVE_LIBZIP
#define NPZ "npz archives        yes\n"
#else
#define NPZ "npz archives        no\n"
#endif
#ifdef LT_HAVE_PNG
#define PNG "png sheets          yes\n"
#else
#define PNG "png sheets          no\n"
#endif
#ifdef LT_HAVE_PNG
#define PNG_IMAGES "PNG, "
#else
#define PNG_IMAGES ""
#endif
#ifdef LT_HAVE_JPEG
#define JPEG_IMAGES "JPEG, "
#else
#define JPEG_IMAGES ""
#endif
#ifdef LT_HAVE_WEBP
#define WEBP_IMAGES "WebP, "
#else
#define WEBP_IMAGES ""
#endif
#ifdef LT_HAVE_ZSTD
#define ZSTD "zstd packing        yes\n"
#else
#define ZSTD "zstd packing        no (what needs it is stored)\n"
#endif
#ifdef LT_HAVE_LZMA
#define LZMA "size of xz -9e      yes\n"
#else
#define LZMA "size of xz -9e      not measured\n"
#endif
#define IMAGES "image files         " PNG_IMAGES JPEG_IMAGES WEBP_IMAGES "PGM and PPM\n"
#ifdef LT_HAVE_OPENMP
#define THREADS "threads             yes (OpenMP)\n"
#else
#define THREADS "threads             no\n"
#endif

const char *latent_features(void)
{
    return ONEDNN LAPACK GZIP NPZ IMAGES PNG ZSTD LZMA THREADS;
}

/* ---- choices ---- */

/* The lists are spelled out because they must be string constants; tests/test_api.c compares each
 * with the table it stands for. */
static const struct {
    const char *which, *words;
} choices[] = {
    {"arch", "dense, conv"},
    {"detector", "default, reconstruction, none"},
    {"act", "linear, sigmoid, tanh, relu, leaky-relu, elu, selu, gelu, silu, softplus"},
    {"upsample", "nearest, bilinear"},
    {"norm", "none, layer, batch"},
    {"loss", "auto, mse, bce, mae, huber"},
    {"noise", "none, gaussian, mask, saltpepper, uniform, missing, poisson, jpeg"},
    {"optimizer", "foof, adam, adamw, sgd, rmsprop, lbfgs"},
    {"schedule", "trapezoid, linear, cosine, step, plateau, constant"},
    {"scale", "auto, none, bytes, standard, minmax, robust, quantile"},
#ifdef LT_HAVE_DNNL
    {"backend", "cpu, ref"},
#else
    {"backend", "ref"},
#endif
    {"precision", "auto, f32, bf16"},
};

const char *latent_choices(const char *which)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].which, which) == 0)
            return choices[i].words;
    return NULL;
}
