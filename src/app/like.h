/* Noise like that of given images: what `--like` turns into `--noise KIND:AMOUNT`.
 */
#ifndef LT_APP_LIKE_H
#define LT_APP_LIKE_H

#include "base/error.h"
#include <stddef.h>

/* Looks at the images of a file or a folder, LT_LIKE_FILES of them at most, and writes what a train
 * option --noise says, such as "gaussian:0.098", to `text`.  LT_EUSAGE: too little to tell. */
enum { LT_LIKE_FILES = 60, LT_LIKE_TEXT = 60 };
int lt_like(const char *path, int threads, char text[LT_LIKE_TEXT], struct lt_error *err);

#endif
