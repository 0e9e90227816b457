/* What packing tells: the table of sizes, and whether the file is worth it.
 */
#ifndef LT_APP_PACKREPORT_H
#define LT_APP_PACKREPORT_H

#include "app/pack.h"
#include "app/packhead.h"
#include "app/packlearn.h"
#include "codec/sizes.h"

struct lt_packtold {
    int64_t rows, values, blocks, blocks_general;
    uint64_t bytes_in, bytes_out, bytes_decoder, bytes_codes;
    double most;      /* largest error of a value */
    double squares;   /* sum of squared errors, of lossy images */
    double code_psnr; /* of lossy images: of the code that was tried; 0: none was */
    enum lt_packloss loss;
    bool stream; /* the whole is one stream of zstd */
    struct lt_size size[LT_SIZE_METHODS];
    struct lt_packlearned learned;
};
void lt_packreport(struct lt_report *report, const struct lt_pack_options *options,
                   const struct lt_planes *planes, const struct lt_packtold *told);

#endif
