/* A network spec as JSON and back; docs/model-format.md lists the keys. */
#ifndef LT_MODEL_NETJSON_H
#define LT_MODEL_NETJSON_H

#include "base/error.h"
#include "model/json.h"
#include "net/net.h"

/* {"code": NAME, "nodes": [...]} as a new object. */
int lt_net_spec_to_json(struct lt_json **out, const struct lt_net_spec *spec, struct lt_error *err);
/* LT_ECONTENT unless every attribute is there and in range and the network can be inferred, which
 * is done. */
int lt_net_spec_from_json(struct lt_net_spec *out, const struct lt_json *json,
                          struct lt_error *err);

#endif
