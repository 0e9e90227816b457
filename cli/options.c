#include "options.h"

#include "settings.h"

#include <string.h>

#define AT(field) offsetof(struct lt_settings, field)
#define TRAIN (LT_VERB_TRAIN | LT_VERB_PRETRAIN)
#define SCORE LT_VERB_SCORE
#define DRIFT LT_VERB_DRIFT
#define FINETUNE LT_VERB_FINETUNE
#define PREDICT LT_VERB_PREDICT
#define COMPARE LT_VERB_COMPARE
#define PROBE LT_VERB_PROBE
#define CLUSTER LT_VERB_CLUSTER
#define NEAREST LT_VERB_NEAREST
#define PACK LT_VERB_PACK
#define UNPACK LT_VERB_UNPACK
#define VERIFY LT_VERB_VERIFY
#define WALK (LT_VERB_SAMPLE | LT_VERB_INTERPOLATE)
#define APPLY (LT_VERB_ENCODE | LT_VERB_DECODE | LT_VERB_RECONSTRUCT | WALK)
#define SHEET (TRAIN | LT_VERB_RECONSTRUCT | LT_VERB_EVAL)
#define DATA                                                                                       \
    (TRAIN | LT_VERB_ENCODE | LT_VERB_RECONSTRUCT | LT_VERB_EVAL | SCORE | DRIFT | COMPARE |       \
     PROBE | LT_VERB_INTERPOLATE | CLUSTER | NEAREST | FINETUNE | PREDICT)
#define ROWS (DATA | LT_VERB_DECODE)
#define COMPUTE                                                                                    \
    (TRAIN | APPLY | LT_VERB_EVAL | SCORE | DRIFT | COMPARE | PROBE | LT_VERB_IMPUTE |             \
     LT_VERB_DENOISE | CLUSTER | NEAREST | FINETUNE | PREDICT | PACK)
#define ALL LT_VERB_ALL
#define MANY 1e15 /* no limit worth naming; exact in a double */

