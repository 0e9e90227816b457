#include "latent.h"
#include "t.h"

#include "kernels/backend.h"
#include "prep/prep.h"
#include "train/optimizer.h"
#include "train/schedule.h"

/* The public interface as a caller meets it. */

enum { ROWS = 600, COLUMNS = 8 };

/* Rows on a curved surface: two numbers explain eight. */
static void fill(float *x)
{
    for (int i = 0; i < ROWS; i++) {
        float u = (float)(i % 30) / 15 - 1, v = (float)(i / 30) / 10 - 1;
        float row[COLUMNS] = {u, v, u * v, u * u, v * v, u + v, u - v, u * u - v};
        for (int j = 0; j < COLUMNS; j++)
            x[i * COLUMNS + j] = 10 + 3 * row[j];
    }
}

static latent_model *train(const latent_train_options *options, latent_report **report)
{
    static float x[ROWS * COLUMNS];
    latent_error error = {0};
    latent_data *data = NULL;
    latent_model *model = NULL;
    fill(x);
    T_OK(latent_data_from_rows(&data, x, ROWS, COLUMNS, &error) == 0);
    int rc = latent_train(&model, data, options, NULL, report, &error);
    latent_data_free(&data);
    if (rc)
        T_FAIL("%s", error.text);
    return model;
}

static void quick(latent_train_options *options)
{
    latent_train_options_init(options);
    options->detector = "none";
    options->dims = 2;
    options->steps = 150;
    options->threads = 1;
}

TEST(a_first_program_trains_saves_opens_and_applies)
{
    latent_train_options options;
    latent_error error = {0};
    latent_report *report = NULL;
    latent_model *opened = NULL;
    latent_session *session = NULL;
    float row[COLUMNS] = {10, 10, 10, 10, 10, 10, 10, 10}, code[2], back[COLUMNS], again[COLUMNS];
    quick(&options);
    latent_model *model = train(&options, &report);
    T_INT(latent_model_inputs(model), COLUMNS);
    T_INT(latent_model_dims(model), 2);
    T_OK(latent_report_number(report, "squared_error") > 0);
    T_OK(latent_report_number(report, "pca.squared_error") > 0);
    T_OK(latent_report_string(report, "verdict") != NULL);
    T_STR(latent_report_string(report, "weights_sha256"), latent_model_sha256(model));
    const char *path = t_tmp("m.latent");
    T_INT(latent_model_save(model, path, &error), 0);
    T_INT(latent_model_open(&opened, path, &error), 0);
    T_STR(latent_model_sha256(opened), latent_model_sha256(model));
    T_INT(latent_session_create(&session, opened, NULL, &error), 0);
    T_INT(latent_encode(session, row, 1, code, &error), 0);
    T_INT(latent_decode(session, code, 1, back, &error), 0);
    T_INT(latent_reconstruct(session, row, 1, again, &error), 0);
    T_OK(memcmp(back, again, sizeof back) == 0);
    latent_session_free(&session);
    T_OK(session == NULL);
    latent_report_free(&report);
    latent_model_free(&opened);
    latent_model_free(&model);
}

TEST(a_session_of_few_dims_has_codes_of_that_width)
{
    enum { N = 3 };
    latent_train_options options;
    latent_apply_options apply;
    latent_error error = {0};
    latent_session *whole = NULL, *narrow = NULL;
    float x[ROWS * COLUMNS], code[N * 3], first[N * 2], back[N * COLUMNS], again[N * COLUMNS];
    fill(x);
    quick(&options);
    options.dims = 3;
    options.ordered = 1;
    latent_model *model = train(&options, NULL);
    latent_apply_options_init(&apply);
    T_INT(latent_session_create(&whole, model, &apply, &error), 0);
    apply.dims = 2;
    T_INT(latent_session_create(&narrow, model, &apply, &error), 0);
    T_INT(latent_encode(whole, x, N, code, &error), 0);
    T_INT(latent_encode(narrow, x, N, first, &error), 0);
    for (int i = 0; i < N; i++)
        T_OK(memcmp(first + 2 * i, code + 3 * i, 2 * sizeof *code) == 0);
    T_INT(latent_decode(narrow, first, N, back, &error), 0);
    T_INT(latent_reconstruct(narrow, x, N, again, &error), 0);
    T_OK(memcmp(back, again, sizeof back) == 0);
    T_INT(latent_reconstruct(whole, x, N, again, &error), 0);
    T_OK(memcmp(back, again, sizeof back) != 0);
    latent_session_free(&whole);
    latent_session_free(&narrow);
    apply.dims = 4;
    T_INT(latent_session_create(&narrow, model, &apply, &error), LATENT_EUSAGE);
    T_OK(narrow == NULL);
    latent_model_free(&model);
}

