#!/bin/sh
# test_cluster.sh [PROGRAM]: clusters of codes from outside, as TAP.
. "$(dirname "$0")/t.sh"

python3 - <<'PYTHON'
import random
rng = random.Random(1)
centre = {"a": (0, 0, 0), "b": (6, 1, 0), "c": (0, 7, 3)}
def blob(kind):
    u, v, w = (m + rng.gauss(0, 0.5) for m in centre[kind])
    return "%.3f,%.3f,%.3f,%.3f,%.3f,%s" % (u, v, w, u + v + rng.gauss(0, .05),
                                           v - w + rng.gauss(0, .05), "red" if kind == "a" else "blue")
def cloud():
    u, v, w = (rng.gauss(0, s) for s in (3, 1, 1))
    return "%.3f,%.3f,%.3f,%.3f,%.3f,%s" % (u, v, w, u + v + rng.gauss(0, .05),
                                           v - w + rng.gauss(0, .05), rng.choice(["red", "blue"]))
def write(name, rows, head="u,v,w,x,y,colour"):
    with open(name, "w") as f:
        f.write(head + "\n" + "".join(r + "\n" for r in rows))
kinds = [rng.choice("aaabbc") for _ in range(600)]
rows = [blob(k) for k in kinds]
write("blobs.csv", rows)
write("labelled.csv", ["%s,%s" % (r, k) for r, k in zip(rows, kinds)], "u,v,w,x,y,colour,truth")
write("truth.csv", kinds, "truth")
write("short.csv", kinds[:-1], "truth")
write("few.csv", rows[:40])
write("same.csv", [rows[0]] * 30 + [rows[1]] * 30)
write("cloud.csv", [cloud() for _ in range(600)])
with open("moved.csv", "w") as f:
    f.write("colour,x,y\nred,1,2\n")
# Images of 8 x 8: a bright square in one of three corners.
import struct
with open("squares.idx", "wb") as f:
    f.write(struct.pack(">HBBIII", 0, 8, 3, 300, 8, 8))
    for i in range(300):
        corner = i % 3
        f.write(bytes(min(255, max(0, int(
            (230 if (y < 4) == (corner != 1) and (x < 4) == (corner != 2) else 20)
            + rng.gauss(0, 12)))) for y in range(8) for x in range(8)))
with open("corners.csv", "w") as f:
    f.write("corner\n" + "".join("%d\n" % (i % 3) for i in range(300)))
PYTHON

# sorted_rows FILE ROWS CLUSTERS: every row once and in its order, clusters by size.
sorted_rows() {
    python3 - "$@" <<'PYTHON'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == int(sys.argv[2]), len(rows)
count = {}
for i, r in enumerate(rows):
    assert int(r["row"]) == i and float(r["distance"]) >= 0
    count[int(r["cluster"])] = count.get(int(r["cluster"]), 0) + 1
assert sorted(count) == list(range(int(sys.argv[3]))), count
sizes = [count[c] for c in sorted(count)]
assert sizes == sorted(sizes, reverse=True), sizes
PYTHON
}

run train blobs.csv -o m --detector none --steps 600 -q
claim "a_table_of_blobs_trains" [ "$status" = 0 -a -s m ]
run train cloud.csv -o mc --detector none --steps 600 -q
claim "a_cloud_trains" [ "$status" = 0 -a -s mc ]
run train squares.idx -o mi --dims 3 --steps 400 -q
claim "images_train" [ "$status" = 0 -a -s mi ]

# ---- rows and clusters -----------------------------------------------------------

run cluster m blobs.csv -k 3 -o c.csv
claim "every_row_has_a_cluster" sorted_rows c.csv 600 3
claim "the_header_is_as_documented" [ "$(head -1 c.csv)" = row,cluster,distance ]
claim "the_verdict_says_that_they_are_there" grep -q \
    '^600 rows in 3 clusters, which are there: other halves of the rows give the same ones, ' stdout
claim "clusters_are_told_in_the_columns_of_the_data" grep -Eq \
    '^ +u +[0-9.]+, its rows +[0-9.]+, all rows +[0-9.]+  \+1\.[0-9] sd$' stdout
claim "a_category_is_told_by_its_level" grep -Eq '^ +colour=red +[0-9]+ %, its rows +[0-9]+ %' stdout
claim "nothing_else_is_said" [ ! -s stderr ]
for threads in 1 2 3; do
    "$program" cluster m blobs.csv -k 4 -o "t$threads.csv" --threads $threads -q >"t$threads.txt"
done
claim "any_number_of_threads_clusters_alike" sh -c 'cmp t1.csv t2.csv && cmp t1.csv t3.csv &&
    cmp t1.txt t2.txt && cmp t1.txt t3.txt'
run cluster m blobs.csv -k 3
claim "without_a_file_rows_go_to_standard_output" cmp stdout c.csv
claim "and_the_verdict_to_standard_error" grep -q '^600 rows in 3 clusters' stderr
run cluster m blobs.csv -k 1 -o one.csv
claim "one_cluster_holds_all_rows" sorted_rows one.csv 600 1
run cluster m few.csv -k 40 -o all.csv -q
claim "as_many_clusters_as_rows" sorted_rows all.csv 40 40
run cluster m same.csv -k 5 -o same_c.csv
claim "fewer_different_rows_give_fewer_clusters" sorted_rows same_c.csv 60 2
claim "and_that_is_told" grep -q 'warning: 5 clusters were asked for, but the rows have only 2 different codes' \
    stdout

# ---- how many --------------------------------------------------------------------

