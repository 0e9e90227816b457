/* builtin:sensors: sixteen channels of a machine, one row a minute.
 *
 * The machine is idle, runs or runs hard (three hidden states).  A few hidden
 * quantities follow: load, heat, a daily cycle of the air, wear that grows from
 * the first row to the last, the filling of a tank.  Every channel is a smooth
 * function of them, plus noise of a thousandth of the channel's range.  So the
 * sixteen columns have about five dimensions.
 *
 * With faults=SHARE that share of the rows lies in a fault of one channel, and
 * a seventeenth column, `fault`, names it: spike, offset, stuck, lag, lost (its
 * correlation with the others), or normal.  With dropouts=SHARE that share of
 * the cells is missing.
 *
 * Base arithmetic and base/fmath.h only: the same bits everywhere.
 */
#include "data/builtin.h"

#include "base/fmath.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/cells.h"

enum {
    LT_CHANNELS = 16,
    LT_DAY = 1440, /* rows */
    LT_SLOT = 100, /* rows that hold at most one fault */
};

enum epoch { /* streams of random numbers; 0 and 1 are builtin:curves */
             EPOCH_STATE = 2,
             EPOCH_NOISE = 3,
             EPOCH_FAULT = 4,
             EPOCH_DROPOUT = 5,
};

/* What cannot be seen. */
struct machine {
    int state;     /* 0 idle, 1 runs, 2 runs hard */
    double load;   /* 0 ... 1, follows the state within minutes */
    double wander; /* slow random part of the load */
    double heat;   /* 0 ... 1, follows the load within an hour */
    double air;    /* degrees, daily cycle */
    double wear;   /* 0 ... 1 */
    double tank;   /* 0 ... 1, drained by the load, refilled when low */
    bool filling;
};

struct channel {
    const char *name;
    double low, high; /* the range, which sets the size of noise and faults */
    double (*value)(const struct machine *m);
};

static double speed_of(const struct machine *m)
{
    return 0.25 + 0.75 * m->load; /* of 3000 rpm */
}

static double temp_1(const struct machine *m) /* bearing */
{
    return m->air + 12.0 + 48.0 * m->heat + 6.0 * m->wear * speed_of(m);
}

static double temp_2(const struct machine *m) /* oil */
{
    return m->air + 8.0 + 40.0 * m->heat * m->heat + 4.0 * m->load;
}

static double temp_3(const struct machine *m) /* coolant, behind a thermostat */
{
    return m->air + 5.0 + 35.0 * lt_tanh(1.5 * m->heat);
}

static double temp_4(const struct machine *m) /* air */
{
    return m->air;
}

static double pressure_1(const struct machine *m) /* oil: falls when it is warm and thin */
{
    return 1.0 + 4.0 * speed_of(m) * lt_exp(-0.6 * m->heat) - 0.3 * m->wear;
}

static double pressure_2(const struct machine *m) /* outlet */
{
    return 2.0 + 7.0 * speed_of(m) * speed_of(m);
}

static double flow_1(const struct machine *m) /* product */
{
    return 110.0 * speed_of(m) * (1.0 - 0.08 * m->wear);
}

static double flow_2(const struct machine *m) /* coolant, opens with heat */
{
    return 4.0 + 20.0 * m->heat / (0.4 + m->heat);
}

static double speed_1(const struct machine *m)
{
    return 3000.0 * speed_of(m);
}

static double speed_2(const struct machine *m) /* fan: thermostat */
{
    return 1200.0 * lt_tanh(2.0 * m->heat + 0.02 * (m->air - 20.0));
}

static double current_1(const struct machine *m) /* motor */
{
    return 8.0 + 52.0 * m->load * (0.6 + 0.4 * m->load) + 3.0 * m->wear * m->load;
}

static double current_2(const struct machine *m) /* fan motor: cube of its speed */
{
    double s = speed_2(m) / 1200.0;
    return 0.4 + 3.0 * s * s * s;
}

static double voltage_1(const struct machine *m) /* sags under load */
{
    return 402.0 - 9.0 * m->load;
}

static double vibration_1(const struct machine *m)
{
    double s = speed_of(m);
    return 0.3 + 2.2 * s * s * (0.5 + m->wear);
}

static double vibration_2(const struct machine *m) /* passes a resonance at 0.6 of full speed */
{
    double d = (speed_of(m) - 0.6) / 0.12;
    return 0.2 + 1.1 * speed_of(m) + 1.5 / (1.0 + d * d);
}

static double level_1(const struct machine *m)
{
    return 100.0 * m->tank;
}

