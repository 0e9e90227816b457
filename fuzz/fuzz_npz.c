/* NPZ archives, in memory. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_read("x.npz", bytes, size);
    return 0;
}
