#include "app/like.h"

#include "app/noise_level.h"
#include "app/pictures.h"
#include "base/mem.h"
#include "data/folder.h"
#include <stdio.h>

/* The images of some files, and what the estimator looks at. */
struct look {
    struct lt_pictures file[LT_LIKE_FILES];
    int files;
    struct lt_picture *picture; /* (pictures) */
    int64_t pictures;
};

static void close_look(struct look *look)
{
    for (int i = 0; i < look->files; i++)
        lt_pictures_free(&look->file[i]);
    lt_free(look->picture);
    lt_free(look);
}

static int read_files(struct look *look, const char *path, struct lt_error *err)
{
    char **names = NULL;
    int count = 0;
    int rc = lt_folder_files(&names, &count, path, err);
    for (int i = 0; i < count && i < LT_LIKE_FILES && !rc; i++) {
        rc = lt_pictures_read(&look->file[i], names[i], 0, 255, err);
        look->files = i + 1;
    }
    lt_folder_free(names, count);
    if (!rc && look->files == 0)
        rc = lt_fail(err, LT_EUSAGE, "--like %s: the folder holds no files", path);
    return rc;
}

static int list_pictures(struct look *look, int threads, struct lt_error *err)
{
    int64_t total = 0;
    for (int i = 0; i < look->files; i++)
        total += look->file[i].count;
    int rc = lt_alloc(&look->picture, (size_t)total, sizeof *look->picture, "images", err);
    for (int i = 0; i < look->files && !rc; i++) {
        const struct lt_pictures *p = &look->file[i];
        for (int64_t k = 0; k < p->count; k++)
            look->picture[look->pictures++] = (struct lt_picture){
                p->values + k * p->h * p->w * p->c, p->h, p->w, p->c, 0, threads};
    }
    return rc;
}

int lt_like(const char *path, int threads, char text[LT_LIKE_TEXT], struct lt_error *err)
{
    struct look *look = NULL;
    struct lt_noise_level level = {0};
    int rc = lt_alloc(&look, 1, sizeof *look, "images", err);
    if (rc)
        return rc;
    rc = read_files(look, path, err);
    if (!rc)
        rc = list_pictures(look, threads, err);
    if (!rc)
        rc = lt_noise_level(look->picture, look->pictures, &level, err);
    if (!rc)
        snprintf(text, LT_LIKE_TEXT, "%s:%.4g", lt_noise_found_name(level.kind), level.amount);
    close_look(look);
    return rc;
}