static const struct channel channels[LT_CHANNELS] = {
    {"temp_1", 20, 90, temp_1},
    {"temp_2", 18, 75, temp_2},
    {"temp_3", 15, 70, temp_3},
    {"temp_4", 10, 32, temp_4},
    {"pressure_1", 1, 5, pressure_1},
    {"pressure_2", 2, 9, pressure_2},
    {"flow_1", 20, 110, flow_1},
    {"flow_2", 4, 20, flow_2},
    {"speed_1", 750, 3000, speed_1},
    {"speed_2", 0, 1200, speed_2},
    {"current_1", 8, 63, current_1},
    {"current_2", 0.4, 3.4, current_2},
    {"voltage_1", 392, 402, voltage_1},
    {"vibration_1", 0.3, 3.6, vibration_1},
    {"vibration_2", 0.4, 2.6, vibration_2},
    {"level_1", 10, 95, level_1},
};

/* ---- the machine ------------------------------------------------------- */

/* One minute on.  States last four hours, two hours, one hour on average. */
static void step(struct machine *m, int64_t row, int64_t rows, const struct lt_stream *stream)
{
    static const double leave[3] = {1.0 / 240, 1.0 / 120, 1.0 / 60};
    static const double level[3] = {0.08, 0.5, 0.9};
    double u = (double)lt_uniform(stream, 0);
    if (u < leave[m->state]) /* to either of the other two */
        m->state = (m->state + (u < leave[m->state] * 0.5 ? 1 : 2)) % 3;
    m->wander += 0.02 * (-m->wander + 0.5 * (double)lt_normal(stream, 4));
    double goal = level[m->state] + 0.5 * m->wander;
    goal = goal < 0.0 ? 0.0 : goal > 1.0 ? 1.0 : goal;
    m->load += 0.2 * (goal - m->load);
    m->heat += (m->load - m->heat) / 60.0;
    m->wear = rows > 1 ? (double)row / (double)(rows - 1) : 0.0;
    float day = (float)(row % LT_DAY) / (float)LT_DAY;
    m->air = 20.0 - 6.0 * (double)lt_cos2pif(day) + 2.0 * m->wear;
    m->filling = m->filling ? m->tank < 0.93 : m->tank < 0.15;
    m->tank += (m->filling ? 0.02 : 0.0) - 0.004 * speed_of(m);
}

/* Everything without noise: clean (rows, 16). */
static void run_machine(double *clean, const struct lt_builtin_options *o)
{
    struct machine m = {.load = 0.1, .heat = 0.1, .tank = 0.7};
    for (int64_t row = 0; row < o->rows; row++) {
        struct lt_stream stream = lt_stream(o->seed, LT_RNG_BUILTIN, EPOCH_STATE, (uint64_t)row);
        step(&m, row, o->rows, &stream);
        for (int j = 0; j < LT_CHANNELS; j++)
            clean[row * LT_CHANNELS + j] = channels[j].value(&m);
    }
}

/* ---- faults ------------------------------------------------------------ */

enum fault_kind { FAULT_SPIKE, FAULT_OFFSET, FAULT_STUCK, FAULT_LAG, FAULT_LOST, FAULTS };
static const char *const fault_names[FAULTS] = {"spike", "offset", "stuck", "lag", "lost"};

/* The fault of one slot, if it has one: rows begin ... end-1 of one channel. */
struct fault {
    enum fault_kind kind;
    int channel;
    int64_t begin, end;
    double size;   /* of spikes and offsets, in ranges; signed */
    int64_t delay; /* of lags, in rows */
};

/* Spikes last 1 to 3 rows, everything else 20 to 60: 32.4 rows on average. */
static bool draw_fault(struct fault *f, int64_t slot, const struct lt_builtin_options *o)
{
    const double mean_length = (2.0 + 4 * 40.0) / 5;
    struct lt_stream s = lt_stream(o->seed, LT_RNG_BUILTIN, EPOCH_FAULT, (uint64_t)slot);
    if ((double)lt_uniform(&s, 0) >= o->faults * LT_SLOT / mean_length)
        return false;
    f->kind = (enum fault_kind)(lt_below(&s, 4, FAULTS));
    f->channel = (int)lt_below(&s, 8, LT_CHANNELS);
    bool spike = f->kind == FAULT_SPIKE;
    int64_t length = (int64_t)(spike ? 1 + lt_below(&s, 12, 3) : 20 + lt_below(&s, 12, 41));
    f->begin = slot * LT_SLOT + (int64_t)lt_below(&s, 16, (uint64_t)(LT_SLOT - length + 1));
    f->end = f->begin + length;
    double u = (double)lt_uniform(&s, 20);
    f->size = spike ? 0.25 + 0.25 * u : 0.05 + 0.10 * u;
    if (lt_uniform(&s, 21) < 0.5f)
        f->size = -f->size;
    f->delay = 10 + (int64_t)lt_below(&s, 24, 21);
    return true;
}

