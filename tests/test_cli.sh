#!/bin/sh
# test_cli.sh [PROGRAM]: the program from outside, as TAP.
#
# What people and scripts rely on: words, exit statuses, exact messages, which
# stream says what, and that nothing half-written is left behind.
. "$(dirname "$0")/t.sh"

# ---- words ------------------------------------------------------------------

verbs="train encode decode reconstruct sample interpolate denoise impute score cluster nearest pack unpack verify eval drift compare info doctor demo bench"

run --version
claim "version_begins_with_the_name_and_the_number" \
    [ "$status/$(head -n 1 stdout)" = "0/latent 0.1.0" ]
claim "version_says_more_than_one_line" [ "$(wc -l <stdout)" -gt 1 ]
run --help
claim "help_goes_to_standard_output" [ "$status" = 0 -a -s stdout -a ! -s stderr ]
cp stdout help.txt
run
claim "no_words_at_all_shows_the_help_as_an_error" \
    sh -c '[ "$1" = 2 ] && [ ! -s stdout ] && cmp -s stderr help.txt' - "$status"
for verb in $verbs; do
    claim "help_names_$verb" grep -q "^  $verb " help.txt
    run "$verb" --help
    claim "${verb}_has_a_help_of_80_columns" \
        sh -c '[ "$1" = 0 ] && [ -s stdout ] && ! grep -q "^.\{81\}" stdout' - "$status"
    cp stdout verb.txt
    run help "$verb"
    claim "help_${verb}_is_the_same" cmp stdout verb.txt
    sed -n 's/^  \(-., \|    \)--\([a-z0-9-]*\).*/\2/p' verb.txt >options.txt
    run --man "$verb"
    for option in $(cat options.txt); do
        grep -q "\\\\-\\\\-$(echo "$option" | sed 's/-/\\\\-/g')\\\\fR" stdout || echo "$option"
    done >missing.txt
    claim "the_manual_of_${verb}_has_the_same_options" [ -s options.txt -a ! -s missing.txt ]
