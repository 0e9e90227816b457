/* Images of all kinds, told apart by their first bytes. */
#include "fuzz_data.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_read("x.png", bytes, size);
    return 0;
}
