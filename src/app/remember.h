/* Remembering what the data looked like: fills the profile of a model that has just been trained.
 */
#ifndef LT_APP_REMEMBER_H
#define LT_APP_REMEMBER_H

#include "app/survey.h"
#include "app/teach.h"

/* Autoencoder and prep must be there. */
int lt_remember(struct lt_model *model, const struct lt_lesson *lesson, struct lt_error *err);

/* The profile that two surveys make: columns from `all`, categories of LT_LEVELS_MAX levels and
 * what the network says from `kept`. */
int lt_remember_surveys(struct lt_profile *out, const struct lt_survey *all,
                        const struct lt_survey *kept, const struct lt_prep *prep,
                        struct lt_error *err);

#endif