/* clang-format off */
static const struct lt_option rows[] = {
    /* name, letter, metavar, type, field, verbs, group, least, most, choices, help */
    {"out", 'o', "MODEL", LT_OPTION_TEXT, AT(out), TRAIN, LT_GROUP_FILES, 0, 0, NULL,
     "where the model goes; while training can be resumed, MODEL.checkpoint stands beside it"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), APPLY, LT_GROUP_FILES, 0, 0, NULL,
     "where the data go; the name tells the kind: .csv .tsv .npy .npz .idx, each but .npz also .gz; "
     "for images also a folder, as in out/, which gets one file for each, or .png .jpg .webp .pgm "
     ".ppm for a single one, .png for several on one sheet; default: CSV on standard output"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), SCORE, LT_GROUP_FILES, 0, 0, NULL,
     "where the scores go: row, score, p_value, alarm and with --why reasons, as .csv or .tsv, each "
     "also .gz; default: CSV on standard output"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), PROBE, LT_GROUP_FILES, 0, 0, NULL,
     "where to write fold, label and what was told of every row, as .csv or .tsv, each also .gz, so "
     "that others can check it; default: nowhere"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), CLUSTER, LT_GROUP_FILES, 0, 0, NULL,
     "where the clusters go: row, cluster and distance to its centre, as .csv or .tsv, each also "
     ".gz; default: CSV on standard output"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), NEAREST, LT_GROUP_FILES, 0, 0, NULL,
     "where the rows go: row, distance and in which columns it differs; with --duplicates the pairs: "
     "row, other, distance, column_distance and exact; as .csv or .tsv, each also .gz; default: CSV "
     "on standard output"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), LT_VERB_IMPUTE, LT_GROUP_FILES, 0, 0, NULL,
     "where the filled data go: .csv or .tsv for text, which keeps its form; for arrays also .npy "
     ".npz .idx, each but .npz also .gz; default: CSV on standard output"},
    {"out", 'o', "OUT", LT_OPTION_TEXT, AT(out), LT_VERB_DENOISE, LT_GROUP_FILES, 0, 0, NULL,
     "where the images go: a file such as clean.png or clean.npy, or a folder for a folder of them, "
     "each under its name"},
    {"out", 'o', "CLF", LT_OPTION_TEXT, AT(out), FINETUNE, LT_GROUP_FILES, 0, 0, NULL,
     "where the classifier goes: the model with a further network"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), PREDICT, LT_GROUP_FILES, 0, 0, NULL,
     "where the classes go: row, class, probability and the probability of each class, as .csv or .tsv, "
     "each also .gz; default: CSV on standard output"},
    {"out", 'o', "FILE", LT_OPTION_TEXT, AT(out), PACK, LT_GROUP_FILES, 0, 0, NULL,
     "where the packed file goes; - is standard output"},
    {"out", 'o', "DATA", LT_OPTION_TEXT, AT(out), UNPACK, LT_GROUP_FILES, 0, 0, NULL,
     "where the rows go: text into any file, byte for byte; arrays by the name, .npy .npz .idx .csv .tsv, "
     "each but .npz also .gz; images also into a folder, as in out/; default: standard output"},
    {"model", 0, "M", LT_OPTION_TEXT, AT(pack.model), PACK, LT_GROUP_FILES, 0, 0, NULL,
     "a packed file, whose model is used in place of a new one, or, for images and arrays of numbers, a "
     "model that train made, whose code is used where it pays; default: a model is fitted to the data"},
    {"share-model", 0, NULL, LT_OPTION_FLAG, AT(pack.share_model), PACK, LT_GROUP_FILES, 0, 0, NULL,
     "with --model: leave the model out of the file and keep its hash; unpack and verify then need "
     "--model too"},
    {"model", 0, "M", LT_OPTION_TEXT, AT(unpack.model), UNPACK, LT_GROUP_FILES, 0, 0, NULL,
     "the file that holds the model, when FILE was packed with --share-model"},
    {"model", 0, "M", LT_OPTION_TEXT, AT(verify.model), VERIFY, LT_GROUP_FILES, 0, 0, NULL,
     "the file that holds the model, when FILE was packed with --share-model"},
    {"truth", 0, "CLEAN", LT_OPTION_TEXT, AT(truth), LT_VERB_DENOISE, LT_GROUP_FILES, 0, 0, NULL,
     "the clean images, a file or a folder with the same names: tells PSNR and SSIM before and "
     "after, beside the classical filters; default: none"},
    {"uncertainty", 0, "FILE.csv", LT_OPTION_TEXT, AT(uncertainty), LT_VERB_IMPUTE,
     LT_GROUP_FILES, 0, 0, NULL,
     "write for every filled cell its row (from 0), column, value, 90 % interval and, for "
     "categories, probability"},
    {"out", 'o', "DIR", LT_OPTION_TEXT, AT(out), LT_VERB_DEMO, LT_GROUP_FILES, 0, 0, NULL,
     "folder for what the demo makes; default: latent-demo"},
    {"sheet", 0, "FILE.png", LT_OPTION_TEXT, AT(sheet), SHEET, LT_GROUP_FILES, 0, 0, NULL,
     "draw originals above their reconstructions, for data shaped like images"},
    {"sheet", 0, "FILE.png", LT_OPTION_TEXT, AT(sheet), WALK, LT_GROUP_FILES, 0, 0, NULL,
     "draw the rows as well, for data shaped like images"},
    {"sheet", 0, "FILE.png", LT_OPTION_TEXT, AT(sheet), CLUSTER, LT_GROUP_FILES, 0, 0, NULL,
     "draw the decoded centre of each cluster above the row nearest to it, for data shaped like "
     "images"},
    {"checkpoint", 0, "TIME", LT_OPTION_SECONDS, AT(train.checkpoint_seconds), TRAIN,
     LT_GROUP_FILES, 0.001, MANY, NULL,
     "save the state this often, such as 30s; default: only on Ctrl-C"},
    {"resume", 0, NULL, LT_OPTION_FLAG, AT(train.resume), TRAIN, LT_GROUP_FILES, 0, 0, NULL,
     "continue from MODEL.checkpoint where there is one, to the same bits"},

    {"count", 'n', "N", LT_OPTION_WHOLE, AT(count), LT_VERB_SAMPLE, LT_GROUP_DATA, 1, 1e12, NULL,
     "rows to draw; default: 100"},
    {"from", 0, "ROW", LT_OPTION_WHOLE, AT(from), LT_VERB_INTERPOLATE, LT_GROUP_DATA, 0, MANY, NULL,
     "the row, counted from 0, at which the walk begins"},
    {"to", 0, "ROW", LT_OPTION_WHOLE, AT(to), LT_VERB_INTERPOLATE, LT_GROUP_DATA, 0, MANY, NULL,
     "the row at which it ends"},
    {"steps", 0, "N", LT_OPTION_WHOLE, AT(count), LT_VERB_INTERPOLATE, LT_GROUP_DATA, 2, 1e9, NULL,
     "rows of the walk, both ends included; default: 9"},
    {"clusters", 'k', "K", LT_OPTION_TEXT, AT(clusters), CLUSTER, LT_GROUP_DATA, 0, 0, NULL,
     "how many clusters, or auto: as many as other halves of the rows give alike; default: auto"},
    {"row", 0, "ROW", LT_OPTION_WHOLE, AT(row), NEAREST, LT_GROUP_DATA, 0, MANY, NULL,
     "the row, counted from 0, whose like are looked for"},
    {"count", 'k', "N", LT_OPTION_WHOLE, AT(neighbours), NEAREST, LT_GROUP_DATA, 1, 1e6, NULL,
     "how many of them; default: 10"},
    {"duplicates", 0, NULL, LT_OPTION_FLAG, AT(duplicates), NEAREST, LT_GROUP_DATA, 0, 0, NULL,
     "in place of --row: all rows that repeat an earlier one, and pairs that nearly do"},
    {"columns", 0, "A,B", LT_OPTION_TEXT, AT(data.columns), ROWS, LT_GROUP_DATA, 0, 0, NULL,
     "use only these columns, by name, or where they have none by number, 0,3-7; default: all"},
    {"ignore", 0, "A,B", LT_OPTION_TEXT, AT(data.ignore), ROWS, LT_GROUP_DATA, 0, 0, NULL,
     "leave these columns out; default: none"},
    {"rows", 0, "A:B", LT_OPTION_ROWS, AT(rows), ROWS, LT_GROUP_DATA, 0, MANY, NULL,
     "use only rows A to B, counted from 0, B excluded; default: all"},
    {"rows", 0, "A:B", LT_OPTION_ROWS, AT(rows), UNPACK, LT_GROUP_DATA, 0, MANY, NULL,
     "unpack only rows A to B, counted from 0, B excluded, and read no more than their blocks; "
     "default: all"},
    {"salvage", 0, NULL, LT_OPTION_FLAG, AT(unpack.salvage), UNPACK, LT_GROUP_DATA, 0, 0, NULL,
     "of a damaged or unfinished file, write the rows of all blocks that are whole and tell which are "
     "lost; the exit status is 4 when any is"},
    {"labels", 0, "WHERE", LT_OPTION_TEXT, AT(data.labels), DATA, LT_GROUP_DATA, 0, 0, NULL,
     "labels: a column (which is then no input), FILE or FILE.npz:KEY; default: none"},
    {"keep-label", 0, "LABEL", LT_OPTION_TEXT, AT(data.keep_label), DATA, LT_GROUP_DATA, 0, 0,
     NULL, "use only the rows with this label, such as the normal ones; default: all"},
    {"valid", 0, "HOW", LT_OPTION_TEXT, AT(valid), TRAIN, LT_GROUP_DATA, 0, 0, NULL,
     "rows kept from training, to stop it and to judge it: a fraction or a file; "
     "default: a fraction drawn from the number of rows"},
    {"unlabelled", 0, "DATA", LT_OPTION_TEXT, AT(unlabelled), FINETUNE, LT_GROUP_DATA, 0, 0, NULL,
     "further rows, without labels, a file or a folder: close ones are to have the same class; default: "
     "none"},
    {"valid", 0, "SHARE", LT_OPTION_AMOUNT, AT(finetune.valid), FINETUNE, LT_GROUP_DATA, 0, 0.9, NULL,
     "share of the labelled rows kept to judge by; default: a twentieth of 2,000 rows or more"},
    {"crop", 0, "N", LT_OPTION_WHOLE, AT(train.crop), TRAIN, LT_GROUP_DATA, 1, MANY, NULL,
     "train on squares of N x N pixels cut from the images, which may differ in size, flipped and "
     "turned at random; default: "
     "whole images, for denoisers of large ones 64"},
    {"resize", 0, "HxW", LT_OPTION_SIDES, AT(data.resize), TRAIN, LT_GROUP_DATA, 1, MANY, NULL,
     "stretch images, which may differ in size, to H x W pixels (height x width; N for N x N) as they "
     "are read; the model does the same to all that it reads; default: images stay as they are"},
    {"pairs", 0, "NOISY", LT_OPTION_TEXT, AT(pairs), TRAIN, LT_GROUP_DATA, 0, 0, NULL,
     "in place of --noise: DATA are clean images and NOISY, a file or a folder, the same images with "
     "noise, as many, of the same size, in the same order and of the same names; trains a denoiser; "
     "also as --pairs CLEAN NOISY; default: none"},
    {"pairs", 0, "NOISY", LT_OPTION_TEXT, AT(pairs), LT_VERB_EVAL, LT_GROUP_DATA, 0, 0, NULL,
     "judge a denoiser by these noisy partners of DATA; default: noise is made as in training"},
    {"types", 0, "COL=KIND", LT_OPTION_TEXT, AT(train.types), TRAIN, LT_GROUP_DATA, 0, 0, NULL,
     "what columns mean where the guess is wrong, such as zip=categorical,id=identifier: numeric, "
     "integer, boolean, categorical, time or identifier; default: found from the data"},
    {"scale", 0, "HOW", LT_OPTION_CHOICE, AT(train.scale), TRAIN, LT_GROUP_DATA, 0, 0, "scale",
     "scaling of each column, undone on the way out; quantile is for skewed columns whose many small "
     "values matter as much as the few large ones; default: auto"},

    {"max-abs", 0, "E", LT_OPTION_TEXT, AT(pack.max_abs), PACK, LT_GROUP_BOUNDS, 0, 0, NULL,
     "values may be off by E at most: 0.05 for all columns of numbers, temp=0.05,vib=0.001 for some (by "
     "number, 0=0.05,3-7=0.1, where columns have no names), 0.05,vib=0.001 for vib and for all others; "
     "default: every value is exact"},
    {"max-rel", 0, "R", LT_OPTION_TEXT, AT(pack.max_rel), PACK, LT_GROUP_BOUNDS, 0, 0, NULL,
     "the same as a share of the range of the column, from its smallest to its largest finite value: "
     "0.001, 0.1% or temp=0.1%"},
    {"lossless", 0, "A,B", LT_OPTION_TEXT, AT(pack.lossless), PACK, LT_GROUP_BOUNDS, 0, 0, NULL,
     "columns that are exact whatever the bounds, by name, or by number, 0,3-7, where they have none"},
    {"psnr", 0, "P", LT_OPTION_AMOUNT, AT(pack.psnr), PACK, LT_GROUP_BOUNDS, 1, 200, NULL,
     "images: lose detail, but keep a PSNR of P dB or more; in place of --max-abs and --max-rel"},
    {"bpp", 0, "B", LT_OPTION_AMOUNT, AT(pack.bpp), PACK, LT_GROUP_BOUNDS, 0.001, 64, NULL,
     "images: lose as much as it takes to fit into B bits a pixel; in place of --max-abs and --max-rel"},
    {"dims", 0, "K", LT_OPTION_WHOLE, AT(pack.dims), PACK, LT_GROUP_NETWORK, 1, MANY, NULL,
     "width of the code that blocks are packed with; default: drawn from the data"},
    {"dims", 0, "K", LT_OPTION_WHOLE, AT(train.dims), TRAIN, LT_GROUP_NETWORK, 1, MANY, NULL,
     "width of the code, less than the inputs unless --noise, --sparse or --contractive prevents "
     "copying; default: drawn from the data, and explained"},
    {"dims", 0, "K", LT_OPTION_WHOLE, AT(dims), LT_VERB_ENCODE | LT_VERB_RECONSTRUCT, LT_GROUP_NETWORK, 1,
     MANY, NULL, "of a model trained with --ordered: the first K numbers of each code alone; "
     "default: all"},
    {"arch", 0, "NAME", LT_OPTION_CHOICE, AT(train.arch), TRAIN, LT_GROUP_NETWORK, 0, 0, "arch",
     "dense layers, or convolutions for images; default: dense, or what --layers says"},
    {"layers", 0, "N,N", LT_OPTION_TEXT, AT(train.layers), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "the encoder's layers, which the decoder mirrors, or none: widths such as 512,256, for images "
     "also convolutions such as 32c3,64c3/2 (channels, kernel, stride) and poolings m2 (maximum) or "
     "a2 (average) of 2 x 2 pixels; default: drawn from the data"},
    {"upsample", 0, "HOW", LT_OPTION_CHOICE, AT(train.upsample), TRAIN, LT_GROUP_NETWORK, 0, 0,
     "upsample", "what the decoder mirrors poolings by; default: nearest"},
    {"norm", 0, "HOW", LT_OPTION_CHOICE, AT(train.norm), TRAIN, LT_GROUP_NETWORK, 0, 0, "norm",
     "normalise what hidden layers put out, before their activation: layer over the channels of a "
     "pixel or the units of a row, batch over the rows of a batch; default: none"},
    {"act", 0, "NAME", LT_OPTION_CHOICE, AT(train.act), TRAIN, LT_GROUP_NETWORK, 0, 0, "act",
     "activation of the hidden layers; default: silu"},
    {"tied", 0, NULL, LT_OPTION_FLAG, AT(train.tied), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "decoder weights are the encoder's, transposed"},
    {"loss", 0, "NAME", LT_OPTION_CHOICE, AT(train.loss), TRAIN, LT_GROUP_NETWORK, 0, 0, "loss",
     "what training makes small; auto is bce for data within [0,1] and mse for others; "
     "default: auto"},
    {"noise", 0, "KIND:AMOUNT", LT_OPTION_KIND, AT(train.noise), TRAIN, LT_GROUP_NETWORK, 0, 0,
     "noise", "corrupt the inputs while the target stays clean; amounts in scaled units, such as "
     "gaussian:0.1 or gaussian:25/255, or a range from which every row draws its own, such as "
     "gaussian:5/255-50/255; default: none"},
    {"like", 0, "NOISY", LT_OPTION_TEXT, AT(train.like), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "in place of --noise: noise like that of these images, a file or a folder; default: none"},
    {"sparse", 0, "KIND:AMOUNT", LT_OPTION_TEXT, AT(train.sparse), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "few units of a code speak for a row: topk:N keeps the N largest, "
     "batchtopk:N as many on average over a batch, l1:W charges W for their "
     "sizes, kl:RHO:BETA charges BETA for mean activities other than RHO; default: none"},
    {"ordered", 0, NULL, LT_OPTION_FLAG, AT(train.ordered), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "order the code by importance, so that its first k values are a code as well, for every k up to "
     "--dims: one training for all sizes"},
    {"vae", 0, NULL, LT_OPTION_FLAG, AT(train.vae), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "a variational code: each row has a normal distribution of codes, and all together a standard "
     "one, so that latent sample can draw new rows"},
    {"beta", 0, "B", LT_OPTION_AMOUNT, AT(train.beta), TRAIN, LT_GROUP_NETWORK, 0, 1e6, NULL,
     "with --vae: weight of the divergence from the standard distribution; more gives smoother codes "
     "that tell less; default: 1"},
    {"binarise", 0, NULL, LT_OPTION_FLAG, AT(train.binarise), TRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "read values within [0,1] as chances and train on zeros and ones drawn anew in every epoch"},
    {"contractive", 0, "W", LT_OPTION_AMOUNT, AT(train.contractive), TRAIN, LT_GROUP_NETWORK, 0, MANY,
     NULL, "penalty on how much the code changes with its input: W times the squares of all slopes of "
     "the units; default: 0"},
    {"greedy", 0, NULL, LT_OPTION_FLAG, AT(train.greedy), LT_VERB_PRETRAIN, LT_GROUP_NETWORK, 0, 0, NULL,
     "train the layers one by one first, each as a denoising autoencoder of what the one below it says"},
    {"neighbours", 0, "[W]", LT_OPTION_AMOUNT, AT(train.neighbours), TRAIN, LT_GROUP_NETWORK, 0, 1e6,
     NULL, "a map: draw the codes of rows that are near each other together, and those of others "
     "apart, with weight W beside the loss (1 when not given); best with --dims 2; default: 0"},
    {"dropout", 0, "P", LT_OPTION_AMOUNT, AT(train.dropout), TRAIN, LT_GROUP_NETWORK, 0, 0.95,
     NULL, "silence hidden units with this probability; default: 0"},
    {"l1", 0, "W", LT_OPTION_AMOUNT, AT(train.l1), TRAIN, LT_GROUP_NETWORK, 0, MANY, NULL,
     "penalty on the sizes of the weights; default: 0"},
    {"l2", 0, "W", LT_OPTION_AMOUNT, AT(train.l2), TRAIN, LT_GROUP_NETWORK, 0, MANY, NULL,
     "penalty on the squares of the weights; default: 0"},

    {"freeze", 0, "N", LT_OPTION_WHOLE, AT(finetune.freeze), FINETUNE, LT_GROUP_NETWORK, 0, MANY, NULL,
     "leave the first N layers of the encoder as they are, all of them where it has fewer; default: 0"},
    {"curve", 0, NULL, LT_OPTION_FLAG, AT(curve), FINETUNE, LT_GROUP_NETWORK, 0, 0, NULL,
     "instead: the accuracy with 10, 30, 100, ... labels, from scratch and pretrained, and from where on "
     "pretraining no longer pays"},
    {"scratch", 0, NULL, LT_OPTION_FLAG, AT(finetune.scratch), FINETUNE, LT_GROUP_NETWORK, 0, 0, NULL,
     "start from drawn weights instead of the pretrained ones, all else alike"},
    {"keep-reconstruction", 0, "W", LT_OPTION_AMOUNT, AT(finetune.keep_reconstruction), FINETUNE,
     LT_GROUP_NETWORK, 0, 1e6, NULL,
     "weight of the reconstruction error beside the cross-entropy; default: 0"},
    {"agreement", 0, "W", LT_OPTION_AMOUNT, AT(finetune.agreement), FINETUNE, LT_GROUP_NETWORK, 0, 1e6,
     NULL, "weight of the penalty on rows close to each other that get different classes; default: 1"},
    {"distance", 0, "R", LT_OPTION_AMOUNT, AT(finetune.distance), FINETUNE, LT_GROUP_NETWORK, 1e-6, 100,
     NULL, "how close: in typical distances of a row from the mean; default: 0.3"},
    {"dropout", 0, "P", LT_OPTION_AMOUNT, AT(finetune.dropout), FINETUNE, LT_GROUP_NETWORK, 0, 0.95,
     NULL, "zero hidden values with this probability while training; default: 0"},
    {"detector", 0, "NAME", LT_OPTION_CHOICE, AT(train.detector), TRAIN, LT_GROUP_DETECTOR, 0, 0,
     "detector", "what score will use: denoising networks trained beside the autoencoder, its "
     "reconstruction error alone, or none; default: default for tables, none for images"},
    {"assume-dirty", 0, "SHARE", LT_OPTION_AMOUNT, AT(train.assume_dirty), TRAIN,
     LT_GROUP_DETECTOR, 0, 0.4, NULL, "the data hold anomalies: refuse this share of the rows, such "
     "as 2%, and list them in MODEL.refused.csv; default: 0"},
    {"no-reference", 0, NULL, LT_OPTION_FLAG, AT(train.no_reference), TRAIN, LT_GROUP_DETECTOR, 0,
     0, NULL, "keep no training rows in the model, for privacy; kNN is then no baseline"},

    {"fpr", 0, "RATE", LT_OPTION_AMOUNT, AT(score.fpr), SCORE, LT_GROUP_DETECTOR, 1e-9, 1, NULL,
     "rate of false alarms: a row alarms when its p-value is at most this; default: 0.001"},

    {"alarms", 0, "N/TIME", LT_OPTION_TEXT, AT(score.alarms), SCORE, LT_GROUP_DETECTOR, 0, 0, NULL,
     "in place of --fpr: so many false alarms in an hour, a day or a week, such as 5/day; needs "
     "--time"},
    {"time", 0, "COL", LT_OPTION_TEXT, AT(score.time), SCORE, LT_GROUP_DETECTOR, 0, 0, NULL,
     "the column of times of the training data, which tells how many rows come in a day"},
    {"why", 0, "N", LT_OPTION_WHOLE, AT(score.why), SCORE, LT_GROUP_DETECTOR, 0, 1000, NULL,
     "name the N columns that speak most against each row: share of the score, value seen, value "
     "or range expected; scores every row once more for every column; default: 0"},
    {"strict", 0, NULL, LT_OPTION_FLAG, AT(score.strict), SCORE, LT_GROUP_DETECTOR, 0, 0, NULL,
     "a bad record on standard input ends the run instead of being told and skipped"},

    {"map", 0, "FILE.png", LT_OPTION_TEXT, AT(eval.map), LT_VERB_EVAL, LT_GROUP_FILES, 0, 0, NULL,
     "draw codes of two numbers as a map of the rows, in the colours of --labels"},
    {"nll", 0, NULL, LT_OPTION_FLAG, AT(eval.nll), LT_VERB_EVAL, LT_GROUP_TRUST, 0, 0, NULL,
     "tell how likely the rows are under a variational model: negative log-likelihood by importance "
     "sampling"},
    {"samples", 0, "N", LT_OPTION_WHOLE, AT(eval.samples), LT_VERB_EVAL, LT_GROUP_TRUST, 1, 1e7, NULL,
     "with --nll: codes drawn for every row; default: 5000"},
    {"level", 0, "P", LT_OPTION_AMOUNT, AT(drift.level), DRIFT, LT_GROUP_TRUST, 1e-9, 0.5, NULL,
     "chance of calling drift where there is none, over all tests together; default: 0.01"},
    {"least", 0, "SHARE", LT_OPTION_AMOUNT, AT(drift.least), DRIFT, LT_GROUP_TRUST, 0, 1, NULL,
     "smallest distance that is called drift: the share of rows that would have to change to undo "
     "it; default: 0.05"},

    {"tolerance", 0, "SHARE", LT_OPTION_AMOUNT, AT(compare.tolerance), COMPARE, LT_GROUP_TRUST, 0, MANY,
     NULL, "share of rows whose decision may change before the models count as different, or without "
     "detectors the largest change of a column; default: 0"},
    {"fpr", 0, "RATE", LT_OPTION_AMOUNT, AT(compare.fpr), COMPARE, LT_GROUP_TRUST, 1e-9, 1, NULL,
     "rate of false alarms at which decisions are compared; default: 0.01"},
    {"folds", 0, "F", LT_OPTION_WHOLE, AT(probe.folds), PROBE, LT_GROUP_TRUST, 0, MANY, NULL,
     "parts of cross-validation, of which each is told by what the others teach; dealt out by the "
     "seed, alike in classes; default: 5"},

    {"optimizer", 0, "NAME", LT_OPTION_CHOICE, AT(train.optimizer), TRAIN, LT_GROUP_OPTIMIZER, 0,
     0, "optimizer", "how the weights follow the gradient; default: the first"},
    {"lr", 0, "RATE", LT_OPTION_AMOUNT, AT(train.lr), TRAIN, LT_GROUP_OPTIMIZER, 0, MANY, NULL,
     "learning rate; default: the optimizer's own for this network"},
    {"lr", 0, "RATE", LT_OPTION_AMOUNT, AT(finetune.lr), FINETUNE, LT_GROUP_OPTIMIZER, 0, MANY, NULL,
     "learning rate; default: 0.001, and less for fewer than 10,000 labels alone"},
    {"momentum", 0, "M", LT_OPTION_AMOUNT, AT(train.momentum), TRAIN, LT_GROUP_OPTIMIZER, 0,
     0.9999, NULL, "momentum of sgd; default: 0.9"},
    {"weight-decay", 0, "W", LT_OPTION_AMOUNT, AT(train.weight_decay), TRAIN, LT_GROUP_OPTIMIZER,
     0, MANY, NULL, "shrink the weights at every step; default: the optimizer's own"},
    {"schedule", 0, "NAME", LT_OPTION_CHOICE, AT(train.schedule), TRAIN, LT_GROUP_OPTIMIZER, 0, 0,
     "schedule", "course of the learning rate; default: the first"},
    {"warmup", 0, "EPOCHS", LT_OPTION_AMOUNT, AT(train.warmup), TRAIN, LT_GROUP_OPTIMIZER, 0, MANY,
     NULL, "epochs in which the learning rate rises; default: 50 steps"},
    {"clip", 0, "NORM", LT_OPTION_AMOUNT, AT(train.clip), TRAIN, LT_GROUP_OPTIMIZER, 0, MANY, NULL,
     "limit the norm of the gradient; default: 0, no limit"},
    {"batch", 0, "ROWS", LT_OPTION_WHOLE, AT(train.batch), TRAIN, LT_GROUP_OPTIMIZER, 1, MANY,
     NULL, "rows per step; default: drawn from the data"},

    {"budget", 0, "TIME", LT_OPTION_SECONDS, AT(train.budget), TRAIN, LT_GROUP_LENGTH, 0.001,
     MANY, NULL, "wall time for the whole command, such as 60s, 2m or 1h"},
    {"budget", 0, "TIME", LT_OPTION_SECONDS, AT(train.budget), LT_VERB_DEMO, LT_GROUP_LENGTH,
     0.001, MANY, NULL, "wall time for the first training; default: 60s"},
    {"budget", 0, "TIME", LT_OPTION_SECONDS, AT(pack.budget), PACK, LT_GROUP_LENGTH, 0, MANY, NULL,
     "wall time for fitting the model, such as 60s, 2m or 1h; 0: none is fitted; default: drawn from the "
     "data"},
    {"quick", 0, NULL, LT_OPTION_FLAG, AT(pack.quick), PACK, LT_GROUP_LENGTH, 0, 0, NULL,
     "do not measure what gzip -9 and xz -9e make of the same bytes, which takes longer than packing"},
    {"budget", 0, "TIME", LT_OPTION_SECONDS, AT(finetune.budget), FINETUNE, LT_GROUP_LENGTH, 0.001, MANY,
     NULL, "wall time for the training, such as 60s, 2m or 1h"},
    {"steps", 0, "N", LT_OPTION_WHOLE, AT(finetune.steps), FINETUNE, LT_GROUP_LENGTH, 1, MANY, NULL,
     "steps of the optimizer; default: more with more labels and with --unlabelled, 10,000 at most"},
    {"epochs", 0, "N", LT_OPTION_AMOUNT, AT(train.epochs), TRAIN, LT_GROUP_LENGTH, 0.001, MANY,
     NULL, "passes over the training rows; default: drawn from the data"},
    {"steps", 0, "N", LT_OPTION_WHOLE, AT(train.steps), TRAIN, LT_GROUP_LENGTH, 1, MANY, NULL,
     "steps of the optimizer; repeats the bits of a run that had a budget"},
    {"patience", 0, "N", LT_OPTION_WHOLE, AT(train.patience), TRAIN, LT_GROUP_LENGTH, 0, MANY,
     NULL, "stop after N validations without gain, 0: never; default: 20"},

    {"precision", 0, "NAME", LT_OPTION_CHOICE, AT(precision), TRAIN, LT_GROUP_COMPUTE, 0, 0,
     "precision", "number format of the matrix products; default: whichever measures better"},
    {"precision", 0, "NAME", LT_OPTION_CHOICE, AT(precision),
     APPLY | LT_VERB_EVAL | SCORE | COMPARE | CLUSTER | NEAREST,
     LT_GROUP_COMPUTE, 0, 0, "precision", "number format of the matrix products; default: f32"},
    {"reference", 0, NULL, LT_OPTION_FLAG, AT(unpack.reference), UNPACK, LT_GROUP_COMPUTE, 0, 0, NULL,
     "decode by plain C in place of what is fastest on this CPU; the bytes are the same"},
    {"reference", 0, NULL, LT_OPTION_FLAG, AT(verify.reference), VERIFY, LT_GROUP_COMPUTE, 0, 0, NULL,
     "decode by plain C in place of what is fastest on this CPU; the bytes are the same"},
    {"backend", 0, "NAME", LT_OPTION_CHOICE, AT(backend), COMPUTE, LT_GROUP_COMPUTE, 0, 0,
     "backend", "who computes; default: the fastest in this build"},

    {"json", 0, NULL, LT_OPTION_FLAG, AT(json), ALL, LT_GROUP_EVERYWHERE, 0, 0, NULL,
     "print the result as one JSON object"},
    {"seed", 0, "N", LT_OPTION_SEED, AT(seed), ALL, LT_GROUP_EVERYWHERE, 0, 0, NULL,
     "the same seed gives the same bits; default: 1"},
    {"threads", 0, "N", LT_OPTION_WHOLE, AT(threads), ALL, LT_GROUP_EVERYWHERE, 0, 4096, NULL,
     "threads, which change the speed but never the result; default: 0, all CPUs"},
    {"quiet", 'q', NULL, LT_OPTION_FLAG, AT(quiet), ALL, LT_GROUP_EVERYWHERE, 0, 0, NULL,
     "no progress and no notes; warnings and errors remain"},
    {"verbose", 'v', NULL, LT_OPTION_FLAG, AT(verbose), ALL, LT_GROUP_EVERYWHERE, 0, 0, NULL,
     "tell more on the way"},
    {"help", 'h', NULL, LT_OPTION_FLAG, AT(help), ALL, LT_GROUP_EVERYWHERE, 0, 0, NULL,
     "this text"},
    {"version", 'V', NULL, LT_OPTION_FLAG, AT(version), ALL, LT_GROUP_EVERYWHERE, 0, 0, NULL,
     "version and features of this build"},
};
/* clang-format on */

