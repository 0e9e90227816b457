/* Network specs: the layout of parameters, initial weights, and what is refused. */
#include "t_net.h"

/* ---- parameters ---- */

TEST(parameters_lie_in_node_order_with_their_names)
{
    struct lt_net_spec s;
    struct lt_params p;
    struct lt_error err = {0};
    plain_net(&s, SMALL, LT_ACT_TANH, true, LT_LOSS_MSE, LT_ACT_LINEAR);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_INT(lt_params_of(&p, &s, &err), 0);
    T_INT(p.count, 6);
    T_STR(p.param[0].name, "encoder1.weight");
    T_STR(p.param[3].name, "encoder2.bias");
    T_STR(p.param[4].name, "decoder1.bias");
    T_INT(p.param[2].rows, 3);
    T_INT(p.param[2].cols, 7);
    T_INT(p.param[2].offset, 7 * 11 + 7);
    T_INT(p.total, 7 * 11 + 7 + 3 * 7 + 3 + 7 + 11);
}

TEST(initial_weights_have_the_variance_of_their_activation)
{
    const int64_t widths[3] = {200, 300, 100};
    const double want[LT_ACTS] = {
        [LT_ACT_LINEAR] = 1.0 / 200, [LT_ACT_SELU] = 1.0 / 200,       [LT_ACT_SIGMOID] = 2.0 / 500,
        [LT_ACT_TANH] = 2.0 / 500,   [LT_ACT_SOFTPLUS] = 2.0 / 500,   [LT_ACT_RELU] = 2.0 / 200,
        [LT_ACT_GELU] = 2.0 / 200,   [LT_ACT_LEAKY_RELU] = 2.0 / 200, [LT_ACT_ELU] = 2.0 / 200,
        [LT_ACT_SILU] = 2.0 / 200};
    static float weights[2 * (300 * 200 + 300 * 100) + 300 + 100 + 300 + 200];
    struct lt_net_spec s;
    struct lt_params p;
    struct lt_error err = {0};
    for (int act = 0; act < LT_ACTS; act++) {
        plain_net(&s, widths, (enum lt_act)act, false, LT_LOSS_MSE, LT_ACT_LINEAR);
        T_INT(lt_net_spec_infer(&s, &err), 0);
        T_INT(lt_params_of(&p, &s, &err), 0);
        T_INT(p.total, sizeof weights / sizeof *weights);
        lt_params_init(&p, &s, 3, weights);
        double sum = 0;
        for (int i = 0; i < 300 * 200; i++)
            sum += (double)weights[i] * (double)weights[i];
        T_NEAR(sum / (300 * 200), want[act], 0.03 * want[act]);
    }
}

TEST(normalisations_have_gains_biases_and_over_batches_statistics)
{
    static float weights[8192];
    struct lt_net_spec s;
    struct lt_params p;
    struct lt_error err = {0};
    int seen = 0;
    for (int norm = LT_NORM_LAYER; norm < LT_NORMS; norm++) {
        pooled_net(&s, GREY, LT_POOL_MAX, 2, LT_UPSAMPLE_NEAREST, (enum lt_norm)norm, LT_ACT_SILU);
        T_INT(lt_net_spec_infer(&s, &err), 0);
        T_INT(lt_params_of(&p, &s, &err), 0);
        T_OK(p.total <= sizeof weights / sizeof *weights);
        T_INT(p.count, norm == LT_NORM_LAYER ? 16 : 22);
        T_STR(p.param[2].name, "norm1.gain");
        T_STR(p.param[3].name, "norm1.bias");
        T_STR(p.param[4].name, norm == LT_NORM_LAYER ? "encoder2.weight" : "norm1.mean");
        T_STR(p.param[5].name, norm == LT_NORM_LAYER ? "encoder2.bias" : "norm1.variance");
        lt_params_init(&p, &s, 3, weights);
        for (int k = 0; k < p.count; k++) {
            const struct lt_param *q = &p.param[k];
            const bool one = q->kind == LT_PARAM_GAIN || q->kind == LT_PARAM_VARIANCE;
            for (int64_t i = 0; q->kind != LT_PARAM_WEIGHT && i < q->rows; i++, seen++)
                T_NEAR(weights[q->offset + (size_t)i], one ? 1 : 0, 0);
        }
    }
    T_OK(seen > 50);
}