TEST(another_seed_gives_another_model_and_the_same_seed_the_same)
{
    latent_train_options options;
    char first[65];
    quick(&options);
    latent_model *a = train(&options, NULL);
    snprintf(first, sizeof first, "%s", latent_model_sha256(a));
    latent_model_free(&a);
    a = train(&options, NULL);
    T_STR(latent_model_sha256(a), first);
    latent_model_free(&a);
    options.seed = 2;
    a = train(&options, NULL);
    T_OK(strcmp(latent_model_sha256(a), first) != 0);
    latent_model_free(&a);
}

TEST(data_are_packed_unpacked_and_verified)
{
    latent_pack_options pack;
    latent_unpack_options unpack;
    latent_error error = {0};
    latent_report *report = NULL;
    const char *data[] = {t_text("few.csv", "a,b\n1,0.5\n2,0.25\n3,\n4,-7\n")};
    const char *other[] = {t_text("others.csv", "a,b\n1,0.5\n2,0.25\n3,\n4,-8\n")};
    const char *path = t_tmp("few.lpk"), *back = t_tmp("back.csv");
    latent_pack_options_init(&pack);
    pack.quick = 1;
    pack.budget = 0;
    T_INT(latent_pack(data, 1, path, &pack, &report, &error), 0);
    T_OK(latent_report_number(report, "rows") == 4);
    latent_report_free(&report);
    T_INT(latent_verify(path, data, 1, NULL, &report, &error), 0);
    T_OK(latent_report_number(report, "mismatches") == 0);
    latent_report_free(&report);
    T_INT(latent_verify(path, other, 1, NULL, &report, &error), LATENT_ENO);
    T_OK(latent_report_number(report, "mismatches") == 1);
    latent_report_free(&report);
    latent_unpack_options_init(&unpack);
    unpack.row_begin = 2;
    T_INT(latent_unpack(path, back, &unpack, NULL, &error), 0);
    char text[100] = "";
    FILE *file = fopen(back, "rb");
    T_OK(file && fread(text, 1, sizeof text - 1, file) > 0 && fclose(file) == 0);
    T_STR(text, "a,b\n3,\n4,-7\n");
}

TEST(packing_refuses_what_excludes_itself_before_it_looks_for_data)
{
    latent_pack_options pack;
    latent_unpack_options unpack;
    latent_report *report = NULL;
    latent_error error = {0};
    const char *data[] = {t_tmp("nowhere.csv")};
    const char *path = t_tmp("nothing.lpk");
    latent_pack_options_init(&pack);
    pack.psnr = (double)INFINITY;
    T_INT(latent_pack(data, 1, path, &pack, &report, &error), LATENT_EUSAGE);
    T_ERR(error, "--psnr: inf is not a positive finite number");
    pack.psnr = 40;
    pack.max_rel = "0.1";
    T_INT(latent_pack(data, 1, path, &pack, &report, &error), LATENT_EUSAGE);
    T_ERR(error, "--psnr says what images may lose as a whole and --max-rel what each value may; "
                 "give one");
    pack.psnr = 0;
    pack.max_rel = "x";
    T_INT(latent_pack(data, 1, path, &pack, &report, &error), LATENT_EUSAGE);
    latent_unpack_options_init(&unpack);
    unpack.row_begin = 5;
    unpack.row_end = 5;
    T_INT(latent_unpack(path, NULL, &unpack, &report, &error), LATENT_EUSAGE);
    T_OK(report == NULL);
    T_OK(access(path, F_OK) != 0);
}

static int stop_at_once(void *context, const latent_progress *progress)
{
    (void)context, (void)progress;
    return 1;
}

