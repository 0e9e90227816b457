/* Numbers of the head; between plane_head.c, which describes it, and plane_head_read.c. */
#ifndef LT_CODEC_PLANE_HEAD_H
#define LT_CODEC_PLANE_HEAD_H

#include <stdint.h>

enum { LT_HEAD_VERSION = 1 };
enum { LT_HEAD_SINGLE = 1, LT_HEAD_BY_VALUE = 2 };                     /* of mappings */
enum { LT_HEAD_CRLF = 1, LT_HEAD_UNENDED = 2, LT_HEAD_IRREGULAR = 4 }; /* of text */
#define LT_HEAD_REST ((uint64_t)1 << 62)

#endif
