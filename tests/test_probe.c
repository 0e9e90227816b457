/* The probe as a library call. */
#include "latent.h"
#include "t.h"
#include "t_alloc.h"

/* 60 rows of three columns, of which the first two tell the class. */
static const char *data_file(void)
{
    char text[8000] = "a,b,c,kind\n";
    size_t used = strlen(text);
    for (int i = 0; i < 60; i++) {
        double u = i % 3 == 0 ? 1 : -1, v = sin(i * 1.7);
        used += (size_t)snprintf(text + used, sizeof text - used, "%.4f,%.4f,%.4f,%s\n",
                                 u + 0.5 * v, u - cos(i * 2.3), v, i % 3 == 0 ? "oak" : "elm");
    }
    return t_text("data.csv", text);
}

static latent_data *open_data(const char *labels)
{
    latent_data *data = NULL;
    latent_data_options options;
    latent_error error = {0};
    const char *name = data_file();
    latent_data_options_init(&options);
    options.labels = labels;
    options.ignore = labels ? NULL : "kind";
    latent_data_open(&data, &name, 1, &options, &error);
    T_STR(error.text, "");
    return data;
}

static latent_model *small_model(const latent_data *data)
{
    latent_model *model = NULL;
    latent_train_options options;
    latent_error error = {0};
    latent_train_options_init(&options);
    options.dims = 2;
    options.layers = "none";
    options.steps = 20;
    options.detector = "none";
    options.threads = 1;
    latent_train(&model, data, &options, NULL, NULL, &error);
    T_STR(error.text, "");
    return model;
}

TEST(accuracies_and_their_differences_agree)
{
    latent_error error = {0};
    latent_report *r = NULL;
    latent_data *data = open_data("kind");
    latent_model *model = small_model(data);
    T_INT(latent_probe(model, data, NULL, NULL, &r, &error), LATENT_OK);
    double codes = latent_report_number(r, "codes.accuracy.value");
    double raw = latent_report_number(r, "raw.accuracy.value");
    T_NEAR(latent_report_number(r, "folds"), 5, 0);
    T_NEAR(latent_report_number(r, "rows"), 60, 0);
    T_NEAR(latent_report_number(r, "pca.dims"), 2, 0);
    T_NEAR(latent_report_number(r, "raw.dims"), 3, 0);
    T_NEAR(latent_report_number(r, "majority.accuracy"), 2. / 3, 1e-15);
    T_STR(latent_report_string(r, "majority.label"), "elm");
    T_OK(raw > 0.9);
    T_NEAR(latent_report_number(r, "codes_less_raw.accuracy.value"), codes - raw, 1e-12);
    T_NEAR(latent_report_number(r, "codes_less_raw.log_loss.value"),
           latent_report_number(r, "codes.log_loss.value") -
               latent_report_number(r, "raw.log_loss.value"),
           1e-12);
    latent_report_free(&r);
    latent_model_free(&model);
    latent_data_free(&data);
}

TEST(data_without_labels_are_refused)
{
    latent_error error = {0};
    latent_report *r = NULL;
    latent_data *data = open_data(NULL);
    latent_model *model = small_model(data);
    T_INT(latent_probe(model, data, NULL, NULL, &r, &error), LATENT_EUSAGE);
    T_ERR(error, "probing needs labels: --labels names a column, FILE or FILE.npz:KEY");
    T_OK(!r);
    latent_model_free(&model);
    latent_data_free(&data);
}

TEST(it_survives_every_failing_allocation)
{
    int failures = 0;
    latent_data *data = open_data("kind");
    latent_model *model = small_model(data);
    latent_apply_options options;
    latent_probe_options probe;
    latent_apply_options_init(&options);
    latent_probe_options_init(&probe);
    options.threads = 1;
    options.backend = "ref";
    probe.folds = 2;
    T_EACH_ALLOCATION
    {
        latent_error error = {0};
        latent_report *r = NULL;
        if (latent_probe(model, data, &probe, &options, &r, &error)) {
            failures++;
            T_OK(!r && *error.text);
        }
        latent_report_free(&r);
    }
    T_OK(failures > 100);
    latent_model_free(&model);
    latent_data_free(&data);
}

T_MAIN
