#include "verbs.h"

#include "options.h"

#include <string.h>

enum { MANY = 1 << 20 };

static const struct lt_verb verbs[] = {
#ifndef LT_MINIMAL
    {
        "train",
        LT_VERB_TRAIN,
        "Learn",
        "DATA... -o MODEL",
        1,
        MANY,
        "learn a model from data and judge it beside PCA",
        "Trains an autoencoder on the rows of DATA and writes one file that holds everything "
        "needed to use it: columns, scaling, weights and the training record. What you leave "
        "open is drawn from the data and explained. Rows kept from training tell how good the "
        "model is, beside PCA with a code of the same width and beside the mean.",
        {{"latent train sensors.csv -o sensors.latent", "a good model with no option"},
         {"latent train images.npy -o m --dims 30 --budget 2m", "30 numbers per row, two minutes"},
         {"latent train log.csv -o m --ignore id,time --noise gaussian:0.1",
          "without two columns, robust to noise"},
         {"latent train big.csv.gz -o m --checkpoint 30s --resume",
          "safe to kill at any instant and start again"}},
        lt_cmd_train,
    },
#endif
    {
        "encode",
        LT_VERB_ENCODE,
        "Use",
        "MODEL DATA...",
        2,
        MANY,
        "data in, codes out",
        "Writes the code of every row of DATA: K numbers instead of D. The same row gets the "
        "same bits whichever rows stand beside it.",
        {{"latent encode m new.csv -o codes.csv", "one line of codes per row"},
         {"latent encode m images.npy -o codes.npy", "the same as an array"},
         {"sensor-log | latent encode m -", "from a pipe to standard output"}},
        lt_cmd_encode,
    },
    {
        "decode",
        LT_VERB_DECODE,
        "Use",
        "MODEL CODES...",
        2,
        MANY,
        "codes in, data out",
        "Turns codes back into rows with the columns and units of the training data. "
        "encode followed by decode equals reconstruct, byte for byte.",
        {{"latent decode m codes.csv -o back.csv", "rows as they were, nearly"},
         {"latent encode m x.csv | latent decode m - -o back.csv", "both ways in one pipe"}},
        lt_cmd_decode,
    },
    {
        "reconstruct",
        LT_VERB_RECONSTRUCT,
        "Use",
        "MODEL DATA...",
        2,
        MANY,
        "data through the code and back",
        "Sends every row of DATA through the code and back, in the columns and units of the "
        "data: what the model believes the row to be. Images that go to a folder keep their names, "
        "kinds, sizes and depths.",
        {{"latent reconstruct m new.csv -o believed.csv", "beside new.csv, row by row"},
         {"latent reconstruct m images.npy -o back.npy --sheet look.png", "with a picture"},
         {"latent reconstruct m photos -o believed/", "a folder of images into another"}},
        lt_cmd_reconstruct,
    },
    {
        "sample",
        LT_VERB_SAMPLE,
        "Use",
        "MODEL",
        1,
        1,
        "new rows from a variational model",
        "Draws codes from the standard normal distribution and decodes them: rows that look like "
        "the "
        "training data and are none of them. The model must have been trained with --vae.",
        {{"latent sample m -n 100 -o new.csv", "a hundred new rows"},
         {"latent sample m -n 64 -o look.png", "new images, on one sheet"}},
        lt_cmd_sample,
    },
    {
        "interpolate",
        LT_VERB_INTERPOLATE,
        "Use",
        "MODEL DATA...",
        2,
        MANY,
        "a walk between two rows",
        "Decodes codes on the straight line between those of two rows of DATA.",
        {{"latent interpolate m images.npy --from 0 --to 7 -o walk.png",
          "nine images from the first to the eighth"},
         {"latent interpolate m data.csv --from 3 --to 90 --steps 21 -o walk.csv",
          "the same for a table"}},
        lt_cmd_interpolate,
    },
    {
        "score",
        LT_VERB_SCORE,
        "Use",
        "MODEL DATA...",
        2,
        MANY,
        "how anomalous every row is, with a p-value and an alarm",
        "Gives every row of DATA an anomaly score, the share of calibration rows that look at "
        "least "
        "as odd (the p-value), and an alarm where that share is at most --fpr. With --labels it "
        "also tells how well the scores rank the anomalies, beside PCA and the distance to the 5th "
        "nearest training row.",
        {{"latent score m new.csv -o scores.csv", "every row, in its order"},
         {"latent score m new.csv --fpr 1/10000", "one false alarm in ten thousand rows"},
         {"latent score m test.csv --labels fault", "how good is it? AUROC beside PCA and kNN"}},
        lt_cmd_score,
    },
    {
        "cluster",
        LT_VERB_CLUSTER,
        "Use",
        "MODEL DATA...",
        2,
        MANY,
        "rows sorted into groups by their codes",
        "Sorts the rows of DATA into clusters of their codes (k-means), tells whether the clusters "
        "are there at all - whether other halves of the rows give the same ones - and what each of "
        "them is, by decoding its centre. With --labels it tells how well the clusters agree with "
        "them, beside clusters of PCA's numbers and of the columns themselves.",
        {{"latent cluster m new.csv -o clusters.csv", "how many there are is found from the data"},
         {"latent cluster m new.csv -k 3 -o clusters.csv", "three"},
         {"latent cluster m images.npy -k 10 -o c.csv --sheet look.png", "with their pictures"},
         {"latent cluster m test.csv -k 4 --labels state", "do they agree with what is known?"}},
        lt_cmd_cluster,
    },
    {
        "nearest",
        LT_VERB_NEAREST,
        "Use",
        "MODEL DATA...",
        2,
        MANY,
        "the rows most like a row, or all rows that are nearly the same",
        "Writes the rows of DATA whose codes are nearest to that of one row, nearest first, and "
        "the "
        "columns in which they differ most from it. With --duplicates it writes the rows that "
        "repeat "
        "an earlier one and the pairs that nearly do.",
        {{"latent nearest m data.csv --row 17", "the ten rows most like row 17"},
         {"latent nearest m images.npy --row 0 -k 5 -o like.csv", "five, in a file"},
         {"latent nearest m data.csv --duplicates -o pairs.csv", "what stands there twice"}},
        lt_cmd_nearest,
    },
    {
        "denoise",
        LT_VERB_DENOISE,
        "Use",
        "MODEL IN",
        2,
        2,
        "take noise away from images",
        "Takes noise away from the images of IN, a file or a folder, with a model trained by "
        "--arch conv --noise. Images may have any size, also large ones: they are worked on in "
        "tiles. Each is written with the size, depth and colours it came with; arrays of "
        "reals (.npy) are neither rounded nor clipped.",
        {{"latent denoise m noisy.png -o clean.png", "one photograph"},
         {"latent denoise m noisy/ -o clean/", "a folder, each file under its name"},
         {"latent denoise m noisy/ -o clean/ --truth original/",
          "how good is it? PSNR and SSIM beside the best classical filter"}},
        lt_cmd_denoise,
    },
#ifndef LT_MINIMAL
    {
        "pretrain",
        LT_VERB_PRETRAIN,
        "Learn",
        "DATA... -o MODEL",
        1,
        MANY,
        "learn from rows without labels what a classifier can start from",
        "Trains an autoencoder as train does, with defaults for what comes next: wider layers, "
        "codes of "
        "neighbours drawn together, since they mostly have the same class, and no detector. "
        "finetune "
        "makes a classifier of it.",
        {{"latent pretrain images.npy -o p", "with no option"},
         {"latent pretrain images.npy -o p --layers 1000,1000,1000 --noise mask:0.25 --greedy",
          "stacked denoising autoencoders, layer by layer"}},
        lt_cmd_train,
    },
    {
        "finetune",
        LT_VERB_FINETUNE,
        "Learn",
        "MODEL DATA... --labels L -o CLF",
        2,
        MANY,
        "a classifier from a pretrained model and few labels",
        "Trains the encoder of MODEL and a softmax layer behind its code to tell the classes of "
        "DATA. "
        "Rows without labels help: close ones are to have the same class.",
        {{"latent finetune p few.npy --labels y.npy -o clf", "from labelled rows alone"},
         {"latent finetune p few.npy --labels y.npy --unlabelled all.npy -o clf",
          "and from all there are"},
         {"latent finetune p all.npy --labels y.npy --curve", "what are labels worth here?"}},
        lt_cmd_finetune,
    },
#endif
    {
        "predict",
        LT_VERB_PREDICT,
        "Use",
        "CLF DATA...",
        2,
        MANY,
        "the classes of rows",
        "Writes the class of every row of DATA and the probability of each class. With --labels it "
        "tells how often that is right.",
        {{"latent predict clf new.csv -o classes.csv", "one line per row"},
         {"latent predict clf test.npy --labels y.npy", "how good is it?"}},
        lt_cmd_predict,
    },
    {
        "impute",
        LT_VERB_IMPUTE,
        "Use",
        "MODEL DATA",
        2,
        2,
        "fill missing cells and leave all others as they are",
        "Fills the missing cells of DATA with what the model expects from the other cells of their "
        "row. Observed cells stay untouched to the byte: quotes, spaces, line ends, the order of "
        "the columns and columns that the model does not know. A test on cells hidden from the "
        "model says how much better that is than filling with the mean.",
        {{"latent impute m gaps.csv -o full.csv", "the same file without gaps"},
         {"latent impute m gaps.csv -o full.csv --uncertainty how_sure.csv",
          "and how sure each filled cell is"},
         {"latent impute m gaps.npy -o full.npy", "NaN is filled, all else keeps its bits"}},
        lt_cmd_impute,
    },
#ifndef LT_MINIMAL
    {
        "pack",
        LT_VERB_PACK,
        "Compress",
        "DATA... -o FILE",
        1,
        MANY,
        "data in fewer bytes, with every value exact or within a bound",
        "Packs the rows of DATA into FILE. Text comes back byte for byte and arrays bit for bit, "
        "unless --max-abs, --max-rel, --psnr or --bpp allow more. What decodes it is in the file. "
        "Every block of rows is decoded and compared before it is written, can be unpacked alone, "
        "and has a checksum. The report tells the size beside gzip, zstd and xz; where zstd "
        "packs tighter, it is used.",
        {{"latent pack log.csv -o log.lpk", "the same bytes again, always"},
         {"latent pack log.csv -o log.lpk --max-abs temp=0.05,vib=0.001",
          "two columns within a bound, all others exact"},
         {"latent pack field.npy -o field.lpk --max-rel 0.1% --lossless 0",
          "column 0 exact, the others within a thousandth of their range"},
         {"latent pack today.csv -o today.lpk --model log.lpk --share-model",
          "small files of one kind, with the model kept once"}},
        lt_cmd_pack,
    },
#endif
    {
        "unpack",
        LT_VERB_UNPACK,
        "Compress",
        "FILE",
        1,
        1,
        "the data that pack put into a file, all of it or some rows",
        "Writes the rows that are packed in FILE. Checksums are checked on the way: a damaged "
        "block ends the work and is named, and --salvage writes the others. The bytes are the same "
        "on every machine and for any number of threads.",
        {{"latent unpack log.lpk -o log.csv", "everything"},
         {"latent unpack log.lpk --rows 1000:1100", "a hundred rows, to standard output"},
         {"latent unpack images.lpk -o images/", "images, one file for each"},
         {"latent unpack broken.lpk -o rest.csv --salvage", "what is whole of a damaged file"}},
        lt_cmd_unpack,
    },
    {
        "verify",
        LT_VERB_VERIFY,
        "Compress",
        "FILE DATA...",
        2,
        MANY,
        "does a packed file hold these data?",
        "Unpacks FILE and compares it with DATA: bit by bit, or within the bounds that it was "
        "packed "
        "with, and tells the largest difference. The exit status is 4 when a value differs by "
        "more.",
        {{"latent verify log.lpk log.csv", "may log.csv be deleted?"},
         {"latent verify log.lpk log.csv --reference", "the same by the plain C decoder"}},
        lt_cmd_verify,
    },
    {
        "eval",
        LT_VERB_EVAL,
        "Trust",
        "MODEL DATA...",
        2,
        MANY,
        "the error on data the model has not seen, beside PCA and the mean",
        "Measures the reconstruction error on DATA beside PCA with the same width and the mean, "
        "both fitted on the training rows, with a confidence interval. When PCA is as good, it "
        "says so.",
        {{"latent eval m test.csv", "is it better than PCA here?"},
         {"latent eval m test.npy --json | jq .verdict", "the same for a script"},
         {"latent eval m test.npy --labels y.npy --map map.png", "codes of two numbers as a map"}},
        lt_cmd_eval,
    },
    {
        "drift",
        LT_VERB_DRIFT,
        "Trust",
        "MODEL DATA...",
        2,
        MANY,
        "have the data moved away from those the model was trained on?",
        "Compares the rows of DATA with what the model keeps of its training data: every column, "
        "its missing cells, the codes, the reconstruction error, the scores and the share of rows "
        "that alarm. Where nothing has changed, at most one run in a hundred says drift (--level), "
        "however many columns there are. The exit status is 4 when the data have moved.",
        {{"latent drift m today.csv", "what has moved, the largest first"},
         {"latent drift m today.csv --json | jq .columns_moved", "the same for a script"}},
        lt_cmd_drift,
    },
    {
        "compare",
        LT_VERB_COMPARE,
        "Trust",
        "OLD NEW DATA...",
        3,
        MANY,
        "two models on the same data: which decisions change?",
        "Runs two models over the rows of DATA before the one takes the other's place: rows that "
        "alarm in one and not in the other, agreement of scores, p-values and reconstructions, "
        "errors, size and speed. The exit status is 4 when more decisions change than --tolerance "
        "allows, when only one has a detector, or when they do not read the same columns.",
        {{"latent compare old new today.csv", "may the new model replace the old one?"},
         {"latent compare old new today.csv --tolerance 0.01 --json",
          "one changed decision in a hundred rows is fine"}},
        lt_cmd_compare,
    },
#ifndef LT_MINIMAL
    {
        "probe",
        LT_VERB_PROBE,
        "Trust",
        "MODEL DATA... --labels L",
        2,
        MANY,
        "how much codes tell a classifier, beside PCA and the raw columns",
        "Tells how good the codes are as features: logistic regression and the 10 nearest rows "
        "tell "
        "the labels of rows that they have not learnt from, by cross-validation, from the codes, "
        "from PCA with as many numbers, and from the raw columns, on the same folds. Labels are a "
        "column, which is then no input, or a file.",
        {{"latent probe m data.csv --labels kind", "are the codes worth having?"},
         {"latent probe m images.npy --labels digits.npy -o told.csv",
          "and what was told of every row"}},
        lt_cmd_probe,
    },
#endif
    {
        "info",
        LT_VERB_INFO,
        "Trust",
        "FILE",
        1,
        1,
        "what a model or a packed file holds",
        "Prints the columns, the network, the sizes and the training record of a model; of a "
        "packed file its rows and columns, how exact they are, and where its model is.",
        {{"latent info m", "where does this file come from?"},
         {"latent info log.lpk", "what is in it, and does it need another file?"}},
        lt_cmd_info,
    },
    {
        "doctor",
        LT_VERB_DOCTOR,
        "Trust",
        "MODEL",
        1,
        1,
        "check a model on this machine: gradients, threads, backends, file",
        "Checks, with the model's own network and on this machine, that the gradients are right, "
        "that it can learn one batch by heart, that any number of threads gives the same bits, "
        "that the backends agree, and that the file survives a round trip. The exit status is 4 "
        "when a check fails.",
        {{"latent doctor m", "takes a few seconds"}},
        lt_cmd_doctor,
    },
#ifndef LT_MINIMAL
    {
        "demo",
        LT_VERB_DEMO,
        "Try",
        "",
        0,
        0,
        "see an autoencoder learn; needs no files",
        "A first lesson of a little more than a minute. It draws curves, squeezes each picture "
        "of 784 numbers into 6 and back, compares that with PCA, does the same for a table of "
        "sensors, and leaves what it made in a folder.",
        {{"latent demo", "the whole lesson"},
         {"latent demo --budget 10s", "in a hurry, and worse"}},
        lt_cmd_demo,
    },
#endif
#ifndef LT_MINIMAL
    {
        "bench",
        LT_VERB_BENCH,
        "Try",
        "[WHAT]",
        0,
        1,
        "how fast this machine trains, beside the fastest it could",
        "Measures training and applying on this machine beside the bound set by bare matrix "
        "products of the same shapes in the same run. WHAT names one measurement.",
        {{"latent bench", "everything"}, {"latent bench --json", "the same for a script"}},
        lt_cmd_bench,
    },
#endif
};

const struct lt_verb *lt_verb_at(size_t i)
{
    return i < sizeof verbs / sizeof *verbs ? &verbs[i] : NULL;
}

const struct lt_verb *lt_verb_find(const char *name)
{
    const struct lt_verb *verb;
    for (size_t i = 0; (verb = lt_verb_at(i)); i++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}
