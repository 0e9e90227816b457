#include "app/pairs.h"

#include <string.h>

struct size {
    int64_t h, w, c;
};

static int check_sizes(const struct lt_table *clean, const struct lt_table *noisy,
                       struct lt_error *err)
{
    struct size a, b;
    const char *name = lt_table_name(noisy), *of = lt_table_name(clean);
    if (!lt_table_image(clean, &a.h, &a.w, &a.c) || !lt_table_image(noisy, &b.h, &b.w, &b.c))
        return lt_fail(err, LT_EUSAGE,
                       "--pairs %s: pairs are of images, and %s has none: give images, or an array "
                       "of shape (N, H, W) or (N, H, W, C)",
                       name, lt_table_image(clean, &a.h, &a.w, &a.c) ? name : of);
    if (lt_table_rows(noisy) != lt_table_rows(clean))
        return lt_fail(err, LT_EUSAGE,
                       "--pairs %s: %lld images, and %s has %lld; every image needs its partner",
                       name, (long long)lt_table_rows(noisy), of, (long long)lt_table_rows(clean));
    for (int64_t row = 0; row < lt_table_rows(clean); row++) {
        lt_table_row_image(clean, row, &a.h, &a.w);
        lt_table_row_image(noisy, row, &b.h, &b.w);
        if (a.h != b.h || a.w != b.w || a.c != b.c)
            break;
    }
    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return lt_fail(
            err, LT_EUSAGE,
            "--pairs %s: images of %lld x %lld pixels, %lld channels, and those of %s have "
            "%lld x %lld, %lld; partners must have the same size",
            name, (long long)b.w, (long long)b.h, (long long)b.c, of, (long long)a.w,
            (long long)a.h, (long long)a.c);
    return LT_OK;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Bytes of a name before its ending. */
static size_t stem_of(const char *name)
{
    return strcspn(name, ".");
}

static int check_names(const struct lt_table *clean, const struct lt_table *noisy,
                       struct lt_error *err)
{
    struct lt_row_file a, b;
    for (int64_t row = 0; row < lt_table_rows(clean) && lt_table_rows(clean) > 1; row++) {
        if (!lt_table_row_file(clean, row, &a) || !lt_table_row_file(noisy, row, &b) || !a.kind ||
            !b.kind)
            continue;
        const char *x = base_of(a.path), *y = base_of(b.path);
        if (stem_of(x) != stem_of(y) || strncmp(x, y, stem_of(x)) != 0)
            return lt_fail(
                err, LT_EUSAGE,
                "--pairs %s: image %lld is \"%.80s\", and that of %s is \"%.80s\"; partners "
                "must have the same name, but for its ending",
                lt_table_name(noisy), (long long)row, y, lt_table_name(clean), x);
    }
    return LT_OK;
}

int lt_pairs_check(const struct lt_table *clean, const struct lt_table *noisy, struct lt_error *err)
{
    int rc = check_sizes(clean, noisy, err);
    const enum lt_type a = lt_table_group(clean, 0)->type, b = lt_table_group(noisy, 0)->type;
    if (!rc && a != b)
        rc = lt_fail(err, LT_EUSAGE,
                     "--pairs %s: values of type %s, and those of %s are of type %s; partners must "
                     "have the same",
                     lt_table_name(noisy), lt_type_name(b), lt_table_name(clean), lt_type_name(a));
    return rc ? rc : check_names(clean, noisy, err);
}

int lt_pairs_open(struct lt_pairs *out, struct lt_table *noisy, const struct lt_pairs_plan *plan,
                  struct lt_error *err)
{
    *out = (struct lt_pairs){.train = noisy, .kept = noisy};
    if (plan->crop == 0)
        return LT_OK;
    int rc = lt_cut_images(&out->cut, noisy, NULL, plan->crop, plan->kept, plan->seed, err);
    out->train = out->cut.train;
    out->kept = out->cut.kept;
    return rc;
}

int lt_pairs_feed(struct lt_pairs *p, const struct lt_pairs_plan *plan, struct lt_error *err)
{
    const struct lt_rowset any = {0}; /* the clean rows' numbers name the rows */
    int64_t c = 1;
    lt_table_image(p->train, NULL, NULL, &c);
    int rc = lt_feed_create(&p->train_feed, p->train, plan->prep, plan->batch, plan->threads, err);
    if (!rc)
        rc = lt_feed_create(&p->stop_feed, p->kept, plan->prep, plan->batch, plan->threads, err);
    if (!rc && plan->crop > 0)
        rc = lt_augment_create(&p->augment, p->train_feed, plan->crop, c, plan->seed, err);
    if (rc)
        return rc;
    p->train_source =
        plan->crop > 0 ? lt_augment_source(&p->augment, any) : lt_feed_source(p->train_feed, any);
    p->stop_source = lt_feed_source(p->stop_feed, any);
    return LT_OK;
}

void lt_pairs_free(struct lt_pairs *p)
{
    lt_feed_free(&p->train_feed);
    lt_feed_free(&p->stop_feed);
    lt_augment_free(&p->augment);
    lt_cut_free(&p->cut);
    p->train = p->kept = NULL;
}