/* What a channel in fault shows instead; `noisy` says whether noise is added. */
static double faulty_value(const struct fault *f, const double *clean, int64_t row, int64_t rows,
                           bool *noisy)
{
    const struct channel *c = &channels[f->channel];
    int64_t from = row;
    *noisy = f->kind != FAULT_STUCK;
    if (f->kind == FAULT_STUCK)
        from = f->begin;
    else if (f->kind == FAULT_LAG)
        from = row - f->delay < 0 ? 0 : row - f->delay;
    else if (f->kind == FAULT_LOST) /* another time's values: plausible, but not now */
        from = (row + rows / 3) % rows;
    double value = clean[from * LT_CHANNELS + f->channel];
    if (f->kind == FAULT_SPIKE || f->kind == FAULT_OFFSET)
        value += f->size * (c->high - c->low);
    return value;
}

/* ---- the table --------------------------------------------------------- */

static int fill_row(struct lt_cells *cells, const double *clean, int64_t row,
                    const struct fault *fault, const struct lt_builtin_options *o,
                    struct lt_error *err)
{
    float noise[LT_CHANNELS], drop[LT_CHANNELS];
    struct lt_stream s = lt_stream(o->seed, LT_RNG_BUILTIN, EPOCH_NOISE, (uint64_t)row);
    struct lt_stream d = lt_stream(o->seed, LT_RNG_BUILTIN, EPOCH_DROPOUT, (uint64_t)row);
    lt_fill_normal(&s, noise, LT_CHANNELS);
    lt_fill_uniform(&d, drop, LT_CHANNELS);
    int rc = LT_OK;
    for (int j = 0; j < LT_CHANNELS && !rc; j++) {
        double value = clean[row * LT_CHANNELS + j];
        bool noisy = true;
        if (fault && fault->channel == j)
            value = faulty_value(fault, clean, row, o->rows, &noisy);
        if (noisy)
            value += 1e-3 * (channels[j].high - channels[j].low) * (double)noise[j];
        bool missing = (double)drop[j] < o->dropouts;
        lt_cells_set_real(cells, row, j, missing ? 0.0 : value);
        if (missing)
            rc = lt_cells_set_missing(cells, row, j, err);
    }
    if (o->faults > 0.0 && !rc) {
        const char *label = fault ? fault_names[fault->kind] : "normal";
        int32_t code = 0;
        rc = lt_dictionary_code(&cells->column[LT_CHANNELS].dictionary, label, strlen(label), &code,
                                cells->base.name, err);
        lt_cells_set_integer(cells, row, LT_CHANNELS, code);
    }
    return rc;
}

static int fill_rows(struct lt_cells *cells, const double *clean,
                     const struct lt_builtin_options *o, struct lt_error *err)
{
    struct fault fault = {0};
    bool any = false;
    int rc = LT_OK;
    for (int64_t row = 0; row < o->rows && !rc; row++) {
        if (row % LT_SLOT == 0)
            any = o->faults > 0.0 && draw_fault(&fault, row / LT_SLOT, o);
        bool inside = any && row >= fault.begin && row < fault.end;
        rc = fill_row(cells, clean, row, inside ? &fault : NULL, o, err);
    }
    return rc;
}

static int name_columns(struct lt_cells *cells, int64_t columns, struct lt_error *err)
{
    int rc = LT_OK;
    for (int64_t j = 0; j < columns && !rc; j++) {
        bool channel = j < LT_CHANNELS;
        cells->column[j].type = channel ? LT_F64 : LT_TEXT;
        rc = lt_strdup(&cells->base.names[j], channel ? channels[j].name : "fault", err);
    }
    return rc;
}

int lt_sensors_make(struct lt_table **out, const char *name,
                    const struct lt_builtin_options *options, struct lt_error *err)
{
    *out = NULL;
    struct lt_cells *cells = NULL;
    double *clean = NULL;
    int64_t columns = LT_CHANNELS + (options->faults > 0.0);
    int rc = lt_cells_create(&cells, name, columns, true, err);
    if (rc || (rc = name_columns(cells, columns, err)) ||
        (rc = lt_cells_reserve(cells, (size_t)(options->rows * columns), err)) ||
        (rc = lt_alloc(&clean, (size_t)options->rows * LT_CHANNELS, sizeof *clean, name, err)))
        goto out;
    run_machine(clean, options);
    if (!(rc = fill_rows(cells, clean, options, err)))
        rc = lt_cells_finish(out, &cells, options->rows, err);
out:
    lt_free(clean);
    lt_cells_free(&cells);
    return rc;
}