static const char *const titles[LT_GROUP_COUNT] = {
    [LT_GROUP_FILES] = "Files",
    [LT_GROUP_DATA] = "The data",
    [LT_GROUP_BOUNDS] = "How exact",
    [LT_GROUP_NETWORK] = "The network",
    [LT_GROUP_OPTIMIZER] = "The optimizer",
    [LT_GROUP_DETECTOR] = "Anomalies",
    [LT_GROUP_TRUST] = "How sure",
    [LT_GROUP_LENGTH] = "How long",
    [LT_GROUP_COMPUTE] = "Computing",
    [LT_GROUP_EVERYWHERE] = "Everywhere",
};

const struct lt_option *lt_option_at(size_t i)
{
    return i < sizeof rows / sizeof *rows ? &rows[i] : NULL;
}

const struct lt_option *lt_option_find(const char *name, size_t length, unsigned verbs)
{
    const struct lt_option *row;
    for (size_t i = 0; (row = lt_option_at(i)); i++)
        if ((row->verbs & verbs) && strlen(row->name) == length &&
            memcmp(row->name, name, length) == 0)
            return row;
    return NULL;
}

const struct lt_option *lt_option_by_letter(char letter, unsigned verbs)
{
    const struct lt_option *row;
    for (size_t i = 0; (row = lt_option_at(i)); i++)
        if ((row->verbs & verbs) && row->letter == letter)
            return row;
    return NULL;
}

const char *lt_option_group_title(enum lt_option_group group)
{
    return titles[group];
}
