/* From words to networks: the notation of layers, what the decoder mirrors, and what is refused. */
#include "app/build.h"
#include "base/mem.h"
#include "t.h"

static struct lt_autoencoder image_of(struct lt_shape input, int64_t dims)
{
    return (struct lt_autoencoder){
        .input = input, .numbers = lt_shape_width(input), .dims = dims, .act = LT_ACT_SILU};
}

/* The spec of layers on a grey image of 14 x 14. */
static struct lt_net_spec build(const char *layers, int64_t dims, enum lt_norm norm)
{
    struct lt_autoencoder a = image_of((struct lt_shape){1, 14, 14}, dims);
    struct lt_net_spec s;
    struct lt_error err = {0};
    a.norm = norm;
    if (lt_parse_layers(layers, &a, &err) || lt_autoencoder_build(&s, &a, &err))
        T_FAIL("%s: %s", layers, err.text);
    return s;
}

static void check_text(const char *layers, int64_t dims, enum lt_norm norm, const char *want)
{
    struct lt_net_spec s = build(layers, dims, norm);
    char text[400];
    lt_autoencoder_text(&s, text, sizeof text);
    T_STR(text, want);
}

TEST(networks_are_drawn_with_their_poolings_and_normalisations)
{
    check_text("8c3,m2,16c3,m2,20", 5, LT_NORM_NONE,
               "196-8c3-m2-16c3-m2-20-5-20-u2-16c3-u2-8c3-196");
    check_text("8c3,a3,20", 5, LT_NORM_BATCH, "196-8c3n-a3-20n-5-20n-u3-8c3-196");
    check_text("8c3/2,8r3,m2,8r3", 5, LT_NORM_LAYER,
               "196-8c3/2-8r3n-m2-8r3n-5-8r3n-u2-8r3n-8c3/2-196");
    check_text("8c3,16c3/2", 0, LT_NORM_LAYER, "196-8c3n-16c3/2-16c3/2n-8c3-196");
    check_text("32,16", 5, LT_NORM_LAYER, "196-32n-16n-5-16n-32n-196");
}

/* The node of a name; one that is missing fails. */
static const struct lt_node *named(const struct lt_net_spec *s, const char *name)
{
    for (int i = 0; i < s->count; i++)
        if (strcmp(s->node[i].name, name) == 0)
            return &s->node[i];
    T_FAIL("no node \"%s\"", name);
    return NULL;
}

TEST(a_decoder_mirrors_poolings_of_odd_sides)
{
    struct lt_autoencoder a = image_of((struct lt_shape){3, 13, 7}, 4);
    struct lt_net_spec s;
    struct lt_error err = {0};
    a.upsample = LT_UPSAMPLE_BILINEAR;
    T_INT(lt_parse_layers("8c3,m2,16c3,a3", &a, &err), 0);
    T_INT(lt_autoencoder_build(&s, &a, &err), 0);
    const struct lt_shape pooled = named(&s, "encoder2")->shape,
                          last = named(&s, "encoder4")->shape;
    T_OK(pooled.c == 8 && pooled.h == 7 && pooled.w == 4);
    T_OK(last.c == 16 && last.h == 3 && last.w == 2);
    T_INT(named(&s, "decoder2")->kind, LT_NODE_UPSAMPLE);
    T_INT(named(&s, "decoder2")->upsample, LT_UPSAMPLE_BILINEAR);
    T_OK(named(&s, "decoder2")->shape.c == 16 && named(&s, "decoder2")->shape.h == 7 &&
         named(&s, "decoder2")->shape.w == 4);
    T_OK(named(&s, "decoder4")->shape.h == 13 && named(&s, "decoder4")->shape.w == 7);
    T_OK(named(&s, "decoder5")->shape.c == 3 && named(&s, "decoder5")->shape.h == 13);
}

/* Activations go with the normalisations; neither stands on the code or the output. */
TEST(hidden_layers_are_normalised_before_their_activation_and_nothing_else_is)
{
    struct lt_net_spec s = build("8c3,m2,20", 5, LT_NORM_BATCH);
    static const char *const hidden[] = {"encoder1", "encoder3", "decoder1", "decoder2"};
    int norms = 0;
    for (int i = 0; i < s.count; i++)
        norms += s.node[i].kind == LT_NODE_NORM;
    T_INT(norms, 4);
    for (int i = 0; i < 4; i++) {
        char name[LT_NODE_NAME];
        snprintf(name, sizeof name, "%s_norm", hidden[i]);
        T_INT(named(&s, hidden[i])->act, LT_ACT_LINEAR);
        T_INT(named(&s, name)->act, LT_ACT_SILU);
        T_STR(s.node[named(&s, name)->input[0]].name, hidden[i]);
    }
    s = build("8c3/2,8r3", 0, LT_NORM_LAYER); /* the path past the blocks stays linear */
    norms = 0;
    for (int i = 0; i < s.count; i++)
        norms += s.node[i].kind == LT_NODE_NORM;
    T_INT(norms, 4);
    T_INT(named(&s, "encoder2a_norm")->act, LT_ACT_SILU);
    T_INT(named(&s, "encoder2b_norm")->act, LT_ACT_LINEAR);
}

