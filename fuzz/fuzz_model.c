/* Model files, in memory.  The checksums are set right first, so that what lies
 * behind them is reached.  A model that is read must survive another trip. */
#include "base/mem.h"
#include "model/modelfile.h"
#include "model/seal.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void reseal(unsigned char *file, size_t size)
{
    static const char key[] = "\"payload_sha256\": \"";
    char hex[LT_SHA256_HEX];
    struct lt_sha256 hash;
    uint64_t length = 0;
    if (size < LT_SEAL_END)
        return;
    memcpy(&length, file, 8);
    if (length > size - 8 || length + 8 < LT_SEAL_END)
        return;
    lt_sha256_init(&hash);
    lt_sha256_update(&hash, file + 8 + length, size - 8 - length);
    lt_sha256_hex(&hash, hex);
    unsigned char *at = memmem(file + 8, length, key, sizeof key - 1);
    if (at && (size_t)(file + 8 + length - at) >= sizeof key - 1 + LT_SEAL_DIGITS)
        memcpy(at + sizeof key - 1, hex, LT_SEAL_DIGITS);
    lt_seal_hash(file, length + 8, hex);
    memcpy(file + LT_SEAL_END - LT_SEAL_DIGITS, hex, LT_SEAL_DIGITS);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct lt_model *model = NULL, *again = NULL;
    struct lt_error err = {0};
    unsigned char *file = malloc(size ? size : 1), *written = NULL;
    if (!file)
        return 0;
    memcpy(file, bytes, size);
    reseal(file, size);
    if (lt_model_from_bytes(&model, "fuzz", file, size, &err) == LT_OK &&
        (lt_model_to_bytes(model, &written, &size, &err) ||
         lt_model_from_bytes(&again, "again", written, size, &err) ||
         strcmp(model->weights_sha256, again->weights_sha256) != 0))
        abort();
    lt_model_free(&model);
    lt_model_free(&again);
    lt_free(written);
    free(file);
    return 0;
}