run cluster m blobs.csv -o auto.csv --json
claim "the_number_of_blobs_is_found" [ "$status" = 0 -a "$(value_of stdout k)" = 3 ]
claim "json_has_its_keys" has_keys stdout verdict message rows dims k fitted_rows left stability.k \
    stability.value stability.error stability.cloud stability.cloud_error stability.left \
    stability.cloud_left stability.rows clusters.0.rows clusters.0.share clusters.0.typical_row \
    clusters.0.spread clusters.0.columns.1.name clusters.0.columns.1.value \
    clusters.0.columns.1.rows_mean clusters.0.columns.1.mean clusters.0.columns.1.deviation seconds
claim "found_or_asked_for_is_the_same" cmp auto.csv c.csv
run cluster mc cloud.csv -o none.csv
claim "a_cloud_has_no_clusters" grep -q '^The codes show no clusters: with no k from 2 to 15 ' stdout
claim "and_all_its_rows_are_in_one" sorted_rows none.csv 600 1
run cluster mc cloud.csv -k 4 -o cut.csv --json
claim "a_cloud_cut_all_the_same_is_no_clusters" \
    sh -c 'case $1 in no-clusters | unstable) ;; *) false ;; esac' - "$(value_of stdout verdict)"
run train builtin:sensors,rows=1200 -o ms --detector none --steps 200 -q
run cluster ms builtin:sensors,rows=1200 -o sensors.csv
claim "sensors_are_clustered" [ "$status" = 0 -a "$(wc -l <sensors.csv)" = 1201 ]

# ---- labels ----------------------------------------------------------------------

run cluster m labelled.csv -k 3 --labels truth --json -o l.csv
claim "labels_give_agreement_beside_pca_and_columns" has_keys stdout labels.classes \
    labels.most_frequent labels.codes.purity labels.codes.rand labels.codes.information \
    labels.pca.rand labels.columns.rand
claim "blobs_agree_with_where_they_come_from" python3 -c 'import json
a = json.load(open("stdout"))["labels"]["codes"]
assert min(a["purity"], a["rand"], a["information"]) > 0.97, a'
claim "labels_change_no_cluster" cmp l.csv c.csv
run cluster m blobs.csv -k 3 --labels truth.csv
claim "with_labels_the_agreement_is_what_is_printed" grep -q '^  the most frequent label for all ' stdout

# ---- images ----------------------------------------------------------------------

run cluster mi squares.idx -k 3 --labels corners.csv -o i.csv --sheet look.png --json
claim "images_are_clustered" [ "$(python3 -c 'import json
print(json.load(open("stdout"))["labels"]["codes"]["rand"])')" = 1.0 ]
claim "their_prototypes_are_drawn" [ "$(head -c 4 look.png | tail -c 3)" = PNG ]
data=${LATENT_TEST_DATA:-$LATENT_SOURCE/../shared/data}/mnist
if [ -f "$data/t10k-images-idx3-ubyte.gz" ]; then
    run train "$data/t10k-images-idx3-ubyte.gz" --rows 0:4000 -o md --dims 20 --steps 60 -q
    run cluster md "$data/t10k-images-idx3-ubyte.gz" --rows 0:4000 -k 10 --json \
        --labels "$data/t10k-labels-idx1-ubyte.gz"
    claim "codes_of_digits_cluster_like_digits" python3 -c 'import json
a = json.load(open("stdout"))["labels"]
assert a["codes"]["rand"] > 0.25 and a["classes"] == 10, a'
else
    skip "codes_of_digits_cluster_like_digits" "no MNIST under LATENT_TEST_DATA"
fi

# ---- refusals --------------------------------------------------------------------

refuses "more_clusters_than_rows" 2 '--clusters: 601 is more than the 600 rows of blobs.csv' \
    cluster m blobs.csv -k 601 -o out/c.csv
refuses "no_clusters_at_all" 2 '--clusters: 0 is too small; the least is 1' \
    cluster m blobs.csv -k 0 -o out/c.csv
refuses "clusters_that_are_no_number" 2 '--clusters: "many" is neither a whole number nor auto' \
    cluster m blobs.csv -k many -o out/c.csv
refuses "too_few_rows_to_choose" 2 '--clusters auto needs 50 rows or more, and few.csv has 40; '\
'say how many clusters' cluster m few.csv -o out/c.csv
refuses "labels_of_another_length" 3 'short.csv has 599 labels for 600 rows' \
    cluster m blobs.csv -k 3 --labels short.csv -o out/c.csv
refuses "a_sheet_of_no_images" 2 '--sheet draws images, and rows of this model are not image-shaped' \
    cluster m blobs.csv -k 3 -o out/c.csv --sheet out/look.png
refuses "columns_that_are_missing" 3 'moved.csv: column "u" is missing; the model was trained with 6 '\
'columns of these names' cluster m moved.csv -k 1 -o out/c.csv
refuses "an_unwritable_kind_of_file" 2 'out/c.xyz: the ending of the name says no kind of file; use '\
'.csv, .tsv, .npy, .idx (each also with .gz) or .npz, for images also .png, .jpg, .webp, .pgm, .ppm '\
'or a folder, which ends in /' cluster m blobs.csv -k 3 -o out/c.xyz
run train squares.idx -o mn --arch conv --noise gaussian:0.1 --steps 3 -q
refuses "a_denoiser" 2 'this model is a denoiser, whose code stands for the surroundings of every pixel '\
'and not for an image; train one with --dims' cluster mn squares.idx -k 3 -o out/c.csv

t_end
