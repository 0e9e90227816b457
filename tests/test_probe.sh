#!/bin/sh
# What latent probe says on the command line, and whether scikit-learn agrees.
. "$(dirname "$0")/t.sh"

# 700 rows of 12 columns, of which three latent numbers tell the class, and labels as words beside
# them, as numbers in a file, as numbers that are no classes, and of two and of one class.
python3 - <<'PYTHON'
import math, random
rng = random.Random(1)
rows = []
for i in range(700):
    k = rng.choice([0, 1, 1, 2])
    u = [rng.gauss(m, 1) for m in [(0, 1, 0), (1.3, 0, -1), (-1, 0, 1)][k]]
    x = [u[0], u[1], u[2], u[0] * u[1], math.sin(u[0]), u[1] + u[2], u[2] ** 2, u[0] - u[2]]
    x = [v + rng.gauss(0, .1) for v in x] + [rng.gauss(0, 1), 5.0]
    x += [1.0 if i % 350 == 7 else 0.0, 1000 + 0.01 * u[0]]
    rows.append((x, k))
names = ["c%d" % j for j in range(12)]
with open("data.csv", "w") as file:
    file.write(",".join(names) + ",tree\n")
    for x, k in rows:
        file.write(",".join(repr(v) for v in x) + "," + ["oak", "elm", "ash"][k] + "\n")
with open("plain.csv", "w") as file:
    file.write(",".join(names) + "\n")
    for x, k in rows:
        file.write(",".join(repr(v) for v in x) + "\n")
def labels(name, values):
    with open(name, "w") as file:
        file.write("y\n" + "".join("%s\n" % v for v in values))
labels("number.csv", [k for x, k in rows])
labels("two.csv", [int(k == 1) for x, k in rows])
labels("one.csv", [4 for _ in rows])
labels("short.csv", [k for x, k in rows[:-1]])
labels("ids.csv", [3 * i for i in range(700)])
labels("real.csv", [x[0] for x, k in rows])
labels("rare.csv", ["rare" if i < 4 else "common" for i in range(700)])
labels("chance.csv", [rng.randrange(2) for _ in rows])
PYTHON
run train data.csv --labels tree -o m --dims 4 --layers 16 --steps 100 --batch 32 --detector none -q
claim "a_model_is_trained" [ "$status" = 0 ]

# ---- what it says -------------------------------------------------------------

run probe m data.csv --labels tree
cp stdout said
claim "it_probes" [ "$status" = 0 ]
claim "the_verdict_comes_first" sh -c 'head -n 1 stdout | grep -Eq "^(The|Too few|Neither) .*% of the rows right"'
claim "each_set_has_its_line" sh -c '
    grep -Eq "^  codes, 4 +[0-9.]+ \(" stdout && grep -Eq "^  PCA, 4 " stdout &&
    grep -Eq "^  raw columns, 11 " stdout && grep -Eq "^  always \"elm\" " stdout'
claim "differences_are_paired" grep -Eq '^  codes less raw +[+-][0-9.]+ \([+-]' stdout
claim "the_last_line_says_what_next" sh -c 'tail -n 1 stdout | grep -q "^next: "'
run probe m data.csv --labels tree --threads 3 --backend ref
claim "threads_and_backends_hardly_change_it" cmp -s said stdout
run probe m plain.csv --labels number.csv --json -o told.csv
cp stdout report.json
claim "json_has_its_keys" has_keys stdout verdict message rows classes folds neighbours seconds \
    majority.label majority.accuracy codes.dims pca.dims raw.dims codes.accuracy.low \
    pca.log_loss.value raw.knn.high codes_less_raw.accuracy.value codes_less_pca.log_loss.high
claim "the_file_has_every_row" [ "$(wc -l <told.csv)" = 701 ]
claim "the_file_has_its_header" [ "$(head -n 1 told.csv)" = "row,fold,label,codes_predicted,codes_log_loss,codes_knn,pca_predicted,pca_log_loss,pca_knn,raw_predicted,raw_log_loss,raw_knn" ]
claim "folds_are_alike_in_classes" python3 - <<'PYTHON'
import collections, csv
rows = list(csv.DictReader(open("told.csv")))
count = collections.Counter((r["label"], r["fold"]) for r in rows)
folds = {f for _, f in count}
assert folds == set("01234"), folds
for label in "012":
    sizes = [count[label, f] for f in folds]
    assert max(sizes) - min(sizes) <= 1, sizes
PYTHON
run probe m plain.csv --labels number.csv --seed 2 -o told2.csv
claim "another_seed_deals_other_folds" sh -c 'cut -d, -f2 told.csv >a; cut -d, -f2 told2.csv >b; ! cmp -s a b'
run probe m plain.csv --labels number.csv -o -
claim "the_rows_go_to_standard_output_when_asked" sh -c '[ "$(wc -l <stdout)" = 701 ] && tail -n 1 stderr | grep -q "^next"'
run probe m plain.csv --labels chance.csv --json
claim "labels_by_chance_say_nothing" [ "$(value_of stdout verdict)" = no-signal ]
run probe m plain.csv --labels number.csv --rows 0:40 --json
claim "few_rows_decide_nothing" [ "$(value_of stdout verdict)" = undecided ]
run train builtin:sensors,rows=4000,faults=0.2 --labels fault -o s --dims 4 --layers 16 --steps 50 --detector none -q
run probe s builtin:sensors,rows=4000,faults=0.2 --labels fault
claim "generated_sensors_are_probed" [ "$status" = 0 ]