TEST(operations_are_counted_per_row)
{
    struct lt_net_spec s;
    struct lt_error err = {0};
    plain_net(&s, SMALL, LT_ACT_TANH, false, LT_LOSS_MSE, LT_ACT_LINEAR);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_NEAR(lt_net_flops_forward(&s), 2 * 2 * (11 * 7 + 7 * 3), 0);
    T_NEAR(lt_net_flops_train(&s), 6 * 2 * (11 * 7 + 7 * 3) - 2 * 11 * 7, 0);
}

/* ---- refusals ---- */

static void expect_refusal(struct lt_net_spec *s, const char *message)
{
    struct lt_error err = {0};
    T_INT(lt_net_spec_infer(s, &err), LT_ECONTENT);
    T_ERR(err, message);
}

static struct lt_net_spec sound(void)
{
    struct lt_net_spec s;
    plain_net(&s, SMALL, LT_ACT_TANH, true, LT_LOSS_MSE, LT_ACT_LINEAR);
    return s;
}

#define REFUSED(change, message)                                                                   \
    do {                                                                                           \
        struct lt_net_spec s = sound();                                                            \
        change;                                                                                    \
        expect_refusal(&s, message);                                                               \
    } while (0)

/* Nodes of sound(): 0 input, 1 encoder1, 2 encoder2, 3 code, 4 decoder1, 5 decoder2, 6 output. */
TEST(a_graph_that_makes_no_sense_is_refused)
{
    REFUSED(s.count = 0, "a network has 1 to 64 nodes, not 0");
    REFUSED(s.count = 65, "a network has 1 to 64 nodes, not 65");
    REFUSED(s.code = 2, "the network lacks its input or its code");
    REFUSED(s.count = 4, "the network has no head");
    REFUSED(s.node[0].shape.c = 0, "network node 0 \"input\": the input shape is out of range");
    REFUSED(s.node[0].shape = ((struct lt_shape){1 << 20, 1 << 20, 1 << 20}),
            "network node 0 \"input\": the input shape is out of range");
    REFUSED(s.node[2].kind = LT_NODE_INPUT,
            "network node 2 \"encoder2\": it has the wrong number of inputs");
    REFUSED(s.node[2].kind = LT_NODE_KINDS, "network node 2 \"encoder2\": unknown kind");
    REFUSED(s.node[2].inputs = 3, "network node 2 \"encoder2\": it has the wrong number of inputs");
    REFUSED(s.node[2].input[0] = 2, "network node 2 \"encoder2\": an input is not an earlier node");
    REFUSED(s.node[2].input[0] = -1,
            "network node 2 \"encoder2\": an input is not an earlier node");
    REFUSED((s.node[5].input[0] = 1, s.node[5].tied = 0),
            "network node 5 \"decoder2\": it sees the input past the code");
    REFUSED((s.node[4].kind = LT_NODE_CODE, s.node[4].tied = 0),
            "network node 4 \"decoder1\": a network has one code");
    REFUSED((s.node[6].input[0] = 5, s.count = 8, s.node[7] = s.node[6], s.node[7].input[0] = 6,
             s.node[7].name[0] = 'x'),
            "network node 7 \"xutput\": a head has no outputs to read");
}

TEST(names_that_cannot_be_stored_are_refused)
{
    REFUSED(s.node[2].name[0] = 0, "network node 2 \"\": its name is empty or too long");
    REFUSED(memset(s.node[2].name, 'a', sizeof s.node[2].name),
            "network node 2 \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\": its name is empty or too long");
    REFUSED(s.node[2].name[0] = 'E',
            "network node 2 \"Encoder2\": names are made of a-z, 0-9, _ and .");
    REFUSED(s.node[2].name[7] = '1', "network node 2 \"encoder1\": its name stands twice");
}

TEST(attributes_out_of_range_are_refused)
{
    REFUSED(s.node[2].width = 0, "network node 2 \"encoder2\": the width is out of range");
    REFUSED(s.node[2].width = LT_WIDTH_MAX + 1,
            "network node 2 \"encoder2\": the width is out of range");
    REFUSED(s.node[4].tied = 4, "network node 4 \"decoder1\": tied to a node that has no weights");
    REFUSED(s.node[4].tied = 3, "network node 4 \"decoder1\": tied to a node that has no weights");
    REFUSED(s.node[5].tied = 4, "network node 5 \"decoder2\": tied to a node that has no weights");
    REFUSED(s.node[4].tied = 1, "network node 4 \"decoder1\": tied to weights of another shape");
    REFUSED(s.node[6].unit = LT_ACT_TANH,
            "network node 6 \"output\": the output unit must be linear or sigmoid");
    REFUSED(s.node[6].loss = LT_LOSS_BCE,
            "network node 6 \"output\": bce needs the sigmoid output unit");
    REFUSED(s.node[6].weight = -1,
            "network node 6 \"output\": the weight of its loss is out of range");
    REFUSED(s.node[6].weight = NAN,
            "network node 6 \"output\": the weight of its loss is out of range");
    REFUSED(s.node[6].target = 1, "network node 6 \"output\": its target lies outside the input");
    REFUSED(s.node[6].target = -1, "network node 6 \"output\": its target lies outside the input");
}

