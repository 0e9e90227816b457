/* Which decoder of an ordered code serves how wide a code. */
#include "net/layer.h"
#include <math.h>

int64_t lt_prefix_last(const struct lt_net_spec *spec, int prefix)
{
    const int64_t last = spec->node[prefix].width;
    return last > 0 ? last : lt_input_width(spec, prefix, 0);
}

int64_t lt_prefix_until(const struct lt_net_spec *spec, int prefix)
{
    const int64_t until = spec->node[prefix].until;
    return until > 0 ? until : lt_prefix_last(spec, prefix);
}

int lt_prefix_of(const struct lt_net_spec *spec, int node)
{
    bool below[LT_NODES_MAX];
    lt_mark_below(spec, node, below);
    for (int i = spec->code + 1; i <= node; i++)
        if (below[i] && spec->node[i].kind == LT_NODE_PREFIX)
            return i;
    return 0;
}

static bool serves(const struct lt_net_spec *spec, int prefix, int64_t dims)
{
    for (int i = spec->code + 1; i < prefix; i++)
        if (spec->node[i].kind == LT_NODE_PREFIX && lt_prefix_until(spec, i) >= dims)
            return false;
    return lt_prefix_until(spec, prefix) >= dims;
}

double lt_prefix_share(const struct lt_net_spec *spec, int prefix, const struct lt_pass *pass)
{
    if (prefix == 0)
        return 1;
    if (!pass->training || pass->measures)
        return serves(spec, prefix, pass->dims > 0 ? pass->dims : lt_net_spec_dims(spec));
    double sum = 0;
    for (int i = spec->code + 1; i < spec->count; i++)
        if (spec->node[i].kind == LT_NODE_PREFIX)
            sum += sqrt((double)lt_prefix_last(spec, i));
    return sqrt((double)lt_prefix_last(spec, prefix)) / sum;
}
