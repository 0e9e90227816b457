/* JSON text.  What is read must be written and read again as the same. */
#include "base/mem.h"
#include "model/json.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct lt_json *json = NULL, *again = NULL, *copy = NULL;
    struct lt_error err = {0};
    char *text = NULL, *second = NULL;
    size_t length = 0;
    if (lt_json_parse(&json, "fuzz", (const char *)bytes, size, &err))
        return 0;
    if (lt_json_copy(&copy, json, &err) || lt_json_dump(copy, 0, &text, &length, &err) ||
        lt_json_parse(&again, "again", text, length, &err) ||
        lt_json_dump(again, 0, &second, NULL, &err) || strcmp(text, second) != 0)
        abort();
    lt_free(text);
    lt_free(second);
    lt_json_free(&json);
    lt_json_free(&copy);
    lt_json_free(&again);
    return 0;
}