TEST(noise_dropout_and_joins_are_checked)
{
    struct lt_net_spec s;
    noisy_net(&s, LT_NOISE_MASK, 1.5f);
    expect_refusal(&s, "network node 1 \"noise\": the amount of noise is out of range");
    noisy_net(&s, LT_NOISE_GAUSSIAN, NAN);
    expect_refusal(&s, "network node 1 \"noise\": the amount of noise is out of range");
    noisy_net(&s, LT_NOISE_GAUSSIAN, 1);
    s.node[1].most = 0.5f;
    expect_refusal(&s, "network node 1 \"noise\": the amount of noise is out of range");
    noisy_net(&s, LT_NOISE_MASK, 0.5f);
    s.node[1].most = 1.5f;
    expect_refusal(&s, "network node 1 \"noise\": the amount of noise is out of range");
    noisy_net(&s, LT_NOISE_GAUSSIAN, 1);
    s.node[3].amount = 1;
    expect_refusal(&s, "network node 3 \"drop1\": dropout must be at least 0 and less than 1");
    s.node[3].kind = LT_NODE_NOISE;
    expect_refusal(&s, "network node 3 \"drop1\": noise belongs right after the input");
    graph_net(&s);
    s.node[3].input[1] = 0;
    expect_refusal(&s, "network node 3 \"skip\": its inputs differ in shape");
    graph_net(&s);
    s.node[2].width = s.node[6].width = LT_WIDTH_MAX;
    s.node[3].input[1] = 1;
    expect_refusal(&s, "network node 7 \"both\": the width is out of range");
}

/* Of sound(): 7 near.noise, 8 near.encoder1, 9 near.encoder2, 10 contract. */
TEST(a_contraction_that_makes_no_sense_is_refused)
{
    struct lt_net_spec s, full = sound();
    struct lt_error err = {0};
    T_INT(lt_net_spec_infer(&full, &err), 0);
    T_INT(lt_net_spec_contract(&full, 2, 0.5, &err), 0);
    T_INT(full.count, 11);
    T_STR(full.node[9].name, "near.encoder2");
    T_NEAR(full.node[10].weight, 8, 0);
    s = full;
    s.node[9].shared = 9;
    expect_refusal(&s,
                   "network node 9 \"near.encoder2\": it shares with a node that has nothing of "
                   "its own");
    s = full;
    s.node[9].shared = 3;
    expect_refusal(&s,
                   "network node 9 \"near.encoder2\": it shares with a node that has nothing of "
                   "its own");
    s = full;
    s.node[9].shared = 8;
    expect_refusal(&s,
                   "network node 9 \"near.encoder2\": it shares with a node that has nothing of "
                   "its own");
    s = full;
    s.node[9].shared = 1;
    expect_refusal(&s, "network node 9 \"near.encoder2\": it shares with a node of another shape");
    s = full;
    s.node[10].input[1] = 8;
    expect_refusal(&s, "network node 10 \"contract\": its inputs differ in shape");
    s = full;
    s.node[10].weight = NAN;
    expect_refusal(&s, "network node 10 \"contract\": the weight of its penalty is out of range");
    s = full;
    s.node[s.count++] = s.node[8];
    snprintf(s.node[11].name, sizeof s.node[11].name, "more");
    s.node[11].input[0] = 10;
    expect_refusal(&s, "network node 11 \"more\": a penalty has no outputs to read");
    for (s = sound(); s.count < 62; s.count++) { /* dangling layers */
        s.node[s.count] = s.node[1];
        snprintf(s.node[s.count].name, sizeof s.node[0].name, "more%d", s.count);
    }
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_INT(lt_net_spec_contract(&s, 1, 0.5, &err), LT_ECONTENT);
    T_ERR(err, "a contractive network of 66 nodes is too large, 64 is the most; use fewer layers");
    err = (struct lt_error){0};
    noisy_net(&s, LT_NOISE_MASK, 0.5f);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_INT(lt_net_spec_contract(&s, 1, 0.5, &err), LT_ECONTENT);
    T_ERR(err,
          "network node 1 \"noise\": it corrupts the rows, and contraction looks at clean ones");
}