done
if command -v bash >/dev/null; then
    run --completion bash
    cp stdout completion
    claim "completion_knows_the_words_of_an_option" [ "$(bash -c '. ./completion
        COMP_WORDS=(latent train --act gel) COMP_CWORD=3; _latent; echo "${COMPREPLY[@]}"')" = gelu ]
else
    skip "completion_knows_the_words_of_an_option" "no bash"
fi

acts=$("$program" train --help | tr '\n' ' ' | tr -s ' ' |
    sed 's/.*--act NAME[^;]*;[^;]*; one of \(.*\) --tied .*/\1/')

refuses "an_unknown_verb_is_guessed" 2 '"trian" is not a verb; did you mean train?' trian x
refuses "a_strange_verb_is_not_guessed" 2 '"xyzzy" is not a verb; latent --help lists them' xyzzy
refuses "an_unknown_option_is_guessed" 2 '--epoch is not an option; did you mean --epochs?' \
    train x -o out/m --epoch 3
refuses "a_strange_option_is_not_guessed" 2 \
    '--xyzzy is not an option; latent train --help lists them' train x -o out/m --xyzzy
refuses "an_option_of_another_verb_is_told" 2 '--lr is an option of train, pretrain and finetune, not of encode' \
    encode m x --lr 1
refuses "an_option_without_its_value" 2 '--out needs a value: --out MODEL' train x -o
refuses "a_flag_with_a_value" 2 '--tied takes no value' train x -o out/m --tied=1
refuses "an_unknown_word_is_guessed" 2 \
    "--act: \"rlu\" is not one of $acts; did you mean relu?" train x -o out/m --act rlu
refuses "train_without_data" 2 \
    'train needs DATA, for example: latent train sensors.csv -o sensors.latent' train -o out/m
refuses "train_without_a_place_for_the_model" 2 'train needs to know where the model goes, '\
'for example: latent train sensors.csv -o sensors.latent' train x
refuses "encode_without_anything" 2 \
    'encode needs MODEL and DATA, for example: latent encode m new.csv -o codes.csv' encode
refuses "info_with_too_much" 2 'info does not know what to do with "b"' info a b
refuses "a_number_that_is_none" 2 '--dims: "many" is not a whole number' \
    train x -o out/m --dims many
refuses "a_number_too_small" 2 '--dims: 0 is too small; the least is 1' train x -o out/m --dims 0
refuses "a_number_out_of_its_range" 2 '--dropout: 2 is not between 0 and 0.95' \
    train x -o out/m --dropout 2
refuses "an_infinite_number" 2 '--lr: "inf" is not a number such as 0.1 or 25/255' \
    train x -o out/m --lr inf
refuses "a_fraction_by_nothing" 2 '--l1: "1/0" is not a number such as 0.1 or 25/255' \
    train x -o out/m --l1 1/0
refuses "a_time_without_a_unit_we_know" 2 \
    '--budget: "2y" is not a time such as 60s, 2m or 1h' train x -o out/m --budget 2y
refuses "rows_that_hold_none" 2 '--rows: 5:5 holds no row; rows count from 0 and B is excluded' \
    train x -o out/m --rows 5:5
refuses "rows_that_are_no_range" 2 \
    '--rows: "5" is not a range of rows such as 0:1000, 1000: or :1000' train x -o out/m --rows 5
refuses "two_lengths" 2 '--epochs, --steps and --budget all say how long to train; give one' \
    train x -o out/m --epochs 1 --steps 2
refuses "json_and_data_on_one_stream" 2 '--json puts the result on standard output, '\
'so the data need a file: add -o FILE' encode m x --json

# ---- a table and a model ------------------------------------------------------

# 600 rows of 6 columns that two numbers tell, and the same with other rows.
python3 - <<'PYTHON'
import math, random
def table(name, seed, rows):
    rng = random.Random(seed)
    with open(name, "w") as file:
        file.write("a,b,c,d,e,f\n")
        for _ in range(rows):
            u, v = rng.gauss(0, 1), rng.gauss(0, 1)
            cells = [u, v, u * v, math.sin(u), u + v, v * v]
            file.write(",".join("%.6g" % (x + rng.gauss(0, .01)) for x in cells) + "\n")
table("data.csv", 1, 600)
table("new.csv", 2, 40)
PYTHON
small="--dims 2 --layers 16 --steps 60 --batch 32 --detector none"

run train data.csv -o m $small
claim "train_makes_a_model" [ "$status" = 0 -a -s m ]
claim "the_checkpoint_is_gone" [ ! -e m.checkpoint ]
claim "plain_progress_names_its_numbers" grep -q '^epoch .*valid .*PCA ' stderr
claim "plain_progress_has_no_escapes" sh -c '! grep -q "$(printf "\033")" stderr'
claim "the_last_line_says_what_next" sh -c 'tail -n 1 stdout | grep -q "^next"'
run train data.csv -o out/q $small --quiet
claim "quiet_training_has_no_progress" sh -c '[ "$1" = 0 ] && ! grep -q ^epoch stderr' - "$status"
rm -f out/*

keys="rows inputs dims squared_error mse seconds verdict message weights_sha256
      pca.dims pca.squared_error mean.squared_error"
run train data.csv -o out/j $small --json
claim "train_json_has_its_keys" has_keys stdout $keys
first=$(value_of stdout weights_sha256)
run eval out/j new.csv --json
claim "eval_json_has_its_keys" has_keys stdout $keys
run info m --json
claim "info_json_is_one_object" has_keys stdout
run encode m new.csv -o out/z.csv --json
claim "encode_json_is_one_object" has_keys stdout
rm -f out/*
run doctor m --json
claim "doctor_finds_no_fault" sh -c '[ "$1" = 0 ]' - "$status"
claim "doctor_json_is_one_object" has_keys stdout
run eval m new.csv
claim "eval_in_words_names_pca" grep -q PCA stdout

run train data.csv -o out/s $small --contractive 0.1
claim "training_tells_how_much_is_contraction" grep -q "train .*of it contraction [0-9]" stderr
claim "a_contractive_code_is_told_of" grep -q "^contractive code: [0-9]* of 2 units vary" stdout
run doctor out/s
claim "the_doctor_finds_no_fault_with_contraction" sh -c '[ "$1" = 0 ]' - "$status"
run train data.csv -o out/s $small --sparse batchtopk:1 --json -q
claim "the_rows_of_a_batch_have_so_many_units_on_average" grep -Eq '"active_mean": (0\.[89]|1\.?[0-2]?)' stdout
run info out/s
claim "info_tells_the_threshold_of_a_code" grep -q "batchtopk 1, threshold [0-9.-]*$" stdout
run doctor out/s
claim "the_doctor_finds_no_fault_with_a_threshold" sh -c '[ "$1" = 0 ]' - "$status"
run train data.csv -o out/s $small --sparse topk:1 --json -q
claim "a_sparse_code_has_so_many_units_for_a_row" grep -q '"active_mean": 1[,.}]' stdout
run info out/s
claim "info_tells_what_makes_a_code_sparse" grep -q "^  sparse  *sparse  *2  *topk 1" stdout
rm -f out/*

# ---- maps ---------------------------------------------------------------------

# Three heaps of rows in six columns, and which heap a row is of.
python3 - <<'PYTHON'
import random
rng = random.Random(5)
with open("heaps.csv", "w") as file:
    file.write("a,b,c,d,e,f,heap\n")
    for i in range(300):
        heap = i % 3
        cells = ["%.5g" % (3 * (j % 3 == heap) + rng.gauss(0, 1)) for j in range(6)]
        file.write(",".join(cells) + "," + ["oak", "elm", "ash"][heap] + "\n")
PYTHON
map="--dims 2 --layers 16 --steps 200 --detector none"
run train heaps.csv --labels heap -o out/map $map --neighbours
claim "training_tells_how_much_is_attraction" grep -q "train .*of it attraction [0-9]" stderr
run info out/map
claim "info_tells_of_neighbours" grep -q "^codes of neighbours drawn together with --neighbours 1$" stdout
run eval out/map heaps.csv --labels heap --map out/map.png
claim "eval_judges_a_map_beside_pca" grep -Eq "^as a map: trustworthiness 0[.][0-9]+ [(]PCA 0[.][0-9]+[)], continuity \
0[.][0-9]+ [(]PCA 0[.][0-9]+[)], 10-NN accuracy [01][.][0-9]+ [(]PCA [01][.][0-9]+[)]$" stdout
claim "a_map_is_drawn" sh -c 'head -c 4 out/map.png | grep -q PNG && grep -q "^300 rows drawn to out/map.png$" stdout'
run eval out/map heaps.csv --labels heap --json
claim "a_judged_map_has_its_keys" has_keys stdout map.rows map.nearest map.trustworthiness map.continuity \
    map.accuracy pca.trustworthiness pca.continuity pca.accuracy
mv out/map .
rm -f out/*
for threads in 1 3; do
    run train heaps.csv --labels heap -o out/m $map --neighbours=2 --threads $threads --json -q
    value_of stdout weights_sha256 >map.$threads
done
claim "a_map_has_the_same_bits_with_any_threads" cmp map.1 map.3
run train heaps.csv --labels heap -o out/m $map --neighbours 2 --json -q
claim "a_weight_may_follow_as_a_word" sh -c '[ "$1" = "$(cat map.1)" ]' - "$(value_of stdout weights_sha256)"
rm -f out/*
run --neighbours train heaps.csv --labels heap -o out/m $map -q
claim "a_weight_that_is_left_out_may_stand_before_the_verb" [ "$status" = 0 ]
rm -f out/*
run encode map heaps.csv -o out/z.csv
claim "a_map_places_rows" sh -c '[ "$(wc -l <out/z.csv)" = 301 ]'
rm -f out/*
run train heaps.csv --labels heap -o m3 --dims 3 --layers 8 --steps 20 --detector none -q
refuses "a_picture_of_a_map_of_three_numbers" 2 '--map draws codes of two numbers, and those of this model have 3; '\
'train one with --dims 2 --neighbours' eval m3 heaps.csv --map out/m.png
refuses "a_picture_of_no_known_kind" 2 'out/m.txt: the ending of the name says no kind of image; use '\
'.png, .jpg, .jpeg, .webp, .pgm or .ppm' eval map heaps.csv --map out/m.txt
refuses "neighbours_of_few_rows" 2 '--neighbours draws each row to its 15 nearest, and new.csv has 14 rows that '\
'train; give 16 or more, or leave it out' train new.csv --rows 0:20 --valid 0.3 -o out/m --neighbours --dims 2 -q
without="so it does not go together with --neighbours"
refuses "neighbours_with_vae" 2 "--vae draws its codes at random, near each other or not, $without" \
    train data.csv -o out/m --dims 2 --neighbours --vae
refuses "neighbours_with_noise" 2 "--noise corrupts the rows whose neighbours count, $without" \
    train data.csv -o out/m --dims 2 --neighbours --noise mask:0.1
refuses "neighbours_with_sparse" 2 "--sparse holds codes down that neighbours move, $without" \
    train data.csv -o out/m --dims 2 --neighbours --sparse l1:0.1
refuses "neighbours_with_contractive" 2 \
    "--contractive draws codes to those of neighbours that it makes, $without" \
    train data.csv -o out/m --dims 2 --neighbours --contractive 1
refuses "neighbours_with_norm" 2 "--norm has statistics that neighbours do not share, $without" \
    train data.csv -o out/m --dims 2 --neighbours --norm batch
refuses "neighbours_with_binarise" 2 \
    "--binarise draws the values of a row anew, and its neighbours change, $without" \
    train data.csv -o out/m --dims 2 --neighbours --binarise
refuses "neighbours_with_crop" 2 "--crop flips and turns the rows, and their neighbours stay as they are, $without" \
    train data.csv -o out/m --dims 2 --neighbours --crop 8
refuses "neighbours_with_pairs" 2 "--pairs trains a denoiser, which has no code to draw a map with, $without" \
    train data.csv --pairs data.csv -o out/m --neighbours
refuses "neighbours_of_negative_weight" 2 "--neighbours: -1 is not between 0 and 1e+06" \
    train data.csv -o out/m --dims 2 --neighbours=-1
rm -f map map.1 map.3 m3


# ---- images ----------------------------------------------------------------------

mkdir faces
python3 - <<'PYTHON'
import random
rng = random.Random(1)
for i in range(60):
    u, v = rng.randrange(100), rng.randrange(100)
    pixels = [(u * (x + 1) + v * (y + 1)) // 4 for y in range(4) for x in range(6)]
    open("faces/%02d.pgm" % i, "wb").write(b"P5 6 4 255\n" + bytes(pixels))
PYTHON
run train faces -o out/m $small --json --threads 1 -q
claim "a_folder_of_images_trains" \
    [ "$status/$(value_of stdout inputs)" = 0/24 ]
run info out/m
claim "images_are_scaled_as_a_whole" grep -q "divided by 255" stdout
run encode out/m faces
cp stdout codes.csv
claim "a_folder_of_images_is_encoded" [ "$status/$(wc -l <codes.csv)" = 0/61 ]
run encode out/m faces/07.pgm
claim "an_image_has_the_code_it_has_in_its_folder" \
    [ "$status/$(tail -n 1 stdout)" = "0/$(sed -n 9p codes.csv)" ]
run reconstruct out/m faces -o out/r.npy
claim "images_are_reconstructed_as_an_array_of_images" \
    sh -c '[ "$1" = 0 ] && head -c 200 out/r.npy | grep -q "(60, 4, 6)"' - "$status"
run reconstruct out/m faces -o out/back/ --threads 1
claim "images_are_reconstructed_as_images_of_the_same_names" sh -c '
    [ "$1" = 0 ] && [ "$(ls faces)" = "$(ls -A out/back)" ] &&
    [ "$(head -n 3 out/back/07.pgm | tr "\n" " ")" = "P5 6 4 255 " ]' - "$status"
cp -r out/back back
rm out/back/*
run reconstruct out/m faces --rows 7:8 -o out/back --threads 1
claim "a_chosen_image_keeps_its_name_and_its_bytes" sh -c '
    [ "$1/$(ls -A out/back)" = 0/07.pgm ] && cmp out/back/07.pgm back/07.pgm' - "$status"
run reconstruct out/m faces/07.pgm -o out/07.pgm --threads 1
claim "one_image_becomes_one_image" \
    sh -c '[ "$1" = 0 ] && cmp out/07.pgm back/07.pgm' - "$status"
run encode out/m faces -o out/z.npy --threads 1
run decode out/m out/z.npy -o out/numbered/ --threads 1
claim "decoded_images_are_numbered" sh -c '
    [ "$1/$(ls -A out/numbered | wc -l)" = 0/60 ] && ls out/numbered | grep -q "^000059[.]p"' - "$status"
mv out/m faces.latent
rm -rf out/* back
kept="would overwrite what is read; choose another name"
refuses "the_folder_of_the_images_as_output" 2 "-o faces/ $kept" \
    reconstruct faces.latent faces -o faces/
refuses "the_folder_of_one_of_the_images_as_output" 2 "faces/07.pgm: is read and would be \
replaced; give another folder than faces" reconstruct faces.latent faces/07.pgm -o faces
refuses "one_of_the_images_as_output" 2 "-o faces/07.pgm $kept" \
    encode faces.latent faces -o faces/07.pgm
refuses "one_of_the_images_as_model" 2 "-o faces/07.pgm $kept" train faces -o faces/07.pgm
refuses "one_of_the_images_as_sheet" 2 "--sheet faces/07.pgm $kept" \
    eval faces.latent faces --sheet faces/07.pgm
refuses "many_images_in_one" 2 "out/x.pgm: holds one image and there are 60; give a folder, as in \
out/, or a .png, which shows all of them on one sheet" reconstruct faces.latent faces -o out/x.pgm
mkdir more
cp faces/07.pgm more
refuses "two_images_of_one_name" 2 "out/: faces/07.pgm and more/07.pgm would get the same name \
there; write them to two folders" reconstruct faces.latent faces more -o out/
refuses "a_folder_in_no_folder" 1 "out/no/f/: cannot be a folder of images: No such file or \
directory; choose a place that exists and can be written to" \
    reconstruct faces.latent faces -o out/no/f/
rm -r more
conv="--dims 3 --layers 4c3/2,8c3/2 --steps 20 --batch 16"
sums=
for threads in 1 2 3; do
    run train faces -o out/c $conv --threads $threads --json -q
    sums="$sums$(value_of stdout weights_sha256)
"
done
claim "any_number_of_threads_gives_the_same_weights_of_convolutions" \
    [ "$(printf %s "$sums" | sort -u | grep -c '^[0-9a-f]\{64\}$')/$(
        printf %s "$sums" | sort -u | wc -l)" = 1/1 ]
run info out/c
claim "info_draws_the_convolutions" grep -q "^network 24-4c3/2-8c3/2-3-8c3/2-4c3/2-24, " stdout
for norm in layer batch; do
    run train faces -o out/n --dims 3 --layers 4c3,m2,8c3,a2,12 --steps 20 --batch 16 --norm $norm \
        --upsample bilinear --json -q
    claim "poolings_and_normalisation_by_${norm}_train" [ $status = 0 ]
    run info out/n
    claim "info_draws_poolings_and_normalisation_by_$norm" grep -q \
        "^network 24-4c3n-m2-8c3n-a2-12n-3-12n-b2-8c3n-b2-4c3-24, silu, norm $norm, " stdout
    run reconstruct out/n faces -o out/all.npy
    run reconstruct out/n faces --rows 3:4 -o out/one.npy
    claim "a_row_alone_has_the_bits_it_has_among_others_with_norm_$norm" python3 -c '
import sys
whole, one = (open(f, "rb").read() for f in sys.argv[1:])
size = len(one) - 128
sys.exit(one[128:] != whole[128 + 3 * size:128 + 4 * size])' out/all.npy out/one.npy
done
claim "encode_then_decode_equals_reconstruct_for_convolutions" sh -c '
    "$1" encode out/c faces -o out/z.npy && "$1" decode out/c out/z.npy -o out/d.npy &&
    "$1" reconstruct out/c faces -o out/r.npy && cmp out/d.npy out/r.npy' - "$program"
rm -f out/*
refuses "more_layers_than_a_network_has_room_for" 2 '--layers: these make 71 nodes with all that '\
'goes between, and a network has 64 at most; give fewer layers' train faces -o out/m --dims 3 -q \
    --layers 4c3,4r3,4r3,4r3,4r3,4r3,4r3,4r3,4r3,4r3,4r3
echo note >faces/notes.txt
refuses "a_stray_file_among_images" 3 "faces/notes.txt: is no image (PNG, JPEG, WebP, PGM or PPM); \
move it elsewhere" train faces -o out/m -q
rm -r faces faces.latent

refuses "convolutions_on_a_table" 2 "convolutions are for images, and data.csv has none: give images, \
or an array of shape (N, H, W) or (N, H, W, C), or leave --arch and --layers to be drawn" \
    train data.csv -o out/m --arch conv --dims 2 -q
refuses "a_convolution_behind_a_dense_layer" 2 '--layers: "16,8c3" has a convolution behind a dense '\
'layer; convolutions come first' train data.csv -o out/m --layers 16,8c3
refuses "layers_that_are_none" 2 '--layers: "8c4" is not a list of widths such as 512,256 (or none), '\
'nor of convolutions such as 32c3,64c3/2 (channels, an odd kernel up to 31, and a stride up to half '\
'of the kernel + 1), blocks such as 64r3, or poolings m2 ... m8 (maximum) and a2 ... a8 (average)' train data.csv -o out/m --layers 8c4
refuses "a_block_of_other_channels" 2 '--layers: "8c3,16r3" has a block behind another number of '\
'channels; put a convolution such as 16c3 before it' train data.csv -o out/m --layers 8c3,16r3
refuses "a_pooling_behind_a_dense_layer" 2 '--layers: "16,m2" pools what is no grid of a convolution; put '\
'a convolution such as 32c3 before it' train data.csv -o out/m --layers 16,m2
refuses "upsampling_of_nothing" 2 '--upsample bilinear mirrors poolings, and there are none; give some in '\
'--layers, such as 32c3,m2' train data.csv -o out/m --layers 8c3 --upsample bilinear
refuses "running_statistics_along_a_line" 2 '--optimizer lbfgs searches along lines, and the running '\
'statistics of --norm batch would change on the way; use --norm layer or another optimizer' \
    train data.csv -o out/m --norm batch --optimizer lbfgs
refuses "dense_layers_that_convolve" 2 '--arch dense has no convolutions as in --layers 8c3' \
    train data.csv -o out/m --arch dense --layers 8c3
refuses "convolutions_that_are_dense" 2 '--arch conv needs convolutions in --layers 16, such as '\
'32c3,64c3/2' train data.csv -o out/m --arch conv --layers 16

# The models have the same weights.
cmp_weights() { # MODEL MODEL
    for model; do "$program" info "$model" --json | tr ',' '\n' | grep weights_sha256; done >weights.txt
    [ "$(sort -u weights.txt | wc -l)/$(wc -l <weights.txt)" = 1/2 ]
}

# ---- images of any size ----------------------------------------------------------

mkdir any
python3 - <<'PYTHON'
import math, random
rng = random.Random(4)
sizes = [(30, 40), (20, 20), (9, 31), (12, 16)]
for i in range(60):
    (h, w), u, v = sizes[i % 4], rng.uniform(1, 5), rng.uniform(1, 5)
    pixels = bytes(round(128 + 100 * math.sin(u * x / w + v * y / h)) for y in range(h) for x in range(w))
    open("any/%02d.pgm" % i, "wb").write(b"P5 %d %d 255\n" % (w, h) + pixels)
PYTHON
run train any -o out/any --resize 12x16 --dims 3 --steps 200 --threads 1
claim "images_of_any_size_train" [ "$status" = 0 ]
claim "the_size_is_told" grep -q 'training on images resampled to 12 x 16 pixels (height x width)' stderr
run info out/any
claim "info_tells_the_size" grep -q 'images of any size are resampled to 12 x 16 pixels (height x width)' stdout
run info out/any --json
claim "the_json_does_too" [ "$(value_of stdout resize)" = "{'height': 12, 'width': 16}" ]
run encode out/any any -o out/codes.npy --threads 1 -q
claim "the_model_encodes_images_of_any_size" [ "$status" = 0 ]
run eval out/any any --json --threads 1
claim "and_is_judged_on_them" [ "$status/$(value_of stdout rows)/$(value_of stdout inputs)" = 0/60/192 ]
run reconstruct out/any any -o out/any_back/ --threads 1 -q
for i in 00 01 02 03; do head -c 12 out/any_back/$i.pgm | tr '\n' ' '; done >sizes.txt
claim "a_reconstruction_has_the_size_of_its_image" \
    [ "$(cat sizes.txt)" = "P5 40 30 255P5 20 20 255P5 31 9 255 P5 16 12 255" ]
run reconstruct out/any any/02.pgm -o out/two.pgm --threads 1 -q
claim "an_image_alone_has_the_bits_it_has_among_others" cmp out/two.pgm out/any_back/02.pgm
run decode out/any out/codes.npy -o out/decoded.npy --threads 1 -q
run reconstruct out/any any -o out/together.npy --threads 1 -q
claim "codes_decode_at_the_size_of_the_model" [ "$(head -c 128 out/decoded.npy | grep -ac '(60, 12, 16)')" = 1 ]
claim "sizes_that_differ_share_one_array_at_that_size" cmp out/decoded.npy out/together.npy
mkdir same
cp any/00.pgm any/04.pgm any/08.pgm same
run reconstruct out/any same -o out/same.npy --threads 1 -q
claim "images_of_one_size_come_back_in_it" [ "$(head -c 128 out/same.npy | grep -ac '(3, 30, 40)')" = 1 ]
run train any -o out/again --resize 12x16 --dims 3 --steps 200 --threads 2 -q
claim "resized_images_train_to_the_same_bits_on_any_number_of_threads" cmp_weights out/any out/again
mv out/any any.latent
rm -rf out/*
refuses "mixed_sizes_without_a_size" 3 'any/01.pgm: is 20 x 20 pixels (grey, 8 bits) but any/00.pgm is 40 x 30 pixels '\
'(grey, 8 bits); train with --resize HxW, which brings all to one size, or --crop N, which cuts squares from them' \
    train any -o out/m -q
for bad in 0 0x4 -3 4x-1 4x x4 4x5x6 abc 99999999999999999999; do
    refuses "resized_to_$bad" 2 "--resize: \"$bad\" is not a height and a width in pixels such as 64x48, or 64 "\
'for both' train any -o out/m --resize "$bad" -q
done
refuses "resized_to_too_many_pixels" 2 '--resize: 5000 x 3000 pixels are more values than the 1048576 that a row may '\
'have; give a smaller size' train any -o out/m --resize 5000x3000 -q
refuses "resized_to_too_long_a_side" 2 '--resize: images of 1 x 99999999 pixels; give a height and a width from 1 to '\
'1048576' train any -o out/m --resize 1x99999999 -q
printf 'P6 1 1 255\n...' >out/colour.ppm
mv out/colour.ppm .
refuses "resized_to_too_many_channels" 2 '--resize: 1000 x 1000 pixels of 3 channels are more values than the 1048576 '\
'that a row may have; give a smaller size' train colour.ppm colour.ppm -o out/m --resize 1000 -q
refuses "resizing_a_table" 2 'data.csv: only images can be resized; leave --resize out' \
    train data.csv -o out/m --resize 8 -q
refuses "resizing_what_is_made" 2 'builtin:curves: is made at a size of its own; leave --resize out' \
    train builtin:curves -o out/m --resize 8 -q
refuses "resizing_and_cropping" 2 '--resize and --crop both say what size the images get; give one of them' \
    train any -o out/m --resize 8 --crop 4 -q
refuses "resizing_for_a_denoiser" 2 '--resize would change the noise along with the images; train a denoiser with '\
'--crop N, which takes images of any size' train any -o out/m --resize 8 --arch conv --noise gaussian:0.1 -q
refuses "denoising_with_a_model_that_resizes" 2 'the model resamples images, which would cost them detail; train a '\
'denoiser with --crop N in place of --resize' denoise any.latent any -o out/x
refuses "encoding_what_is_made_at_another_size" 3 'builtin:curves: images of 28 x 28 pixels (height x width), and this '\
'model takes 12 x 16; files are resampled when they are opened for the model' encode any.latent builtin:curves -o out/x.npy
refuses "resizing_again" 2 '--resize is an option of train and pretrain, not of encode' encode any.latent any --resize 8 -o out/x.npy

# ---- noise ---------------------------------------------------------------------

mkdir clean noisy
python3 - <<'PYTHON'
import math, random
rng = random.Random(1)
for i in range(24):
    u, v = rng.uniform(.1, .5), rng.uniform(.1, .5)
    clean = [128 + 80 * math.sin(u * x + v * y) for y in range(30) for x in range(40)]
    for folder, sigma in ("clean", 0), ("noisy", 25):
        pixels = bytes(min(255, max(0, round(p + rng.gauss(0, sigma)))) for p in clean)
        open("%s/%02d.pgm" % (folder, i), "wb").write(b"P5 40 30 255\n" + pixels)
PYTHON
run train clean -o out/d --arch conv --layers 16c5/2,16r3 --noise gaussian:25/255 --crop 24 \
    --steps 150 --json -q
claim "a_denoiser_is_judged_by_the_noise_it_takes_away" \
    [ "$status/$(value_of stdout verdict)" = 0/denoises ]
claim "the_denoiser_json_has_its_keys" has_keys stdout rows inputs squared_error mse seconds verdict \
    message weights_sha256 psnr_before psnr_after noisy.squared_error noise
run train clean -o out/r --arch conv --layers 16c5/2,16r3 --noise gaussian:5/255-50/255 --crop 24 \
    --steps 150 -q
claim "a_range_of_noise_is_judged_over_the_range" grep -q \
    "judged with the noise gaussian:0.01961-0.1961, each row with an amount of its own" stdout
run info out/r
claim "info_tells_the_range" grep -q "gaussian:0.01961-0.1961" stdout
run denoise out/d noisy -o out/back --truth clean --json
claim "a_folder_is_denoised" [ "$status/$(ls out/back | wc -l)" = 0/24 ]
claim "the_denoise_json_has_its_keys" has_keys stdout files psnr_before psnr_after ssim_before \
    ssim_after worse filter.name filter.psnr filter.ssim seconds
claim "a_denoised_image_has_the_size_it_had" \
    [ "$(head -c 13 out/back/03.pgm | tr '\n' ' ')" = "P5 40 30 255 " ]
run denoise out/d noisy/03.pgm -o out/one.pgm -q
claim "an_image_alone_has_the_bits_it_has_in_its_folder" cmp out/one.pgm out/back/03.pgm
run train clean -o out/l --arch conv --layers 16c5/2,16r3 --like noisy --steps 2
claim "noise_like_that_of_others_is_named" grep -q "the noise of noisy is like --noise gaussian:0\.[01]" \
    stderr
python3 - <<'PYTHON'
import math, os, random
rng = random.Random(2)
os.mkdir("light")
for i in range(12):
    u, v = rng.uniform(.05, .2), rng.uniform(.05, .2)
    clean = [.5 + .45 * math.sin(u * x + v * y) for y in range(80) for x in range(80)]
    counts = []
    for mean in (20 * p for p in clean):
        n, left = 0, rng.expovariate(1)
        while left < mean:
            n, left = n + 1, left + rng.expovariate(1)
        counts.append(min(255, round(255 * n / 20)))
    open("light/%02d.pgm" % i, "wb").write(b"P5 80 80 255\n" + bytes(counts))
PYTHON
run train clean -o out/p --arch conv --layers 16c5/2,16r3 --like light --steps 150 --crop 24
claim "counts_of_light_are_named_and_learnt" grep -q "the noise of light is like --noise poisson:[12]" stderr
claim "a_denoiser_of_counts_is_judged_on_them" grep -q "judged with the noise poisson:[12]" stdout
run denoise out/p noisy -o out/counts --truth clean
claim "a_denoiser_of_counts_denoises" [ "$status" = 0 ]
run train clean -o out/made --arch conv --layers 16c5/2,16r3 --noise gaussian:25/255 --crop 24 --steps 150 \
    --json -q
made=$(value_of stdout psnr_after)
run train clean --pairs noisy -o out/pairs --layers 16c5/2,16r3 --crop 24 --steps 150 --json -q
pairs=$(value_of stdout psnr_after)
claim "pairs_reach_what_made_noise_reaches" awk "BEGIN { exit !($pairs > $made - 0.7) }"
claim "pairs_are_told" [ "$(value_of stdout verdict)/$(value_of stdout noise)" = denoises/pairs ]
run train clean --pairs noisy -o out/twice --layers 16c5/2,16r3 --crop 24 --steps 150 --threads 1 -q
claim "pairs_give_the_same_bits_again" cmp_weights out/pairs out/twice
run train --pairs clean noisy -o out/twice --layers 16c5/2,16r3 --crop 24 --steps 150 -q
claim "of_pairs_the_first_name_is_that_of_the_clean_ones" cmp_weights out/pairs out/twice
run train clean --pairs noisy -o out/whole --layers 8c5/2,8r3 --steps 60 --json -q
claim "pairs_of_whole_images_train" [ "$status/$(value_of stdout noise)" = 0/pairs ]
run denoise out/pairs noisy -o out/partners --truth clean --json
claim "a_network_of_pairs_denoises" awk "BEGIN { exit !($(value_of stdout psnr_after) > 3 + \
    $(value_of stdout psnr_before)) }"
run eval out/whole clean --pairs noisy
claim "pairs_are_judged_by_pairs" grep -q "judged with the noisy partners in noisy" stdout
run train clean -o out/made --layers 8c5/2,8r3 --noise gaussian:5/255-50/255 --steps 60 -q
run eval out/made clean --pairs noisy --json
claim "any_denoiser_is_judged_by_pairs" [ "$(value_of stdout verdict)/$(value_of stdout noise)" = denoises/pairs ]
mkdir sizes sizes_noisy
cp clean/* sizes
cp noisy/* sizes_noisy
for i in 00 01 02; do # the right half is cut off
    for f in "" _noisy; do
        python3 - "sizes$f/$i.pgm" <<'PYTHON'
import sys
pixels = open(sys.argv[1], "rb").read()[len(b"P5 40 30 255\n"):]
open(sys.argv[1], "wb").write(b"P5 30 30 255\n" + b"".join(pixels[40 * y:40 * y + 30] for y in range(30)))
PYTHON
    done
done
run train sizes -o out/sizes --arch conv --layers 16c5/2,16r3 --noise gaussian:25/255 --crop 24 --steps 100 \
    --json -q
claim "images_of_mixed_sizes_are_cut_into_crops" [ "$status/$(value_of stdout verdict)" = 0/denoises ]
run train sizes --pairs sizes_noisy -o out/sized --layers 16c5/2,16r3 --crop 24 --steps 100 --json -q
claim "pairs_of_mixed_sizes_too" [ "$status/$(value_of stdout verdict)" = 0/denoises ]
run denoise out/sizes sizes_noisy -o out/sized_back --truth sizes -q
claim "and_denoised" [ "$status/$(head -c 13 out/sized_back/01.pgm | tr '\n' ' ')" = "0/P5 30 30 255 " ]
mv out/whole pairs
run train clean -o out/j --arch conv --layers 16c5/2,16r3 --noise jpeg:10-30 --steps 150 --json -q
claim "the_marks_of_jpeg_are_taken_away" [ "$status/$(value_of stdout verdict)" = 0/denoises ]
run denoise out/j clean -o out/again --truth clean
claim "a_denoiser_of_jpeg_denoises" [ "$status/$(ls out/again | wc -l)" = 0/24 ]
mv out/d d
rm -rf out/*
refuses "denoising_to_nowhere" 2 'say where the images go: -o FILE, or -o FOLDER for a folder of them' \
    denoise d noisy
refuses "denoising_in_place" 2 '-o noisy: the noisy images are there and would be replaced; name '\
'another' denoise d noisy -o noisy
refuses "denoising_into_the_folder_of_an_image" 2 '-o noisy: the noisy images are there and would be '\
'replaced; name another' denoise d noisy/03.pgm -o noisy
refuses "denoising_over_the_truth" 2 '-o clean: the clean images are there and would be replaced; name '\
'another' denoise d noisy -o clean --truth clean
refuses "denoising_with_what_denoises_not" 2 'the model takes no noise away; train one on images '\
'with --arch conv and --noise, such as gaussian:25/255, and without --dims' denoise m noisy -o out/x
refuses "denoising_what_is_no_image" 3 'data.csv: is no image; a denoiser reads images, and arrays of '\
'shape (H, W), (H, W, C), (N, H, W) or (N, H, W, C)' denoise d data.csv -o out/x.csv
refuses "noise_said_twice" 2 '--noise and --like both say which noise; give one of them' \
    train clean -o out/m --noise gaussian:0.1 --like noisy -q
refuses "a_range_that_falls" 2 '--noise: the range of "gaussian:50/255-5/255" begins above its end; '\
'write the smaller amount first' train clean -o out/m --noise gaussian:50/255-5/255 -q
for bad in gaussian:-0.1-0.2 gaussian:0.1--0.2 gaussian:0.1- gaussian:0.1-0.2-0.3 gaussian: gaussian:0-0; do
    refuses "a_bad_range_$bad" 2 "--noise: \"$bad\" needs a positive amount, such as gaussian:0.2 or "\
'gaussian:25/255, or a range of them, such as gaussian:5/255-50/255' train clean -o out/m --noise $bad -q
done
refuses "a_range_above_a_probability" 2 '--noise: mask takes a probability, at most 1, not 1.5' \
    train clean -o out/m --noise mask:0.5-1.5 -q
for bad in jpeg:101 jpeg:30.5 jpeg:30-101; do
    refuses "a_bad_quality_$bad" 2 '--noise: jpeg takes whole qualities from 1 to 100, such as jpeg:30 or '\
'jpeg:10-80' train clean -o out/m --noise $bad -q
done
refuses "jpeg_of_a_table" 2 '--noise jpeg is for images, and data.csv has none: give images, or an array of '\
'shape (N, H, W) or (N, H, W, C)' train data.csv -o out/m --dims 2 --noise jpeg:20 -q
run train clean -o out/m --dims 2 --noise jpeg:20 --scale standard -q
claim "jpeg_of_standardised_images_is_refused" grep -q -- '--noise jpeg needs values from 0 (black) to 1 (white), and '\
'those of clean run from .* after scaling standard; give such values, or bytes, with --scale auto' stderr
mkdir fewer others small
cp noisy/0*.pgm fewer
for i in clean/*.pgm; do cp "$i" others/x"${i#clean/}"; printf 'P5 2 1 255\n..' >small/"${i#clean/}"; done
refuses "pairs_without_partners" 2 '--pairs fewer: 10 images, and clean has 24; every image needs its partner' \
    train clean --pairs fewer -o out/m -q
refuses "pairs_of_other_sizes" 2 '--pairs small: images of 2 x 1 pixels, 1 channels, and those of clean have '\
'40 x 30, 1; partners must have the same size' train clean --pairs small -o out/m -q
refuses "pairs_of_other_mixed_sizes" 2 '--pairs noisy: images of 40 x 30 pixels, 1 channels, and those of '\
'sizes have 30 x 30, 1; partners must have the same size' train sizes --pairs noisy --crop 24 -o out/m -q
refuses "mixed_sizes_without_crops" 3 'sizes/03.pgm: is 40 x 30 pixels (grey, 8 bits) but sizes/00.pgm is 30 x 30 '\
'pixels (grey, 8 bits); train with --resize HxW, which brings all to one size, or --crop N, which cuts squares '\
'from them' train sizes -o out/m -q
refuses "mixed_images_smaller_than_crops" 2 'sizes/02.pgm: images of 30 x 30 pixels have no crops of 31 x 31; use '\
'a smaller --crop' train sizes -o out/m --crop 31 --arch conv --valid 0.5 --seed 3 -q
refuses "mixed_sizes_and_dirt" 2 '--assume-dirty needs images of one size, and those of sizes differ; leave it out' \
    train sizes -o out/m --crop 24 --assume-dirty 5% -q
refuses "pairs_of_other_names" 2 '--pairs others: image 0 is "x00.pgm", and that of clean is "00.pgm"; partners '\
'must have the same name, but for its ending' train clean --pairs others -o out/m -q
refuses "pairs_of_tables" 2 '--pairs data.csv: pairs are of images, and data.csv has none: give images, or an '\
'array of shape (N, H, W) or (N, H, W, C)' train data.csv --pairs data.csv -o out/m -q
refuses "pairs_and_noise" 2 '--pairs brings its own noise; leave out --noise and --like' \
    train clean --pairs noisy -o out/m --arch conv --noise gaussian:0.1 -q
refuses "pairs_with_a_code" 2 '--pairs trains a denoiser, of convolutions alone; leave out --dims, --vae, --ordered '\
'and dense layers' train clean --pairs noisy -o out/m --dims 5 -q
refuses "pairs_through_dense_layers" 2 '--pairs trains a denoiser, of convolutions alone; leave out --dims, --vae, '\
'--ordered and dense layers' train clean --pairs noisy -o out/m --arch dense -q
refuses "pairs_and_other_images_to_judge_by" 2 '--valid light has no noisy partners; with --pairs say a share, '\
'such as --valid 0.1' train clean --pairs noisy -o out/m --valid light -q
refuses "pairs_and_dirt" 2 '--assume-dirty would part pairs; leave it out with --pairs' \
    train clean --pairs noisy -o out/m --assume-dirty 5% -q
refuses "pairs_that_are_missing_in_eval" 2 'the model learnt from pairs; give the noisy partners of clean with '\
'--pairs NOISY' eval pairs clean
refuses "pairs_as_a_kind_of_noise" 2 "--noise: \"pairs\" is not one of $("$program" train --help | tr '\n' ' ' |
    tr -s ' ' | sed 's/.*--noise KIND:AMOUNT.*one of \(none, gaussian, [a-z, ]*jpeg\) .*/\1/')" \
    train clean -o out/m --noise pairs -q
refuses "too_little_light" 2 '--noise: poisson takes amounts from 0.01 to 1e+06, not 0.001' \
    train clean -o out/m --noise poisson:0.001 -q
refuses "counts_without_a_zero" 2 '--noise poisson counts light from 0 up, and the values of data.csv have '\
'the scaling standard, which moves their zero; use --scale none or minmax' \
    train data.csv -o out/m --dims 2 --noise poisson:20 -q
refuses "a_denoiser_scaled_by_columns" 2 '--scale standard is for columns, and a denoiser treats all '\
'pixels alike; use none or bytes' train clean -o out/m --arch conv --noise gaussian:0.1 --scale standard
refuses "crops_of_a_table" 2 'data.csv: only images can be cropped; leave --crop out' \
    train data.csv -o out/m --crop 4 -q
rm -r clean noisy light fewer others small sizes sizes_noisy d pairs

# ---- ordered codes -------------------------------------------------------------

ordered="--ordered --dims 8 --steps 60 --batch 32 --detector none -q"
run train builtin:curves,rows=1500 -o o --layers 16 $ordered --threads 1 --json
claim "an_ordered_model_is_trained" [ "$status" = 0 ]
claim "the_ordered_json_has_its_keys" has_keys stdout curve elbow recommended_dims
claim "the_curve_tells_every_width_beside_pca" python3 -c "
import json; d = json.load(open('stdout')); c = d['curve']
assert [p['dims'] for p in c] == [1, 2, 3, 4, 6, 8]
assert abs(c[-1]['squared_error'] - d['squared_error']) < 1e-6 * d['squared_error']
assert abs(c[-1]['pca_squared_error'] - d['pca']['squared_error']) < 1e-6 * d['pca']['squared_error']
assert all(a['pca_squared_error'] > b['pca_squared_error'] for a, b in zip(c, c[1:]))
assert {d['elbow'], d['recommended_dims']} <= {p['dims'] for p in c}"
run train builtin:curves,rows=1500 -o o2 --layers 16 $ordered --threads 3
claim "an_ordered_model_has_the_same_bits_for_any_threads" cmp_weights o o2
run eval o builtin:curves,rows=40,part=test
claim "eval_shows_the_curve" grep -q 'PCA, k numbers' stdout
run info o --json
claim "info_tells_that_codes_are_ordered" python3 -c "
import json; assert json.load(open('stdout'))['ordered'] is True"
run encode o builtin:curves,rows=40,part=test -o out/all.csv -q
for k in 1 4 5 8; do
    run encode o builtin:curves,rows=40,part=test --dims $k -o out/z.csv -q
    cut -d , -f 1-$k out/all.csv >first.csv
    claim "a_code_of_${k}_is_the_first_part_of_the_whole" cmp first.csv out/z.csv
    run decode o out/z.csv -o out/halves.csv -q
    run reconstruct o builtin:curves,rows=40,part=test --dims $k -o out/whole.csv -q
    claim "encode_then_decode_of_${k}_equals_reconstruct" cmp out/halves.csv out/whole.csv
    cp out/whole.csv whole$k.csv
done
run encode o builtin:curves,rows=40,part=test --dims 4 -o out/z.npy -q
claim "codes_in_npy_have_k_columns" python3 -c "
assert b\"'shape': (40, 4)\" in open('out/z.npy', 'rb').read(128)"
run reconstruct o builtin:curves,rows=40,part=test -o out/whole.csv -q
claim "all_numbers_are_the_default" cmp whole8.csv out/whole.csv
claim "fewer_numbers_give_another_row" sh -c '! cmp -s whole4.csv whole8.csv'
run train builtin:curves,rows=300 -o oc --arch conv --layers 4c3/2,8c3/2 --ordered --dims 5 --steps 3 -q
run reconstruct oc builtin:curves,rows=4,part=test --dims 2 -o out/whole.csv -q
claim "convolutions_take_ordered_codes_too" [ "$status" = 0 ]
rm -rf out/* oc o2 first.csv whole*.csv
refuses "more_numbers_than_there_are" 2 '--dims 9: codes of this model have 1 to 8 numbers' \
    encode o builtin:curves,rows=4 --dims 9 -o out/z.csv
refuses "few_numbers_of_an_unordered_code" 2 '--dims 1: the codes of this model are not ordered, so all 2 '\
'numbers of one are needed; train a model with latent train --ordered' encode m data.csv --dims 1 -o out/z.csv
printf '1,2,3,4,5,6,7,8,9\n' >wide.csv
refuses "codes_that_are_too_wide" 3 'wide.csv has 9 columns where codes of this model have 1 to 8; give what '\
'latent encode wrote' decode o wide.csv -o out/r.csv
rm -f wide.csv o
refuses "an_ordered_variational_code" 2 '--vae chooses by itself how many numbers of a code tell something, in '\
'no order; leave out --ordered or --vae' train data.csv -o out/m --ordered --vae
refuses "an_ordered_sparse_code" 2 '--sparse lets other units speak for every row, so that no order of them '\
'suits all; leave out --ordered or --sparse' train data.csv -o out/m --ordered --sparse topk:2
refuses "an_ordered_tied_code" 2 'the decoder of --ordered also reads how many numbers it is shown, which '\
'--tied has no mirror of; leave one of them out' train data.csv -o out/m --ordered --tied

# ---- variational codes ---------------------------------------------------------

run train builtin:curves,rows=1500 -o v $small --vae --binarise --json -q
claim "a_variational_model_is_trained" [ "$status" = 0 ]
claim "the_variational_json_has_its_keys" has_keys stdout vae.divergence vae.units_used vae.weight
run eval v builtin:curves,rows=30,part=test --nll --samples 70 --json
claim "the_likelihood_json_has_its_keys" has_keys stdout nll.nats nll.standard_error nll.bound \
    nll.bits_per_value nll.samples
claim "the_likelihood_lies_within_its_bound" python3 -c "
import json; n = json.load(open('stdout'))['nll']; assert 0 < n['nats'] < n['bound'] and n['samples'] == 70"
run sample v -n 12 -o out/s.csv -q
claim "rows_are_sampled" [ "$status/$(wc -l <out/s.csv)" = 0/12 ]
run sample v -n 700 -o out/more.csv -q --threads 1
head -n 12 out/more.csv >head.csv
claim "a_sample_does_not_depend_on_how_many_are_drawn" cmp out/s.csv head.csv
run sample v -n 12 -o out/other.csv -q --seed 2
claim "another_seed_draws_other_rows" sh -c '! cmp -s out/s.csv out/other.csv'
run interpolate v builtin:curves,rows=30,part=test --from 3 --to 8 --steps 5 -o out/w.csv -q
run reconstruct v builtin:curves,rows=30,part=test -o out/r.csv -q
sed -n '1p;5p' out/w.csv >ends.csv
sed -n '4p;9p' out/r.csv >rows.csv
claim "a_walk_begins_and_ends_at_the_reconstructions_of_its_rows" cmp ends.csv rows.csv
rm -rf out/*
refuses "a_walk_without_its_ends" 2 'interpolate needs to know between which rows, for example: latent '\
'interpolate m images.npy --from 0 --to 7 -o walk.png' interpolate v builtin:curves,rows=30 --from 3
refuses "a_walk_past_the_end" 2 '--to 30: builtin:curves,rows=30 has the rows 0 to 29' \
    interpolate v builtin:curves,rows=30 --from 3 --to 30 -o out/w.csv
refuses "samples_of_a_plain_model" 2 'the codes of this model have no distribution to draw from; train '\
'one with --vae' sample m -n 3 -o out/s.csv
refuses "the_likelihood_under_a_plain_model" 2 'only variational models know how likely rows are; train '\
'one with --vae' eval m data.csv --nll
refuses "beta_without_a_divergence" 2 '--beta weighs the divergence of a variational code; add --vae' \
    train data.csv -o out/m --beta 2
refuses "a_variational_code_that_is_sparse" 2 '--vae draws its codes from normal distributions, which '\
'--sparse would cut; leave one of them out' train data.csv -o out/m --vae --sparse topk:2
refuses "a_contracted_code_that_is_normalised" 2 '--contractive measures slopes of the code, which --norm '\
'layer scales away; leave one of them out' train data.csv -o out/m --contractive 0.1 --norm layer
refuses "a_variational_code_that_is_contracted" 2 '--vae says with its variances how much a code may '\
'change, and --contractive says it again; leave one of them out' \
    train data.csv -o out/m --vae --contractive 0.1
rm -f v

# ---- same bits -----------------------------------------------------------------

for precision in f32 bf16; do
    sums=
    for threads in 1 2 3 5 8; do
        run train data.csv -o out/t $small --precision $precision --threads $threads --json -q
        sums="$sums$(value_of stdout weights_sha256)
"
    done
    claim "any_number_of_threads_gives_the_same_${precision}_weights" \
        [ "$(printf %s "$sums" | sort -u | grep -c '^[0-9a-f]\{64\}$')/$(
            printf %s "$sums" | sort -u | wc -l)" = 1/1 ]
done
run train data.csv -o out/t $small --seed 2 --json -q
claim "another_seed_gives_other_weights" [ -n "$first" -a "$(value_of stdout weights_sha256)" != "$first" ]
rm -f out/*

run encode m new.csv
cp stdout codes.csv
claim "encode_prints_csv_with_a_header" [ "$status/$(wc -l <codes.csv)" = 0/41 ]
claim "data_in_a_pipe_are_the_same" sh -c '"$1" encode m - <new.csv | cmp - codes.csv' - "$program"
run encode m new.csv --rows 17:18
claim "one_row_alone_has_the_same_bits" [ "$(tail -n 1 stdout)" = "$(sed -n 19p codes.csv)" ]
run reconstruct m new.csv
cp stdout back.csv
claim "a_reconstruction_has_the_columns_of_the_data" \
    [ "$(head -n 1 back.csv)" = "$(head -n 1 new.csv)" ]
claim "encode_then_decode_equals_reconstruct_in_a_pipe" sh -c \
    '"$1" encode m new.csv -q | "$1" decode m - -q | cmp - back.csv' - "$program"
claim "encode_then_decode_equals_reconstruct_in_arrays" sh -c '
    "$1" encode m new.csv -o out/z.npy && "$1" decode m out/z.npy -o out/d.npy &&
    "$1" reconstruct m new.csv -o out/r.npy && cmp out/d.npy out/r.npy' - "$program"
rm -f out/*

# ---- stopped and continued ------------------------------------------------------

long="--detector none --dims 2 --layers 16 --steps 3000 --batch 32 --patience 0 --noise mask:0.1 --dropout 0.1"
run train data.csv -o out/whole $long --json -q
whole=$(value_of stdout weights_sha256)
"$program" train data.csv -o out/cut $long --checkpoint 0.05s -q >stdout 2>stderr &
pid=$!
tries=0
while [ ! -e out/cut.checkpoint ] && [ $tries -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
kill -TERM $pid 2>/dev/null
wait $pid
status=$?
if [ $status = 0 ]; then
    skip "an_interrupted_training_exits_with_130" "it was done before it could be stopped"
    skip "an_interrupted_training_says_how_to_continue" "it was done before it could be stopped"
    skip "a_continued_training_ends_in_the_same_bits" "it was done before it could be stopped"
else
    claim "an_interrupted_training_exits_with_130" \
        [ $status = 130 -a -e out/cut.checkpoint -a ! -e out/cut ]
    claim "an_interrupted_training_says_how_to_continue" \
        grep -q "^to continue: .* train --resume data.csv -o out/cut " stderr
    run train data.csv -o out/cut $long --checkpoint 0.05s -q --resume --json
    claim "a_continued_training_ends_in_the_same_bits" \
        [ -n "$whole" -a "$(value_of stdout weights_sha256)" = "$whole" -a ! -e out/cut.checkpoint ]
fi
rm -f out/*

# ---- outputs ---------------------------------------------------------------------

refuses "an_output_that_is_an_input" 2 \
    '-o data.csv would overwrite what is read; choose another name' train data.csv -o data.csv
claim "the_input_is_whole" [ "$(wc -l <data.csv)" = 601 ]
if [ -w /dev/full ]; then
    "$program" eval m new.csv -q >/dev/full 2>stderr
    status=$?
    claim "a_result_on_a_full_disk" [ "$status/$(cat stderr)" = \
        "1/latent: standard output cannot be written: No space left on device" ]
else
    skip "a_result_on_a_full_disk" "no /dev/full"
fi
refuses "an_output_in_no_folder" 1 "out/no/m: cannot be created: No such file or directory; \
choose a folder that exists and can be written to" train data.csv -o out/no/m
refuses "an_output_of_no_kind" 2 "out/z.xyz: the ending of the name says no kind of file; use \
.csv, .tsv, .npy, .idx (each also with .gz) or .npz, for images also .png, .jpg, .webp, .pgm, .ppm \
or a folder, which ends in /" encode m new.csv -o out/z.xyz
refuses "an_output_that_is_a_folder" 2 "out: is a folder, which takes images, and rows of 2 values \
are none; name a file that ends in .csv or .npy" encode m new.csv -o out
refuses "a_model_that_would_be_a_folder" 1 "out: is a folder; give the name of a file" \
    train data.csv -o out
refuses "an_output_that_is_the_labels" 2 "-o data.csv would overwrite what is read; choose another \
name" score m new.csv --labels data.csv -o data.csv
if [ -w /dev/full ]; then
    ln -s /dev/full full.csv
    full="writing failed: No space left on device; nothing was kept, free some space or choose \
another place"
    refuses "codes_on_a_full_disk" 1 "full.csv: $full" encode m new.csv -o full.csv -q
    refuses "a_model_on_a_full_disk" 1 "/dev/full: $full" train data.csv -o /dev/full $small -q
    "$program" encode m new.csv -q >/dev/full 2>stderr
    status=$?
    claim "codes_in_a_pipe_on_a_full_disk" sh -c \
        '[ "$1" = 1 ] && grep -q "^latent: .*: No space left on device" stderr' - "$status"
else
    skip "codes_on_a_full_disk" "no /dev/full"
    skip "a_model_on_a_full_disk" "no /dev/full"
    skip "codes_in_a_pipe_on_a_full_disk" "no /dev/full"
fi

# ---- bad input -----------------------------------------------------------------------

mkdir folder
: >empty.csv
printf 'a,b,c\n' >header.csv
python3 - <<'PYTHON'
import gzip, random, struct
good = open("data.csv").read().split("\n")
def write(name, line, text):
    lines = list(good)
    lines[line - 1] = text
    open(name, "w").write("\n".join(lines))
write("ragged.csv", 12, "1,2,3,4,5")
write("text.csv", 12, "1,2,three,4,5,6")
write("nan.csv", 12, "1,2,NaN,4,5,6")
write("inf.csv", 12, "1,2,inf,4,5,6")
open("missing.csv", "w").write("a,b,c\n" + "".join("%d,,%d\n" % (i, i * i) for i in range(50)))
def npy(name, dtype, shape, data):
    head = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (dtype, shape)
    head = head.ljust((len(head) + 10) // 64 * 64 + 64 - 11) + "\n"
    open(name, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data)
npy("huge.npy", "<f4", "(%d, 4)" % 2 ** 60, bytes(64))
npy("nan.npy", "<f4", "(30, 4)", struct.pack("<120f", *[float("nan") if i == 9 else i for i in range(120)]))
packed = gzip.compress("\n".join(good).encode(), mtime=0)
open("cut.csv.gz", "wb").write(packed[:len(packed) // 2])
open("magic.npy", "wb").write(b"\x93NUMPX\x01\x00" + bytes(100))
bits = random.Random(3)
open("bce.csv", "w").write("a,b,c,d\n" + "".join(
    ",".join(bits.choice(("-1", "2")) for _ in range(4)) + "\n" for _ in range(200)))
open("five.csv", "w").write("\n".join(",".join(line.split(",")[:5]) for line in good[:50]))
model = bytearray(open("m", "rb").read())
model[-9] ^= 1
open("flipped", "wb").write(model)
open("short", "wb").write(model[:100])
open("header_length", "w").write(str(8 + struct.unpack("<Q", model[:8])[0]))
PYTHON

refuses "a_missing_file" 1 "nowhere.csv: no such file; check the name" train nowhere.csv -o out/m -q
refuses "a_missing_model" 1 "nowhere: no such file; check the name" encode nowhere new.csv -o out/z.csv -q
refuses "a_folder_without_images" 3 "folder: holds no images; folders within it are not searched, so give \
their names" train folder -o out/m -q
refuses "a_model_that_is_a_folder" 1 "folder: is a folder; give the name of a file" \
    encode folder new.csv -o out/z.csv -q
refuses "an_empty_file" 3 "empty.csv: is empty; a table needs at least one row" train empty.csv -o out/m -q
refuses "a_header_and_nothing_else" 3 "header.csv: has a header but no rows; add rows below line 1" \
    train header.csv -o out/m -q
refuses "a_ragged_row" 3 'ragged.csv:12: 5 fields where the header has 6; give every row as '\
'many, and put a text that holds a delimiter in quotes' train ragged.csv -o out/m -q
refuses "text_among_numbers" 3 'text.csv:12: column "c": "three" is not a number; correct it, '\
'or leave the column out with --ignore "c"' train text.csv -o out/m -q
refuses "an_infinite_value" 3 'inf.csv:12: column "c": the value is infinite; correct it, or '\
'leave the column out with --ignore "c"' train inf.csv -o out/m -q
refuses "an_array_of_2_to_the_60_rows" 3 'huge.npy: the NPY header promises '\
'(1152921504606846976, 4) values of 4 bytes, but 64 bytes follow it; the file is cut off or damaged' \
    train huge.npy -o out/m -q
refuses "a_truncated_gz" 3 "cut.csv.gz: the gzip stream ends early, after $(($(wc -c <cut.csv.gz))) \
bytes; the file is cut off, fetch it again" train cut.csv.gz -o out/m -q
refuses "a_wrong_magic" 3 'magic.npy: is called .npy but is no NPY file (it begins with 93 4e 55 4d); '\
'is the name right?' train magic.npy -o out/m -q
refuses "data_that_do_not_fit_the_model" 3 'five.csv: column "f" is missing; the model was '\
'trained with 6 columns of these names' encode m five.csv -o out/z.csv -q
refuses "cross_entropy_outside_0_and_1" 2 '--loss bce needs values in [0, 1], and those of '\
'bce.csv run from -1 to 2 after scaling none; use --loss mse, or --scale minmax' \
    train bce.csv -o out/m --dims 1 --loss bce --scale none -q
refuses "a_sparse_code_of_half_a_unit" 2 \
    '--sparse: "topk:2.5" needs a whole number of units, such as topk:16' \
    train data.csv -o out/m --sparse topk:2.5
refuses "a_sparse_code_without_a_weight" 2 \
    '--sparse: "kl:0.1" needs a mean activity below 1 and a positive weight, such as kl:0.05:0.1' \
    train data.csv -o out/m --sparse kl:0.1
refuses "contraction_around_corrupted_rows" 2 \
    '--contractive looks at the code around clean rows, which --noise corrupts; give one of them' \
    train data.csv -o out/m --contractive 0.1 --noise mask:0.2
refuses "contraction_of_units_that_come_and_go" 2 \
    '--contractive needs a code that changes smoothly, and with --sparse batchtopk units come and go; '\
'use --sparse l1 or kl, or none' train data.csv -o out/m --contractive 0.1 --sparse batchtopk:1
refuses "contraction_in_bf16" 2 '--contractive trains in f32, because bf16 rounds away the small steps '\
'that it takes; leave --precision out' train data.csv -o out/m --contractive 0.1 --precision bf16
refuses "an_unknown_sparsity" 2 \
    '--sparse: "few" is not one of topk:N, batchtopk:N, l1:W, kl:RHO:BETA' \
    train data.csv -o out/m --sparse few
refuses "a_code_as_wide_as_the_data" 2 '--dims 6 is not smaller than the 6 inputs, so the network '\
'could copy them; use fewer dims, or --noise, --sparse or --contractive to prevent copying' train data.csv -o out/m --dims 6 -q
refuses "a_column_that_is_not_there" 2 'data.csv: there is no column "z"; the columns are a, b, '\
'c, d, e, f' train data.csv -o out/m --ignore z -q
refuses "a_flipped_byte_in_a_model" 3 'flipped: the weights do not match their checksum '\
'(SHA-256): the file was changed or damaged; get a fresh copy' encode flipped new.csv -o out/z.csv -q
refuses "a_truncated_model" 3 "short: cut short: it has 100 bytes of at least $(cat header_length); \
get a fresh copy" encode short new.csv -o out/z.csv -q
refuses "data_in_place_of_a_model" 3 'data.csv: not a Latent model (it is a text file)' info data.csv

# ---- the lesson ------------------------------------------------------------------------

# ---- tables as they are ---------------------------------------------------------

python3 - <<'PYTHON'
import math, random
rnd = random.Random(4)
rows = []
for i in range(600):
    hour, mode = i % 24, rnd.choice(("idle", "run", "run", "off"))
    temp = 20 + 5 * math.sin(hour / 24 * 2 * math.pi) + 3 * (mode == "run") + rnd.gauss(0, .1)
    gap = "" if rnd.random() < .2 else "%.3f" % (2 * temp)
    rows.append(["%d" % i, "2024-03-%02d %02d:00" % (1 + i // 24, hour), "%.2f" % temp, mode,
                 gap, "C", "%d" % (mode != "off")])
head = ["id", "when", "temp", "mode", "gap", "unit", "on"]
def write(name, columns, change=lambda row: row, names=head):
    with open(name, "w") as file:
        file.write(",".join(names[c] for c in columns) + "\n")
        for row in rows:
            file.write(",".join(change(list(row))[c] for c in columns) + "\n")
def put(column, value):
    def change(row):
        row[column] = value(row[column])
        return row
    return change
order = list(range(7))
write("mixed.csv", order)
write("shuffled.csv", [4, 2, 0, 6, 1, 5, 3])
write("renamed.csv", order, names=["id", "when", "temperature", "mode", "gap", "unit", "on"])
write("otherdate.csv", order, put(1, lambda t: t[8:10] + ".03.2024 " + t[11:]))
write("unseen.csv", order, put(3, lambda t: "strange"))
write("numbers.csv", order, put(3, lambda t: "7"))
with open("extra.csv", "w") as file:
    file.write(",".join(head) + ",more\n" + "".join(",".join(row) + ",1\n" for row in rows))
with open("one.csv", "w") as file:
    file.write(",".join(head) + "\n" + ",".join(rows[0]) + "\n")
with open("three.csv", "w") as file:
    file.write("a,b,c\n" + "".join("%f,%f,%f\n" % (i, 2 * i + rnd.gauss(0, 1), rnd.gauss(0, 1))
                                   for i in map(math.sqrt, range(300))))
with open("skewed.csv", "w") as file:
    file.write("a,b,c\n")
    for u, v in ((rnd.gauss(0, 1), rnd.gauss(0, 1)) for _ in range(800)):
        file.write("%r,%r,%r\n" % (math.exp(3 * u), math.exp(2 * u + 0.1 * v), math.exp(-3 * u)))
with open("far.csv", "w") as file:
    file.write("a,b,c\n" + "".join("%f,%f,%f\n" % (i, 1e6 if i == 500 else 2 * i, rnd.gauss(0, 1))
                                   for i in range(1000)))
with open("twice.csv", "w") as file:
    file.write("a,b,a\n" + "".join("%d,%d,%d\n" % (i, i * i % 7, -i) for i in range(50)))
PYTHON

run train mixed.csv -o t --epochs 20
claim "a_table_of_every_kind_of_column_trains" [ "$status" = 0 ]
claim "columns_left_out_are_told" grep -qF '2 columns tell nothing and are left out: "id" '\
'(identifier), "unit" (constant)' stderr
claim "missing_cells_are_told" grep -q '% of the inputs are missing; errors are over those present' stdout
run info t
claim "info_tells_the_kinds" grep -q 'mode  *categorical, 3 levels and others' stdout
run reconstruct t mixed.csv
claim "reconstructions_have_the_columns_and_types" \
    grep -qE '^2024-03-[0-9]{2} [0-9]{2}:[0-9]{2},[0-9.]+,(idle|run|off),[0-9.]+,C,[01]$' stdout
claim "reconstructions_leave_identifiers_out" [ "$(head -1 stdout)" = "when,temp,mode,gap,unit,on" ]
run encode t mixed.csv -o whole.csv
run encode t shuffled.csv -o moved.csv
claim "columns_are_found_by_name" cmp whole.csv moved.csv
claim "another_order_is_told" grep -qF 'shuffled.csv: the columns stand in another order than in the '\
'training data; they were found by name' stderr
run encode t extra.csv -o more.csv
claim "columns_the_model_does_not_know_are_left_out" cmp whole.csv more.csv
claim "columns_left_out_are_named" grep -qF 'extra.csv: 1 column is not in the model and is left out, '\
'the first is "more"' stderr
run encode t unseen.csv -o unseen_codes.csv
claim "a_level_never_seen_is_taken" [ "$status" = 0 ]
run encode t numbers.csv -o number_codes.csv
claim "a_category_column_that_turned_numeric_is_all_others" cmp unseen_codes.csv number_codes.csv
run encode t one.csv -o one_code.csv
claim "one_row_has_the_same_code_alone" [ "$(sed -n 2p one_code.csv)" = "$(sed -n 2p whole.csv)" ]
run encode t mixed.csv -o back_codes.csv
run decode t back_codes.csv -o decoded.csv
run reconstruct t mixed.csv -o direct.csv
claim "encode_then_decode_of_a_table_is_reconstruct" cmp decoded.csv direct.csv
run train skewed.csv -o ts --scale quantile --epochs 60 --detector none --json -q
claim "json_names_the_scaling" [ "$(value_of stdout scaling)" = quantile ]
run info ts
claim "info_tells_the_scaling_of_columns" grep -q 'a  *numeric, scaled by its quantiles$' stdout
run eval ts skewed.csv
claim "errors_are_told_in_normal_scores" grep -q 'errors in normal scores of each column' stdout
run reconstruct ts skewed.csv -o back_skewed.csv -q
claim "quantiles_are_undone_on_the_way_out" python3 -c '
import csv, math
rows = [[list(map(float, row)) for row in list(csv.reader(open(name)))[1:]]
        for name in ("skewed.csv", "back_skewed.csv")]
for j in range(3):
    near = sorted(abs(math.log(abs(a[j]) / abs(b[j]))) for a, b in zip(*rows))
    assert near[len(near) // 2] < 0.3, (j, near[len(near) // 2])'
run encode ts skewed.csv -o skewed_codes.csv -q
run decode ts skewed_codes.csv -o decoded_skewed.csv -q
claim "quantiles_decode_as_they_reconstruct" cmp back_skewed.csv decoded_skewed.csv
run train far.csv -o tf --epochs 5 --detector none
claim "a_value_far_away_is_told" grep -qF '1 column has a value so far away that the others hardly '\
'count, the first is "b" (' stderr
run train far.csv -o tf --epochs 5 --scale quantile --detector none
claim "quantiles_mind_no_value_far_away" sh -c '! grep -q "so far away" stderr'
run train three.csv -o t3 --epochs 5 --detector none -q
claim "three_columns_train" [ "$status" = 0 ]
run train nan.csv -o tn --epochs 5 --detector none -q
claim "a_missing_value_is_taken" [ "$status" = 0 ]
run train nan.npy -o tn --epochs 5 -q
claim "a_nan_in_an_array_is_missing" [ "$status" = 0 ]
run train missing.csv -o out/m --epochs 5
claim "a_column_of_nothing_is_left_out" grep -qF '"b" (constant)' stderr
rm -f out/m
run train mixed.csv -o t4 --types mode=identifier,on=categorical --epochs 5 --detector none -q
run info t4
claim "types_override_what_is_found" grep -q 'on  *categorical, 2 levels and others' stdout
refuses "a_column_that_is_missing" 3 'renamed.csv: column "temp" is missing; the model was trained '\
'with 7 columns of these names' encode t renamed.csv -o out/z.csv -q
refuses "dates_in_another_format" 3 'otherdate.csv:2: column "when": "01.03.2024 00:00" is not a date '\
'or time in the format of the training data; correct it, or train with --ignore "when"' \
    encode t otherdate.csv -o out/z.csv -q
refuses "text_in_an_array" 2 'out/z.npy: there are columns of text, which only .csv and .tsv can hold' \
    reconstruct t mixed.csv -o out/z.npy -q
refuses "a_type_of_no_column" 2 '--types: mixed.csv has no column "moode"' \
    train mixed.csv -o out/m --types moode=categorical -q
refuses "a_type_that_is_none" 2 '--types: "text" is not one of numeric, integer, boolean, '\
'categorical, time, identifier' train mixed.csv -o out/m --types mode=text -q
refuses "tied_weights_and_categories" 2 '--tied needs columns that are all numbers without missing '\
'cells, because the decoder then mirrors the encoder exactly' train mixed.csv -o out/m --tied -q
refuses "duplicate_headers" 3 'twice.csv: two columns are named "a"; give each a name of its own, '\
'since columns are found by name' train twice.csv -o out/m -q

# ---- missing cells ----------------------------------------------------------------

python3 - <<'PYTHON'
rows = [line.rstrip("\n").split(",") for line in open("mixed.csv")]
spellings = ["", "NA", '""', " ", "?", "nan"]
gaps, keep = [], []
for i, row in enumerate(rows):
    fields, kept = [], []
    for j, cell in enumerate(row + ["more" if i == 0 else 'x "y"' if i % 3 else '"x, ""y"""']):
        hide = i > 0 and (7 * i + j) % 9 == 0 or cell == ""
        form = [cell, " " + cell, cell + "  "][(i + j) % 3] if i and j in (2, 6) else cell
        fields.append(spellings[(i + j) % 6] if hide else form)
        kept.append(None if hide else form)
    gaps.append(fields)
    keep.append(kept)
order = [7, 3, 1, 0, 6, 5, 2, 4]
text = lambda table: "".join(",".join(row[j] for j in order) + "\r\n" for row in table)
open("gaps.csv", "w", newline="").write(text(gaps))
open("full.py", "w").write("keep = %r\norder = %r\n" % (keep, order))
open("check.py", "w").write("""
import csv, re, sys
exec(open("full.py").read())
lines = open(sys.argv[1], newline="").read().split("\\r\\n")
assert lines[-1] == "" and len(lines) == len(keep) + 1
for row, line in zip(keep, lines):
    # the observed fields are all there, byte for byte, in their places
    pattern = ",".join("([^,]*)" if row[j] is None else re.escape(row[j]) for j in order)
    assert re.fullmatch(pattern, line), line
    if row is keep[0]:
        continue
    cells = dict(zip(order, next(csv.reader([line]))))
    if row[1] is None:
        assert re.fullmatch("2024-0[34]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]", cells[1]), line
    if row[2] is None:
        assert 5 < float(cells[2]) < 40, line
    if row[3] is None:
        assert cells[3] in ("idle", "run", "off"), line
    if row[5] is None:
        assert cells[5] == "C", line
    if row[6] is None:
        assert cells[6] in ("0", "1"), line
""")
PYTHON

run impute t gaps.csv -o filled.csv --uncertainty sure.csv
claim "impute_says_how_good_it_is" grep -q 'hidden cells filled by' stdout
claim "cells_left_missing_are_named" grep -qF '"more" (not in the model), "id" (identifier)' stdout
claim "observed_fields_are_copied_to_the_byte" python3 check.py filled.csv
claim "the_uncertainty_has_its_columns" \
    [ "$(head -n 1 sure.csv)" = "row,column,value,low,high,probability" ]
run impute t gaps.csv -o again.csv --threads 1 -q --json
claim "impute_repeats_its_bytes_for_any_threads" cmp filled.csv again.csv
claim "impute_json_has_its_keys" has_keys stdout verdict message rows columns filled.cells \
    filled.columns left.cells left.columns test.numbers test.rmse test.mean_rmse test.coverage \
    test.ratio.value test.ratio.low test.ratio.high test.categories test.accuracy \
    test.mode_accuracy test.column_rmse test.column_mean_rmse test.column_accuracy seconds file
run impute t gaps.csv
claim "impute_writes_to_standard_output" cmp filled.csv stdout
"$program" impute t - -q <gaps.csv >piped.csv 2>stderr
claim "impute_reads_standard_input" cmp filled.csv piped.csv
gzip -c gaps.csv >gaps.csv.gz
run impute t gaps.csv.gz -o zipped.csv.gz -q
claim "impute_reads_and_writes_gzip" sh -c 'gzip -dc zipped.csv.gz | cmp filled.csv -'
run impute t filled.csv -o out/x.csv -q
run impute t shuffled.csv -o out/shuffled.csv -q
claim "what_is_full_is_copied" sh -c 'python3 check.py out/x.csv'
rm -f out/*
run impute tn nan.npy -o out/full.npy -q
claim "an_array_is_filled" grep -q 'filled 1 cell in 1 column' stdout
rm -f out/*
refuses "impute_text_into_an_array" 2 \
    'out/z.npy: the data are text and come out as text; name a .csv or .tsv file' \
    impute t gaps.csv -o out/z.npy -q
refuses "impute_over_what_it_reads" 2 '-o gaps.csv would overwrite what is read; choose another name' \
    impute t gaps.csv -o gaps.csv
refuses "impute_both_files_in_one" 2 \
    '--uncertainty: name a file of its own, such as intervals.csv' \
    impute t gaps.csv -o out/z.csv --uncertainty out/z.csv
refuses "impute_data_of_another_table" 3 'three.csv: column "id" is missing; the model was trained '\
'with 7 columns of these names' impute t three.csv -o out/z.csv -q
refuses "impute_without_data" 2 \
    'impute needs DATA, for example: latent impute m gaps.csv -o full.csv' impute t
printf 'id,when,temp,mode,gap,unit,on\n1,,x,run,,C,0\n' >badcell.csv
run impute t badcell.csv -o out/z.csv --uncertainty out/u.csv
claim "a_cell_that_is_no_number_leaves_no_file" [ "$status" = 3 -a -z "$(ls -A out)" ]
"$program" train builtin:curves,rows=300 -o pictures --steps 2 -q >/dev/null
refuses "a_model_that_cannot_fill" 2 'the model has no network that fills cells: it was trained on '\
'images or on whole numbers in an array, which cannot be missing, or by an older Latent; train it '\
'again' impute pictures gaps.csv -o out/z.csv -q

# ---- trust --------------------------------------------------------------------

# 900 rows to learn, fresh ones of the same kind, and some whose "b" has moved by half a deviation
python3 - <<'PYTHON'
import random
def table(name, seed, rows, shift=0, modes=("idle", "run"), columns="abcm"):
    rng = random.Random(seed)
    with open(name, "w") as file:
        file.write(",".join(columns) + "\n")
        for _ in range(rows):
            u, v = rng.gauss(0, 1), rng.gauss(0, 1)
            cells = {"a": "%.5g" % (u + v), "b": "%.5g" % (100 + 10 * (v + shift)),
                     "c": "%.5g" % (u * v + rng.gauss(0, .1)), "m": rng.choice(modes)}
            file.write(",".join(cells[c] for c in columns) + "\n")
table("past.csv", 1, 900)
table("present.csv", 2, 300)
table("moved.csv", 3, 300, shift=.5)
table("levels.csv", 4, 300, modes=("idle", "run", "run", "boost"))
table("lacking.csv", 5, 300, columns="acm")
table("single.csv", 6, 1)
PYTHON
quickly="--dims 2 --layers 8 --steps 200 --batch 32 --detector reconstruction -q"
run train past.csv -o p1 $quickly
run train past.csv -o p2 $quickly --seed 2
run train past.csv -o p3 $quickly --detector none
run train past.csv -o p4 $quickly --ignore c
run train past.csv -o p5 $quickly --no-reference
run train past.csv -o p6 --dims 1 --steps 20 --detector none -q --columns a,b
run train past.csv -o p7 --dims 1 --steps 20 --detector none -q --ignore a,b
run drift p1 present.csv
claim "fresh_rows_are_no_drift" [ "$status" = 0 -a ! -s stderr ]
claim "no_drift_is_told" grep -q '^No drift found in 300 rows: ' stdout
run drift p1 moved.csv
claim "drift_has_its_exit_status" [ "$status" = 4 -a ! -s stderr ]
claim "the_column_that_moved_is_named" grep -qE '^Drift: 1 of 4 columns has moved, b[.;]' stdout
claim "its_mean_is_told_in_units_of_the_data" \
    grep -qE '^  b  .* mean (99|100|101)[.0-9]* -> 10[456][.0-9]* \(\+0\.[3-7]. sigma\)' stdout
run drift p1 moved.csv --json
claim "the_drift_json_has_its_keys" has_keys stdout verdict message rows rows_of tests level least \
    columns_tested columns_moved columns_small columns.1.name columns.1.kind columns.1.state \
    columns.1.distance columns.1.p columns.1.mean_before columns.1.mean_now columns.1.shift \
    columns.1.median_before columns.1.median_now columns.1.missing_before columns.1.missing_now \
    code.dims code.moved code.distance error.state error.mean_before score.state score.distance \
    score.median_before score.median_now alarms.rows alarms.now alarms.expected seconds
run drift p1 levels.csv
claim "a_level_never_seen_is_named" grep -qF 'such as "boost"' stdout
run drift p3 present.csv
claim "drift_needs_no_detector" sh -c '[ "$1" = 0 ] && grep -q "no detector" stdout' - "$status"
run drift p5 moved.csv
claim "drift_needs_no_reference_rows" [ "$status" = 4 ]
refuses "drift_of_one_row" 3 'single.csv has 1 row, too few to tell drift from chance; give 20 or '\
'more' drift p1 single.csv
refuses "drift_without_a_column" 3 'lacking.csv: column "b" is missing; the model was trained with '\
'4 columns of these names' drift p1 lacking.csv
refuses "drift_without_data" 2 'drift needs DATA, for example: latent drift m today.csv' drift p1
refuses "a_level_that_is_no_chance" 2 '--level: 2 is not between 1e-09 and 0.5' \
    drift p1 present.csv --level 2

run compare p1 p1 present.csv
claim "a_model_is_the_same_as_itself" [ "$status" = 0 -a ! -s stderr ]
claim "sameness_is_told" grep -q '^The models say the same of all 300 rows\.$' stdout
run compare p1 p1 single.csv
claim "one_row_can_be_compared" [ "$status" = 0 ]
run compare p1 p2 present.csv --json --fpr 0.1
claim "the_compare_json_has_its_keys" has_keys stdout verdict message rows tolerance fpr flips \
    rank_correlation p_change old.error old.rows_per_second old.bytes old.dims old.alarms \
    old.alarms_only_here old.columns_only_here old.weights_sha256 new.error columns_compared \
    columns_of_other_kind columns.1.name columns.1.change columns.1.unit seconds
run compare p1 p2 present.csv --tolerance 1
claim "a_tolerance_is_respected" [ "$status" = 0 ]
run compare p1 p3 present.csv
claim "a_detector_on_one_side_is_a_difference" [ "$status" = 4 ]
run compare p1 p4 present.csv --tolerance 1 -q
claim "other_columns_are_a_difference" sh -c '[ "$1" = 4 ] && grep -q "^The models differ: 1 column is '\
'read by the old one only; " stdout' - "$status"
refuses "compare_without_a_column" 3 'lacking.csv: column "b" is missing; the model was trained with '\
'4 columns of these names' compare p1 p2 lacking.csv
refuses "compare_without_a_second_model" 2 'compare needs DATA, for example: latent compare old new '\
'today.csv' compare p1 p2
refuses "models_of_nothing_in_common" 3 'the two models have no column in common, so there is nothing '\
'to compare' compare p6 p7 present.csv

run demo --budget 3s -o out/lesson --json -q
claim "the_demo_runs" [ "$status" = 0 ]
claim "the_demo_json_has_its_keys" has_keys stdout curves.train.verdict \
    curves.test.squared_error curves.test.pca.squared_error curves.pca_wide.squared_error \
    sensors.train.verdict sensors.test.squared_error
claim "the_demo_leaves_what_it_made" [ -s out/lesson/curves.latent -a -s out/lesson/codes.csv -a \
    -s out/lesson/decoded.npy -a -s out/lesson/sensors.latent ]
run reconstruct out/lesson/curves.latent builtin:curves,part=test --rows 0:10 -o out/r.npy -q
claim "the_demo_decoded_what_reconstruct_gives" cmp out/lesson/decoded.npy out/r.npy
rm -rf out/*

t_end