# Nothing is fitted on the fold that is told: a row that changes beyond all bounds moves what is told of
# the other folds, of which it teaches, and not a bit of what is told of its own.
python3 - <<'PYTHON'
lines = open("plain.csv").read().splitlines()
lines[101] = ",".join("%r" % (50 * float(v)) for v in lines[101].split(","))
open("odd.csv", "w").write("\n".join(lines) + "\n")
PYTHON
run probe m plain.csv --labels number.csv -o told.csv
run probe m odd.csv --labels number.csv -o odd_told.csv
claim "nothing_is_fitted_on_the_rows_that_are_told" python3 - <<'PYTHON'
import csv
a, b = (list(csv.DictReader(open(name))) for name in ("told.csv", "odd_told.csv"))
fold = a[100]["fold"]
for r, q in zip(a, b):
    for key in r:
        if r["row"] == "100":
            continue
        if r["fold"] == fold:
            assert r[key] == q[key], (r, q)
        elif key.endswith("log_loss"):
            assert r[key] != q[key], (r, q)
PYTHON

# Missing cells stand at the mean.
python3 - <<'PYTHON'
lines = open("plain.csv").read().splitlines()
cells = [line.split(",") for line in lines]
for i, row in enumerate(cells[1:]):
    for j in range(12):
        if (7 * i + 3 * j) % 11 == 0:
            row[j] = ""
open("gaps.csv", "w").write("\n".join(",".join(row) for row in cells) + "\n")
PYTHON
run train gaps.csv -o g --dims 4 --layers 16 --steps 60 --batch 32 --detector none -q
run probe g gaps.csv --labels number.csv --json
claim "rows_with_missing_cells_are_probed" sh -c '[ "$1" = 0 ] && ! grep -q null stdout' - "$status"

# ---- bad input ----------------------------------------------------------------

refuses "no_labels" 2 \
    "probing needs labels: --labels names a column, FILE or FILE.npz:KEY" probe m plain.csv
refuses "labels_of_another_length" 3 "short.csv has 699 labels for 700 rows" \
    probe m plain.csv --labels short.csv
refuses "one_class_only" 3 \
    'one.csv:2: column "y": all 700 labels are "4"; to tell classes apart there must be two' \
    probe m plain.csv --labels one.csv
refuses "labels_that_are_no_classes" 3 \
    "ids.csv: labels that are no classes: 700 different numbers in 700 rows; --labels wants classes, at most 1000 and each with ten rows on average" \
    probe m plain.csv --labels ids.csv
run probe m plain.csv --labels real.csv
claim "measurements_as_labels" sh -c '[ "$1" = 3 ] && grep -q "labels are whole numbers or words" stderr' - "$status"
refuses "a_class_with_fewer_rows_than_folds" 3 \
    'class "rare" has 4 rows for 5 folds, so that it would be absent in one; give fewer --folds, or leave the class out' \
    probe m plain.csv --labels rare.csv -o out/told.csv
refuses "one_fold" 2 \
    "--folds 1: rows are judged by what was learnt from the other folds, so there must be 2 at least" \
    probe m plain.csv --labels number.csv --folds 1
refuses "more_folds_than_rows" 2 "--folds 701: there are only 700 rows to deal out" \
    probe m plain.csv --labels number.csv --folds 701
refuses "json_and_rows_on_one_stream" 2 '--json puts the result on standard output, '\
'so the data need a file: add -o FILE' probe m plain.csv --labels number.csv --json -o -
run probe m plain.csv --labels number.csv -o out/told.npy
claim "a_file_that_cannot_hold_words" sh -c '[ "$1" = 2 ]' - "$status"
claim "and_nothing_is_left" nothing_left

# ---- beside scikit-learn ------------------------------------------------------

# agrees NAME LABELS: scikit-learn on the same folds, with unscaled inputs.
agrees() {
    run train plain.csv -o u --scale none --dims 4 --layers 16 --steps 100 --batch 32 --detector none -q
    run encode u plain.csv -o codes.npy
    run probe u plain.csv --labels "$2" --folds 4 --json -o told.csv
    python3 "$source_tests/probe_sklearn.py" raw.npy codes.npy told.csv stdout >agreement 2>&1
    agreed=$?
    if [ "$agreed" = 77 ]; then
        skip "$1" "scikit-learn is not installed"
    else
        claim "$1" sh -c 'cat agreement; exit "$1"' - "$agreed"
    fi
}
source_tests=$(dirname "$0")
case $source_tests in /*) ;; *) source_tests=$OLDPWD/$source_tests ;; esac
if python3 - <<'PYTHON' 2>/dev/null; then
import csv, numpy as np
rows = list(csv.reader(open("plain.csv")))[1:]
x = np.array(rows, dtype=np.float64).astype(np.float32)
np.save("raw.npy", x[:, x.std(0) > 0]) # a column of one value is no input
PYTHON
    agrees "three_classes_as_in_scikit_learn" number.csv
    agrees "two_classes_as_in_scikit_learn" two.csv
else
    skip "three_classes_as_in_scikit_learn" "numpy is not installed"
    skip "two_classes_as_in_scikit_learn" "numpy is not installed"
fi

t_end
