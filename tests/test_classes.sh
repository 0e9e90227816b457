#!/bin/sh
# test_classes.sh [PROGRAM]: from rows without labels to classes: pretrain, finetune, predict.
. "$(dirname "$0")/t.sh"

# Three kinds of rows on bent curves in six dimensions; the label is a word in the last column.
python3 - <<'PYTHON'
import math, random
random.seed(4)
def rows(n):
    for _ in range(n):
        kind = random.randrange(3)
        t = random.uniform(-1, 1)
        x = [math.cos(2 * t + kind * j) + 0.3 * kind * j + random.gauss(0, 0.05) for j in range(6)]
        yield ",".join("%.4f" % v for v in x), ("ash", "birch", "cedar")[kind]
def write(name, n, labels=True):
    with open(name, "w") as f:
        f.write("a,b,c,d,e,f" + (",kind" if labels else "") + "\n")
        for x, y in rows(n):
            f.write(x + ("," + y if labels else "") + "\n")
write("many.csv", 900, labels=False)
write("few.csv", 60)
write("test.csv", 300)
write("all.csv", 300)
with open("one.csv", "w") as f:
    f.write("a,b,c,d,e,f,kind\n" + "0,0,0,0,0,1,ash\n1,0,0,0,0,0,ash\n" * 10)
with open("short.csv", "w") as f:
    f.write("kind\nash\nbirch\n")
with open("measured.csv", "w") as f:
    f.write("kind\n" + "".join("%.2f\n" % random.uniform(0, 9) for _ in range(60)))
PYTHON
quietly="--threads 1 -q"

# ---- what works ----

claim pretrain_writes_a_model "$program" pretrain many.csv -o p --dims 3 --steps 200 $quietly
run info p --json
claim ... has_keys stdout network dims
claim finetune_writes_a_classifier \
    "$program" finetune p few.csv --labels kind -o clf --unlabelled many.csv --steps 300 $quietly
run predict clf test.csv --labels kind --json
cp stdout right.json
claim predict_tells_how_good_it_is has_keys right.json rows classes accuracy accuracy_low accuracy_high \
    frequent.accuracy cross_entropy calibration_error confusion seconds
claim ..._and_it_is_good python3 -c "import json; assert json.load(open('right.json'))['accuracy'] > 0.9"
tell right.json
run predict clf test.csv --ignore kind
claim classes_go_to_standard_output \
    [ "$(head -1 stdout)" = "row,class,probability,p_ash,p_birch,p_cedar" ]
claim ..._one_line_per_row [ "$(wc -l <stdout)" = 301 ]
claim ..._and_probabilities_add_up python3 -c "
import csv
for row in csv.DictReader(open('stdout')):
    chances = {k: float(row['p_' + k]) for k in ('ash', 'birch', 'cedar')}
    assert abs(sum(chances.values()) - 1) < 1e-5
    assert chances[row['class']] == max(chances.values()) == float(row['probability'])"
run predict clf test.csv --ignore kind --rows 7:8
claim a_row_alone_gets_the_same_chances [ "$(sed -n 2p stdout | cut -d, -f2-)" = \
    "$("$program" predict clf test.csv --ignore kind 2>/dev/null | sed -n 9p | cut -d, -f2-)" ]
claim the_classifier_still_encodes "$program" encode clf many.csv -o codes.csv $quietly
"$program" encode p many.csv -o codes_before.csv $quietly >/dev/null 2>&1
claim ..._as_the_pretrained_model_does cmp codes.csv codes_before.csv

sha() { # ARGUMENTS: the weights of a classifier made so
    "$program" finetune p few.csv --labels kind -o again --json --steps 60 "$@" >again.json &&
        value_of again.json weights_sha256
}
one=$(sha --threads 1)
claim two_threads_give_the_same_bits [ "$one" = "$(sha --threads 2)" ]
claim another_seed_gives_others [ "$one" != "$(sha --threads 1 --seed 2)" ]
claim scratch_gives_others [ "$one" != "$(sha --threads 1 --scratch)" ]
claim keep_reconstruction_counts [ "$one" != "$(sha --threads 1 --keep-reconstruction 1)" ]
claim agreement_counts [ "$one" != "$(sha --threads 1 --agreement 0)" ]
claim freeze_counts [ "$one" != "$(sha --threads 1 --freeze 1)" ]
claim dropout_counts [ "$one" != "$(sha --threads 1 --dropout 0.2)" ]

claim greedy_pretrains "$program" pretrain many.csv -o g1 --dims 3 --greedy --steps 80 --threads 1 -q
claim ... "$program" pretrain many.csv -o g2 --dims 3 --greedy --steps 80 --threads 2 -q
claim ..._to_the_same_bits_for_any_threads [ "$("$program" info g1 --json | grep -o '"weights_sha256":[^,]*')" = \
    "$("$program" info g2 --json | grep -o '"weights_sha256":[^,]*')" ]

run finetune p all.csv --labels kind --curve --steps 40 --threads 1 --json
cp stdout curve.json
claim curves_tell_what_labels_are_worth has_keys curve.json curve.labels curve.scratch_accuracy \
    curve.pretrained_accuracy pays_until kept_rows
claim ..._at_10_30_100_and_all python3 -c "
import json
assert json.load(open('curve.json'))['curve']['labels'] == [10, 30, 100, 210]"

# ---- what does not ----

refuses finetune_wants_labels 2 \
    "fine-tuning needs labels: name their column or file with --labels" \
    finetune p few.csv --ignore kind -o out/c
refuses one_class_is_none 3 \
    'one.csv:2: column "kind": all 20 labels are "ash"; to tell classes apart there must be two' \
    finetune p one.csv --labels kind -o out/c
refuses labels_of_another_length 3 "short.csv has 2 labels for 60 rows" \
    finetune p few.csv --ignore kind --labels short.csv -o out/c
refuses labels_are_whole_numbers_or_words 3 \
    "measured.csv:2: column \"kind\": the label is $(sed -n 2p measured.csv | sed 's/0*$//'); labels are whole numbers or words" \
    finetune p few.csv --ignore kind --labels measured.csv -o out/c
refuses predict_wants_a_classifier 2 \
    'the model has no classifier; make one of it with "latent finetune MODEL DATA --labels L -o CLASSIFIER"' \
    predict p test.csv --ignore kind -o out/c.csv
refuses a_classifier_is_not_tuned_again 2 \
    "the model is a classifier already; fine-tune the pretrained one it was made of" \
    finetune clf few.csv --labels kind -o out/c
refuses a_classifier_needs_a_name 2 \
    "finetune needs to know where the classifier goes, for example: latent finetune p few.npy --labels y.npy -o clf" \
    finetune p few.csv --labels kind
refuses curves_keep_no_classifier 2 \
    "--curve trains many classifiers and keeps none; leave out -o" \
    finetune p few.csv --labels kind --curve -o out/c
refuses greedy_takes_layers_alone 2 \
    "--greedy trains one layer after the other, and normalisation cannot be told apart from its neighbours so; leave one of them out" \
    pretrain many.csv -o out/p --dims 3 --greedy --norm batch
t_end
