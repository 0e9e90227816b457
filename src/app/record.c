#include "app/record.h"
#include "base/mem.h"
#include "latent.h"
#include <math.h>
#include <string.h>

/* One array per quantity, over the validations. */
static const char *const history[] = {"history.steps", "history.train_loss", "history.valid_loss",
                                      "history.valid_error", "history.seconds"};
enum { HISTORY = sizeof history / sizeof *history };

/* ---- writing ---- */

/* One value of the record; the first failure is kept in err and ends the rest. */
struct sink {
    struct lt_json *json;
    struct lt_error *err;
    int rc;
};

static void text(struct sink *s, const char *path, const char *value)
{
    if (!s->rc)
        s->rc = lt_json_set_string(s->json, path, value, s->err);
}

static void integer(struct sink *s, const char *path, int64_t value)
{
    if (!s->rc)
        s->rc = lt_json_set_integer(s->json, path, value, s->err);
}

static void number(struct sink *s, const char *path, double value)
{
    if (!s->rc)
        s->rc = lt_json_set_number(s->json, path, value, s->err);
}

static void put_data(struct sink *s, const struct lt_record *r)
{
    text(s, "data.name", lt_table_name(r->table));
    integer(s, "data.rows", lt_table_rows(r->table));
    integer(s, "data.train", r->parts[LT_PART_TRAIN].count);
    integer(s, "data.stop", r->parts[LT_PART_STOP].count);
    integer(s, "data.judge", r->parts[LT_PART_JUDGE].count);
    integer(s, "data.calibrate", r->parts[LT_PART_CALIBRATE].count);
}

static void put_settings(struct sink *s, const struct lt_record *r)
{
    const struct lt_autoencoder *a = &r->recipe->shape;
    const struct lt_train_settings *t = &r->recipe->train;
    const struct lt_optimizer_settings *o = &t->optimizer_settings;
    char network[600], backend[160];
    lt_autoencoder_text(&r->recipe->spec, network, sizeof network);
    lt_backend_describe(r->backend, backend, sizeof backend);
    text(s, "network", network);
    if (r->dims_why[0])
        text(s, "dims_why", r->dims_why);
    text(s, "settings.act", lt_act_name(a->act));
    text(s, "settings.norm", lt_norm_name(a->norm));
    text(s, "settings.loss", lt_loss_name(a->loss));
    text(s, "settings.unit", lt_act_name(a->unit));
    integer(s, "settings.tied", a->tied);
    number(s, "settings.dropout", a->dropout);
    if (a->sparsity != LT_SPARSITY_NONE) {
        text(s, "settings.sparse", lt_sparsity_name(a->sparsity));
        integer(s, "settings.sparse_keep", a->keep);
        number(s, "settings.sparse_rho", a->rho);
        number(s, "settings.sparse_weight", a->penalty);
    }
    if (a->contraction > 0)
        number(s, "settings.contractive", a->contraction);
    if (a->attraction > 0)
        number(s, "settings.neighbours", a->attraction);
    if (a->ordered)
        integer(s, "settings.ordered", 1);
    if (a->variational)
        number(s, "settings.beta", a->beta);
    if (r->recipe->binarised)
        integer(s, "settings.binarised", 1);
    text(s, "settings.noise", lt_noise_name(a->noise));
    number(s, "settings.noise_amount", a->amount);
    if (a->most > 0)
        number(s, "settings.noise_most", a->most);
    text(s, "settings.optimizer", t->optimizer->name);
    number(s, "settings.lr", lt_optimizer_lr(t->optimizer, o));
    number(s, "settings.weight_decay", lt_optimizer_decay(t->optimizer, o));
    number(s, "settings.momentum", o->momentum);
    number(s, "settings.clip", o->clip);
    text(s, "settings.schedule", lt_schedule_name(t->schedule.kind));
    integer(s, "settings.warmup_steps", t->schedule.warmup);
    number(s, "settings.l1", t->l1);
    number(s, "settings.l2", t->l2);
    integer(s, "settings.batch", t->batch);
    integer(s, "settings.patience", t->patience);
    integer(s, "settings.seed", (int64_t)t->seed);
    text(s, "settings.precision", r->recipe->precision == LT_PRECISION_BF16 ? "bf16" : "f32");
    text(s, "settings.backend", backend);
    text(s, "settings.scale", r->scaling);
}

static void put_outcome(struct sink *s, const struct lt_record *r)
{
    const struct lt_train_outcome *o = r->outcome;
    integer(s, "training.steps", o->steps);
    integer(s, "training.steps_to_repeat", o->planned);
    number(s, "training.epochs", o->epochs);
    integer(s, "training.best_step", o->best_step);
    number(s, "training.best_loss", o->best_loss);
    number(s, "training.best_error", o->best_error);
    number(s, "training.seconds", o->seconds);
    number(s, "training.rows_per_second", o->rows_per_second);
    integer(s, "training.stopped_early", o->stopped_early);
    integer(s, "training.resumed", o->resumed);
    number(s, "seconds", r->seconds);
}

