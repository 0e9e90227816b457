/* Sinks: bytes to an output file, as they are or gzipped.
 */
#ifndef LT_DATA_SINK_H
#define LT_DATA_SINK_H

#include "base/error.h"
#include "base/file.h"
#include <stdbool.h>
#include <stddef.h>

struct lt_sink;
int lt_sink_open(struct lt_sink **out, const char *path, bool gzip, struct lt_error *err);
int lt_sink_write(struct lt_sink *sink, const void *bytes, size_t n, struct lt_error *err);
struct lt_outfile *lt_sink_file(struct lt_sink *sink);
/* Both free and NULL *sink; the file appears whole at commit, or not at all. */
int lt_sink_commit(struct lt_sink **sink, struct lt_error *err);
void lt_sink_abort(struct lt_sink **sink); /* NULL is allowed */

#endif