TEST(tied_layers_are_normalised_on_their_own)
{
    struct lt_autoencoder a = image_of((struct lt_shape){12, 1, 1}, 3);
    struct lt_net_spec s;
    struct lt_error err = {0};
    a.tied = true;
    a.norm = LT_NORM_BATCH;
    T_INT(lt_parse_layers("9,7", &a, &err), 0);
    T_INT(lt_autoencoder_build(&s, &a, &err), 0);
    T_STR(s.node[named(&s, "decoder1")->tied].name, "encoder3");
    T_STR(s.node[named(&s, "decoder3")->tied].name, "encoder1");
}

TEST(networks_of_poolings_fit_images_of_other_sizes)
{
    struct lt_net_spec s = build("8c3,m2,8r3,a3,16c3", 0, LT_NORM_LAYER);
    struct lt_error err = {0};
    T_INT(lt_net_spec_resize(&s, 24, 36, &err), 0);
    T_OK(lt_net_spec_dims(&s) == 16 * 4 * 6);
    T_OK(lt_net_spec_inputs(&s) == 24 * 36);
    T_OK(s.node[s.count - 1].shape.h == 24 && s.node[s.count - 1].shape.w == 36);
}

/* ---- starting as the identity ---- */

TEST(a_denoiser_of_normalised_blocks_starts_as_the_identity)
{
    enum { SIDE = 14, VALUES = SIDE * SIDE };
    for (int norm = 0; norm < LT_NORMS; norm++) {
        struct lt_net_spec s = build("8c5/2,8r3,8r3", 0, (enum lt_norm)norm);
        struct lt_error err = {0};
        struct lt_backend *b = NULL;
        struct lt_net *net = NULL;
        float *weights = NULL, x[VALUES], y[VALUES];
        for (int i = 0; i < VALUES; i++)
            x[i] = (float)(i * 37 % 101) / 101;
        T_INT(lt_backend_create(&b, "ref", 1, &err), 0);
        T_INT(
            lt_net_create(&net, &s, b, &(struct lt_net_options){.rows = 1, .training = true}, &err),
            0);
        const struct lt_params *p = lt_net_params(net);
        T_INT(lt_alloc(&weights, p->total, sizeof *weights, "weights", &err), 0);
        lt_params_init(p, &s, 1, weights);
        lt_start_denoiser(p, &s, weights);
        lt_net_set_weights(net, weights);
        lt_net_put_input(net, x, 1);
        lt_net_forward(net, &(struct lt_pass){.rows = 1});
        lt_net_get_output(net, y, 1);
        for (int i = 0; i < VALUES; i++)
            T_NEAR(y[i], x[i], 1e-6);
        lt_free(weights);
        lt_net_free(&net);
        lt_backend_free(&b);
    }
}

/* The decoder begins with the shown part of the code, and its outputs read that again where they are no
 * grid. */
TEST(an_ordered_code_is_read_by_the_decoder_and_by_its_outputs)
{
    static const char *const layers[] = {"16,8", "8c3/2,16", "none"};
    struct lt_error err = {0};
    for (int i = 0; i < 3; i++) {
        struct lt_autoencoder a = image_of((struct lt_shape){1, 8, 8}, 5);
        struct lt_net_spec s;
        a.ordered = true;
        T_INT(lt_parse_layers(layers[i], &a, &err), 0);
        T_INT(lt_autoencoder_build(&s, &a, &err), 0);
        T_OK(lt_net_spec_ordered(&s));
        const struct lt_node *prefix = &s.node[s.code + 1];
        T_STR(prefix->name, "prefix");
        T_INT(prefix->input[0], s.code);
        T_INT(lt_shape_width(prefix->shape), 10);
        T_INT(s.node[s.code + 2].input[0], s.code + 1);
        const struct lt_node *shown = &s.node[s.count - 3];
        T_INT(shown->kind == LT_NODE_CONCAT, i == 0);
        if (i == 0) {
            T_INT(shown->input[1], s.code + 1);
            T_INT(lt_shape_width(shown->shape), 16 + 10);
        }
        a.ordered = false;
        T_INT(lt_autoencoder_build(&s, &a, &err), 0);
        T_OK(!lt_net_spec_ordered(&s));
    }
}