static void put_history(struct sink *s, const struct lt_record *r)
{
    size_t n = (size_t)r->outcome->history_count;
    double *values = NULL;
    if (!s->rc)
        s->rc = lt_alloc(&values, n, sizeof *values, "the history", s->err);
    for (size_t k = 0; k < HISTORY && !s->rc; k++) {
        for (size_t i = 0; i < n; i++) {
            const struct lt_history_point *p = &r->outcome->history[i];
            const double all[] = {p->step, p->train_loss, p->valid_loss, p->valid_error,
                                  p->seconds};
            values[i] = all[k];
        }
        s->rc = lt_json_set_numbers(s->json, history[k], values, n, s->err);
    }
    lt_free(values);
}

int lt_record_write(struct lt_model *model, const struct lt_record *record, struct lt_error *err)
{
    struct sink s = {.err = err};
    lt_json_free(&model->record);
    s.rc = lt_json_object(&model->record, err);
    s.json = model->record;
    text(&s, "made_by", "latent " LATENT_VERSION);
    put_data(&s, record);
    put_settings(&s, record);
    put_outcome(&s, record);
    put_history(&s, record);
    return s.rc;
}

/* ---- telling ---- */

static double number_of(const struct lt_model *m, const char *path)
{
    double v = NAN;
    if (lt_json_get_number(m->record, path, &v, NULL))
        v = NAN;
    return v;
}

static const char *text_of(const struct lt_model *m, const char *path)
{
    const char *v = "";
    if (lt_json_get_string(m->record, path, &v, NULL))
        v = "unknown";
    return v;
}

bool lt_record_contracts(const struct lt_model *m)
{
    return number_of(m, "settings.contractive") > 0;
}

bool lt_record_attracts(const struct lt_model *m)
{
    return number_of(m, "settings.neighbours") > 0;
}

void lt_record_report(struct lt_report *r, const struct lt_model *m)
{
    const char *norm = text_of(m, "settings.norm");
    const bool normalised = strcmp(norm, "layer") == 0 || strcmp(norm, "batch") == 0;
    lt_report_line(r, "network %s, %s%s%s, %s loss, %s output", text_of(m, "network"),
                   text_of(m, "settings.act"), normalised ? ", norm " : "", normalised ? norm : "",
                   text_of(m, "settings.loss"), text_of(m, "settings.unit"));
    if (lt_record_contracts(m)) {
        lt_report_line(r, "slopes of the code held down with --contractive %g",
                       number_of(m, "settings.contractive"));
        lt_report_number(r, "settings.contractive", number_of(m, "settings.contractive"));
    }
    if (lt_record_attracts(m)) {
        lt_report_line(r, "codes of neighbours drawn together with --neighbours %g",
                       number_of(m, "settings.neighbours"));
        lt_report_number(r, "settings.neighbours", number_of(m, "settings.neighbours"));
    }
    lt_report_line(r,
                   "trained %.0f steps (%.4g epochs of %.0f rows) in %.1f s: %s, lr %g, batch "
                   "%.0f, %s, %s, seed %.0f",
                   number_of(m, "training.steps"), number_of(m, "training.epochs"),
                   number_of(m, "data.train"), number_of(m, "training.seconds"),
                   text_of(m, "settings.optimizer"), number_of(m, "settings.lr"),
                   number_of(m, "settings.batch"), text_of(m, "settings.schedule"),
                   text_of(m, "settings.precision"), number_of(m, "settings.seed"));
    lt_report_string(r, "network", text_of(m, "network"));
    static const char *const integers[] = {
        "training.steps",     "training.steps_to_repeat",
        "training.best_step", "data.rows",
        "data.train",         "data.stop",
        "data.judge",         "data.calibrate",
        "settings.batch",     "settings.seed",
    };
    static const char *const numbers[] = {"training.epochs", "training.seconds",
                                          "training.rows_per_second", "settings.lr",
                                          "settings.weight_decay"};
    static const char *const words[] = {
        "settings.act",       "settings.norm",     "settings.loss",      "settings.unit",
        "settings.optimizer", "settings.schedule", "settings.precision", "settings.backend",
        "settings.scale",     "data.name"};
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        if (isfinite(number_of(m, integers[i])))
            lt_report_integer(r, integers[i], (int64_t)number_of(m, integers[i]));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        lt_report_number(r, numbers[i], number_of(m, numbers[i]));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        lt_report_string(r, words[i], text_of(m, words[i]));
}

void lt_record_history(struct lt_report *r, const struct lt_model *m)
{
    for (size_t k = 0; k < HISTORY; k++) {
        const struct lt_json *array = lt_json_get(m->record, history[k]);
        size_t n = lt_json_count(array);
        double *values = NULL;
        if (!array || lt_alloc(&values, n, sizeof *values, "the history", NULL))
            continue;
        for (size_t i = 0; i < n; i++)
            if (lt_json_get_number(lt_json_at(array, i), "", &values[i], NULL))
                values[i] = NAN;
        lt_report_numbers(r, history[k], values, (int64_t)n);
        lt_free(values);
    }
}