/* Of sound(): 7 near.noise, 8 near.encoder1, 9 near.encoder2, 10 attract. */
TEST(an_attraction_that_makes_no_sense_is_refused)
{
    struct lt_net_spec s, full = sound();
    struct lt_error err = {0};
    T_INT(lt_net_spec_infer(&full, &err), 0);
    T_INT(lt_net_spec_attract(&full, 2, &err), 0);
    T_INT(full.count, 11);
    T_INT(full.node[7].noise, LT_NOISE_PAIRS);
    T_STR(full.node[10].name, "attract");
    T_NEAR(full.node[10].weight, 2, 0);
    s = full;
    s.node[10].input[1] = 8;
    expect_refusal(&s, "network node 10 \"attract\": its inputs differ in shape");
    s = full;
    s.node[10].weight = -1;
    expect_refusal(&s, "network node 10 \"attract\": the weight of its penalty is out of range");
    s = full;
    s.node[s.count++] = s.node[8];
    snprintf(s.node[11].name, sizeof s.node[11].name, "more");
    s.node[11].input[0] = 10;
    expect_refusal(&s, "network node 11 \"more\": a penalty has no outputs to read");
    for (s = sound(); s.count < 62; s.count++) { /* dangling layers */
        s.node[s.count] = s.node[1];
        snprintf(s.node[s.count].name, sizeof s.node[0].name, "more%d", s.count);
    }
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_INT(lt_net_spec_attract(&s, 1, &err), LT_ECONTENT);
    T_ERR(err, "a network that draws neighbours together of 66 nodes is too large, 64 is the most; "
               "use fewer layers");
    err = (struct lt_error){0};
    noisy_net(&s, LT_NOISE_MASK, 0.5f);
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_INT(lt_net_spec_attract(&s, 1, &err), LT_ECONTENT);
    T_ERR(err,
          "network node 1 \"noise\": it corrupts the rows, and attraction looks at clean ones");
}

/* Nodes of pooled_net: 2 norm1, 3 pool, 4 back. */
static void refuse_pooled(int change, const char *message)
{
    struct lt_net_spec s;
    pooled_net(&s, GREY, LT_POOL_MAX, 2, LT_UPSAMPLE_NEAREST, LT_NORM_LAYER, LT_ACT_SILU);
    switch (change) {
    case 0:
        s.node[3].pool = LT_POOL_NONE;
        break;
    case 1:
        s.node[3].stride = 1;
        break;
    case 2:
        s.node[3].stride = 6;
        break;
    case 3:
        s.node[4].stride = 9;
        break;
    case 4:
        s.node[4].grid_w = 9;
        break;
    case 5:
        s.node[2].norm = LT_NORM_NONE;
        break;
    default:
        s.node[1].width = 1;
    }
    expect_refusal(&s, message);
}

TEST(poolings_upsamplings_and_normalisations_are_checked)
{
    refuse_pooled(0, "network node 3 \"pool\": it must pool by max or average");
    refuse_pooled(1, "network node 3 \"pool\": its window must have 2 to 8 pixels a side");
    refuse_pooled(2, "network node 3 \"pool\": its window is larger than the grid of its input");
    refuse_pooled(3, "network node 4 \"back\": its factor must be 2 to 8");
    refuse_pooled(4, "network node 4 \"back\": its grid does not belong to that of its input");
    refuse_pooled(5, "network node 2 \"norm1\": it must normalise by layer or batch");
    refuse_pooled(6, "network node 2 \"norm1\": layer normalisation leaves nothing of a single "
                     "channel");
}

TEST(a_network_of_too_many_weights_is_refused)
{
    struct lt_net_spec s = sound();
    struct lt_params p;
    struct lt_error err = {0};
    s.node[1].width = s.node[2].width = LT_WIDTH_MAX;
    s.node[4].tied = s.node[5].tied = 0;
    T_INT(lt_net_spec_infer(&s, &err), 0);
    T_INT(lt_params_of(&p, &s, &err), LT_ECONTENT);
    T_ERR(err, "network node 2 \"encoder2\": the network has more than 2^33 weights");
}

T_MAIN
