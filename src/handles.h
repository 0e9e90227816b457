/* What stands behind the handles of latent.h, for the files that implement it.
 */
#ifndef LT_HANDLES_H
#define LT_HANDLES_H

#include "app/report.h"
#include "app/session.h"
#include "data/table.h"
#include "latent.h"
#include "model/model.h"

struct latent_data {
    struct lt_table *table;  /* inputs only */
    struct lt_table *labels; /* one column, or NULL */
};

/* latent_model, latent_session and latent_report are the internal structs under another name. */
static inline struct lt_error *internal_error(latent_error *e)
{
    struct lt_error *err = (struct lt_error *)(void *)e;
    if (err)
        err->code = 0;
    return err;
}

static inline const struct lt_model *internal_model(const latent_model *m)
{
    return (const struct lt_model *)(const void *)m;
}

static inline struct lt_report **internal_report(latent_report **r)
{
    return (struct lt_report **)(void *)r;
}

/* The options of a session that latent_apply_options (or NULL) ask for; LT_EUSAGE names a word that
 * is none. */
int lt_session_options_of(struct lt_session_options *out, const latent_apply_options *options,
                          struct lt_error *err);
/* A session as those options ask for it. */
int lt_session_open(struct lt_session **out, const latent_model *model,
                    const latent_apply_options *options /* or NULL */, struct lt_error *err);

#endif