TEST(a_listener_that_says_stop_interrupts_training)
{
    static float x[ROWS * COLUMNS];
    latent_listener listener = {.progress = stop_at_once};
    latent_train_options options;
    latent_error error = {0};
    latent_data *data = NULL;
    latent_model *model = NULL;
    fill(x);
    quick(&options);
    options.steps = 100000;
    T_INT(latent_data_from_rows(&data, x, ROWS, COLUMNS, &error), 0);
    T_INT(latent_train(&model, data, &options, &listener, NULL, &error), LATENT_EINTERRUPTED);
    T_OK(model == NULL);
    latent_data_free(&data);
}

TEST(infinite_values_are_refused_and_missing_ones_are_not)
{
    latent_train_options options;
    latent_error error = {0};
    latent_session *session = NULL;
    float row[COLUMNS] = {0, 1, 2, INFINITY}, code[2];
    quick(&options);
    latent_model *model = train(&options, NULL);
    T_INT(latent_session_create(&session, model, NULL, &error), 0);
    T_INT(latent_encode(session, row, 1, code, &error), LATENT_ECONTENT);
    T_STR(error.text, "row 0, column 3: the value is infinite");
    row[3] = NAN;
    T_INT(latent_encode(session, row, 1, code, &error), 0);
    T_OK(isfinite(code[0]) && isfinite(code[1]));
    latent_session_free(&session);
    latent_model_free(&model);
}

TEST(as_many_dims_as_inputs_are_refused)
{
    static float x[ROWS * COLUMNS];
    latent_train_options options;
    latent_error error = {0};
    latent_data *data = NULL;
    latent_model *model = NULL;
    fill(x);
    quick(&options);
    options.dims = COLUMNS;
    T_INT(latent_data_from_rows(&data, x, ROWS, COLUMNS, &error), 0);
    T_INT(latent_train(&model, data, &options, NULL, NULL, &error), LATENT_EUSAGE);
    T_STR(error.text, "--dims 8 is not smaller than the 8 inputs, so the network could copy them; "
                      "use fewer dims, or --noise, --sparse or --contractive to prevent copying");
    latent_data_free(&data);
}

/* ---- the words of latent_choices are those of the tables ---- */

static void same_words(const char *which, const char *(*name)(int), int begin, int end)
{
    char words[400] = "";
    const char *choices = latent_choices(which);
    T_OK(choices != NULL);
    if (strncmp(choices, "auto, ", 6) == 0 && strcmp(name(begin), "auto") != 0)
        choices += 6;
    for (int i = begin; i < end; i++) {
        strcat(words, i > begin ? ", " : "");
        strcat(words, name(i));
    }
    T_STR(choices, words);
}

static const char *act(int i)
{
    return lt_act_name((enum lt_act)i);
}
static const char *loss(int i)
{
    return lt_loss_name((enum lt_loss)i);
}
static const char *noise(int i)
{
    return lt_noise_name((enum lt_noise)i);
}
static const char *upsample(int i)
{
    return lt_upsample_name((enum lt_upsample)i);
}
static const char *norm(int i)
{
    return lt_norm_name((enum lt_norm)i);
}
static const char *scaling(int i)
{
    return lt_scaling_name((enum lt_scaling)i);
}
static const char *schedule(int i)
{
    return lt_schedule_name((enum lt_schedule_kind)i);
}
static const char *optimizer(int i)
{
    return lt_optimizer_at(i)->name;
}

TEST(choices_are_the_rows_of_the_tables)
{
    int optimizers = 0;
    while (lt_optimizer_at(optimizers))
        optimizers++;
    same_words("act", act, 0, LT_ACTS);
    same_words("loss", loss, 0, LT_LOSS_CE);       /* ce is for categories alone */
    same_words("noise", noise, 0, LT_NOISE_PAIRS); /* which are given, not made */
    same_words("upsample", upsample, 0, LT_UPSAMPLES);
    same_words("norm", norm, 0, LT_NORMS);
    same_words("scale", scaling, 0, LT_SCALINGS);
    same_words("schedule", schedule, 0, LT_SCHEDULES);
    same_words("optimizer", optimizer, 0, optimizers);
    T_OK(latent_choices("colour") == NULL);
}

T_MAIN
