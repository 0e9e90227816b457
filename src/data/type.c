#include "data/table.h"

#include <string.h>

static const struct {
    const char *name;
    size_t size;
} types[LT_TYPES] = {
    [LT_F32] = {"f4", 4}, [LT_F64] = {"f8", 8}, [LT_U8] = {"u1", 1},   [LT_I8] = {"i1", 1},
    [LT_U16] = {"u2", 2}, [LT_I16] = {"i2", 2}, [LT_U32] = {"u4", 4},  [LT_I32] = {"i4", 4},
    [LT_U64] = {"u8", 8}, [LT_I64] = {"i8", 8}, [LT_BOOL] = {"b1", 1}, [LT_TEXT] = {"text", 4},
};

size_t lt_type_size(enum lt_type type)
{
    return types[type].size;
}

const char *lt_type_name(enum lt_type type)
{
    return types[type].name;
}

int lt_type_by_name(const char *name)
{
    for (int i = 0; i < LT_TYPES; i++)
        if (strcmp(types[i].name, name) == 0)
            return i;
    return -1;
}

double lt_type_value(enum lt_type type, const void *cells, int64_t index)
{
    switch (type) {
    case LT_F32:
        return (double)((const float *)cells)[index];
    case LT_F64:
        return ((const double *)cells)[index];
    case LT_U8:
    case LT_BOOL:
        return (double)((const uint8_t *)cells)[index];
    case LT_I8:
        return (double)((const int8_t *)cells)[index];
    case LT_U16:
        return (double)((const uint16_t *)cells)[index];
    case LT_I16:
        return (double)((const int16_t *)cells)[index];
    case LT_U32:
        return (double)((const uint32_t *)cells)[index];
    case LT_I32:
    case LT_TEXT:
        return (double)((const int32_t *)cells)[index];
    case LT_U64:
        return (double)((const uint64_t *)cells)[index];
    case LT_I64:
        return (double)((const int64_t *)cells)[index];
    case LT_TYPES:
        break;
    }
    return 0.0;
}