/* One for every octave of K down to an eighth, as far as there is room. */
TEST(an_ordered_code_has_decoders_of_its_own_for_few_numbers)
{
    static const struct {
        const char *layers;
        int64_t dims;
        int decoders;
    } cases[] = {{"16,8", 7, 1},  {"16,8", 8, 2},  {"16,8", 16, 3},
                 {"16,8", 30, 3}, {"16,8", 64, 4}, {"9,9,9,9,9,9,9,9,9", 64, 2}};
    struct lt_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lt_autoencoder a = image_of((struct lt_shape){1, 16, 16}, cases[i].dims);
        struct lt_net_spec s;
        int64_t before = 0;
        int decoders = 0;
        a.ordered = true;
        T_INT(lt_parse_layers(cases[i].layers, &a, &err), 0);
        T_INT(lt_autoencoder_build(&s, &a, &err), 0);
        for (int k = s.code; k < s.count; k++)
            if (s.node[k].kind == LT_NODE_PREFIX) {
                T_INT(s.node[k].target, before);
                before = lt_prefix_last(&s, k);
                decoders++;
            }
        T_INT(before, cases[i].dims);
        T_INT(decoders, cases[i].decoders);
    }
}

/* So that a chain of blocks starts close to the identity, normalised or not. */
TEST(the_last_gain_of_a_block_starts_small)
{
    static float weights[20000];
    struct lt_net_spec s = build("8c3/2,8r3", 5, LT_NORM_BATCH);
    struct lt_params p;
    struct lt_error err = {0};
    int gains = 0;
    T_INT(lt_params_of(&p, &s, &err), 0);
    T_OK(p.total <= sizeof weights / sizeof *weights);
    lt_params_init(&p, &s, 1, weights);
    for (int k = 0; k < p.count; k++) {
        const struct lt_param *q = &p.param[k];
        if (q->kind != LT_PARAM_GAIN)
            continue;
        gains++;
        T_NEAR((double)weights[q->offset], strstr(q->name, "b_norm") ? 0.2 : 1, 1e-7);
    }
    T_INT(gains, 4);
}

/* ---- refusals ---- */

static void refused(const char *layers, int64_t dims, enum lt_norm norm, const char *message)
{
    struct lt_autoencoder a = image_of((struct lt_shape){1, 14, 14}, dims);
    struct lt_net_spec s;
    struct lt_error err = {0};
    a.norm = norm;
    int rc = lt_parse_layers(layers, &a, &err);
    if (!rc)
        rc = lt_autoencoder_build(&s, &a, &err);
    T_INT(rc, LT_EUSAGE);
    T_ERR(err, message);
}

TEST(layers_that_do_not_fit_together_are_refused)
{
    refused(
        "m2,8c3", 3, LT_NORM_NONE,
        "--layers: \"m2,8c3\" pools what is no grid of a convolution; put a convolution such as "
        "32c3 before it");
    refused(
        "8c3,16,m2", 3, LT_NORM_NONE,
        "--layers: \"8c3,16,m2\" pools what is no grid of a convolution; put a convolution such "
        "as 32c3 before it");
    refused("8c3,m8,m3", 3, LT_NORM_NONE,
            "--layers: layer 3 pools squares of 3 x 3 pixels, and the grid there has 2 x 2; leave "
            "it out");
    refused("8c3,m2,16r3", 3, LT_NORM_NONE,
            "--layers: \"8c3,m2,16r3\" has a block behind another number of channels; put a "
            "convolution such as 16c3 before it");
    refused("8c3,1c3", 3, LT_NORM_LAYER,
            "--norm layer leaves nothing of layer 2, which has a single channel; give it more, or "
            "use --norm batch");
    refused("8,1", 3, LT_NORM_LAYER,
            "--norm layer leaves nothing of layer 2, which has a single unit; give it more, or use "
            "--norm batch");
    refused("8c3,8r3,8r3,8r3,8r3,8r3,8r3", 3, LT_NORM_BATCH,
            "--layers: these make 73 nodes with all that goes between, and a network has 64 at "
            "most; give fewer layers");
}

TEST(poolings_that_are_none_are_refused)
{
    static const char *const bad[] = {"8c3,m1",   "8c3,m9", "8c3,m",
                                      "8c3,a2/2", "8c3,x2", "8c3,m2m2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct lt_autoencoder a = image_of((struct lt_shape){1, 14, 14}, 3);
        struct lt_error err = {0};
        T_INT(lt_parse_layers(bad[i], &a, &err), LT_EUSAGE);
        T_OK(strstr(err.text, " is not a list of widths such as 512,256 ") != NULL);
    }
}

T_MAIN
