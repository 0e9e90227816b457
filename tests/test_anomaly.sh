#!/bin/sh
# test_anomaly.sh [PROGRAM]: scores, alarms, reasons and pipes from outside, as TAP.
. "$(dirname "$0")/t.sh"

python3 - <<'PYTHON'
import datetime, random
rng = random.Random(4)
head = "id,when,amount,fee,country,gap"
start = datetime.datetime(2025, 1, 1)
def row(i, country=None):
    a = rng.lognormvariate(3, 0.5)
    when = start + datetime.timedelta(minutes=12 * i)
    return ["k%05d" % i, when.strftime("%Y-%m-%d %H:%M:%S"), "%.2f" % a,
            "%.3f" % (0.03 * a + rng.gauss(0, 0.02)), country or rng.choice(["DE", "FR", "US"]),
            "" if rng.random() < 0.05 else "%d" % rng.randint(0, 9)]
def write(name, rows, header=head):
    with open(name, "w") as f:
        f.write(header + "\n" + "".join(",".join(r) + "\n" for r in rows))
write("train.csv", [row(i) for i in range(1500)])
new = [row(1500 + i) for i in range(60)]
new[5][2], new[6][4], new[7][3] = "9214.00", "KP", "55.0"
write("new.csv", new)
write("shuffled.csv", [[r[k] for k in (4, 2, 0, 5, 1, 3)] for r in new],
      "country,amount,id,gap,when,fee")
write("renamed.csv", new, head.replace("amount", "betrag"))
write("extra.csv", [r + ["x"] for r in new], head + ",note")
write("dates.csv", [[r[0], "3.1.25"] + r[2:] for r in new])
write("digits.csv", [r[:4] + ["7", r[5]] for r in new])
write("one.csv", new[:1])
write("labelled.csv", [r + ["anomaly" if 5 <= i <= 7 else "normal"] for i, r in enumerate(new)],
      head + ",truth")
write("fine.csv", [r + ["normal"] for r in new], head + ",truth")
with open("three.csv", "w") as f:
    f.write("a,b,c\n")
    for i in range(400):
        u = rng.gauss(0, 1)
        f.write("%.4f,%.4f,%.4f\n" % (u, u * u + rng.gauss(0, .1), rng.gauss(0, 1)))
with open("dirty.csv", "w") as f:
    f.write("a,b,c\n")
    for i in range(400):
        u = rng.gauss(0, 1)
        odd = (rng.choice((-1, 1)) * rng.uniform(5, 9), -rng.uniform(2, 9), rng.uniform(-9, 9))
        f.write("%.4f,%.4f,%.4f\n" % (odd if i % 40 == 7 else (u, u * u, rng.gauss(0, 1))))
PYTHON

# rows_of FILE: a CSV of scores has every row once, in its order, with p-values in (0, 1].
rows_of() {
    python3 - "$1" "$2" <<'PYTHON'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == int(sys.argv[2]), len(rows)
for i, r in enumerate(rows):
    assert int(r["row"]) == i
    assert 0 < float(r["p_value"]) <= 1 and r["alarm"] in "01"
PYTHON
}

run train train.csv -o m --epochs 5 -q
claim "a_table_trains_with_its_detector" [ "$status" = 0 -a -s m ]
claim "info_tells_the_detector" sh -c '"$1" info m | grep -q "^detector: default, 4 terms"' - "$program"

# ---- scores, alarms, reasons -----------------------------------------------------

run score m new.csv -o s.csv --why 2
claim "score_writes_every_row_in_its_order" sh -c '[ "$1" = 0 ]' - "$status"
claim "rows_p_values_and_alarms_are_sound" rows_of s.csv 60
claim "the_header_is_as_documented" [ "$(head -1 s.csv)" = row,score,p_value,alarm,reasons ]
claim "a_value_far_out_is_the_first_reason" grep -q '^5,.*"amount=9214 (' s.csv
claim "a_level_never_seen_is_evidence" grep -q '^6,.*"country=KP (.*, new, expected ' s.csv
claim "a_value_against_the_others_is_the_first_reason" grep -q '^7,.*"fee=55 (' s.csv
claim "too_few_calibration_rows_are_told" grep -q \
    'warning: a rate of 0.001 needs 999 calibration rows and the model has 90, so no row can alarm' \
    stdout
run score m new.csv -o s2.csv --fpr 2% --json
claim "score_json_has_its_keys" has_keys stdout rows alarms rate threshold calibration.rows \
    calibration.needed detector seconds
claim "planted_rows_alarm" sh -c 'grep -q "^5,.*,1$" s2.csv && grep -q "^6,.*,1$" s2.csv &&
    grep -q "^7,.*,1$" s2.csv'
for threads in 1 2 3; do
    "$program" score m new.csv -o "t$threads.csv" --threads $threads -q >score.log
done
claim "any_number_of_threads_scores_alike" sh -c 'cmp t1.csv t2.csv && cmp t1.csv t3.csv'
run score m one.csv -o one_s.csv -q
claim "one_row_has_the_score_it_has_among_others" [ "$(sed -n 2p one_s.csv)" = "$(sed -n 2p t1.csv)" ]
run score m labelled.csv --labels truth --json
claim "labels_give_the_ranking_beside_pca_and_knn" has_keys stdout rows auroc average_precision \
    threshold pca.auroc pca.average_precision knn.auroc knn.average_precision
claim "planted_rows_rank_first" [ "$(value_of stdout auroc)" = 1.0 ]
run score m fine.csv --labels truth
claim "labels_of_one_class_are_told" grep -q \
    'warning: all labels say normal, so nothing can be said of the ranking' stdout
run score m new.csv --alarms 5/day --time when -o a.csv
claim "alarms_a_day_become_a_rate" grep -q 'alarm at a false-alarm rate of 0.041' stdout

# ---- columns as they come --------------------------------------------------------

run score m shuffled.csv -o shuffled_s.csv
claim "shuffled_columns_score_alike" cmp shuffled_s.csv t1.csv
claim "another_order_is_told" grep -q 'in another order than in the training data' stderr
run score m extra.csv -o extra_s.csv
claim "an_extra_column_is_left_out" cmp extra_s.csv t1.csv
claim "an_extra_column_is_told" grep -q '1 column is not in the model and is left out' stderr
refuses "a_renamed_column" 3 'renamed.csv: column "amount" is missing; the model was trained with 6 '\
'columns of these names' score m renamed.csv -o out/s.csv
refuses "dates_in_another_format" 3 'dates.csv:2: column "when": "3.1.25" is not a date or time in '\
'the format of the training data; correct it, or train with --ignore "when"' \
    score m dates.csv -o out/s.csv
run score m digits.csv -o digits_s.csv --why 1 -q
claim "a_category_that_turned_numeric_is_a_level_never_seen" grep -q 'country=7 (.*, new, ' digits_s.csv

# ---- other detectors -------------------------------------------------------------

run train train.csv -o mr --epochs 5 -q --detector reconstruction
run score mr new.csv -o sr.csv -q
claim "the_reconstruction_error_alone_scores" rows_of sr.csv 60
run train train.csv -o mn --epochs 2 -q --detector none
refuses "a_model_without_a_detector" 2 \
    'this model has no detector; train it again without --detector none' score mn new.csv -o out/s.csv
run train train.csv -o mp --epochs 2 -q --no-reference --detector reconstruction
run score mp labelled.csv --labels truth
claim "without_rows_in_the_file_knn_is_not_available" grep -q 'kNN is not available' stdout
run train three.csv -o m3 --epochs 20 -q
run score m3 three.csv -o s3.csv -q
claim "three_columns_are_enough" rows_of s3.csv 400
refuses "a_rate_that_is_none" 2 '--fpr: 2 is not between 1e-09 and 1' score m new.csv -o out/s.csv --fpr 2
refuses "alarms_without_a_time" 2 '--alarms needs --time COL, the column that says when rows came, '\
'to know how many come in a day; or give a rate with --fpr' score m new.csv -o out/s.csv --alarms 5/day
refuses "alarms_in_an_unknown_time" 2 '--alarms: "5/year" is not a number of alarms in an hour, a day '\
'or a week, such as 5/day' score m new.csv -o out/s.csv --alarms 5/year --time when
refuses "a_time_that_is_none" 2 '--time: "fee" is no column of dates or times in this model'"'"'s '\
'training data; latent info tells the kinds of its columns' \
    score m new.csv -o out/s.csv --alarms 5/day --time fee

# ---- rows that do not belong -----------------------------------------------------

run train dirty.csv -o md --epochs 20 -q --assume-dirty 2.5%
claim "refused_rows_are_listed" sh -c '[ "$(head -1 md.refused.csv)" = row,score ] &&
    [ "$(tail -n +2 md.refused.csv | wc -l)" = 10 ]'
claim "planted_rows_are_refused" [ "$(tail -n +2 md.refused.csv | cut -d, -f1 |
    awk '$1 % 40 == 7' | wc -l)" -ge 7 ]

# ---- pipes -----------------------------------------------------------------------

"$program" score m - -q <new.csv >pipe.csv
claim "a_pipe_gives_the_scores_of_the_file" cmp pipe.csv t1.csv
mkfifo in.fifo
"$program" score m - -q <in.fifo >live.csv &
exec 3>in.fifo
head -3 new.csv >&3
printf 'k01502,2025-01-13 12:24' >&3
for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(wc -l <live.csv)" -ge 3 ] && break
    sleep 0.2
done
claim "a_pipe_is_answered_line_by_line" [ "$(wc -l <live.csv)" = 3 ]
printf ':00,20.00,0.600,DE,3\n' >&3
for try in 1 2 3 4 5 6 7 8 9 10; do
    [ "$(wc -l <live.csv)" -ge 4 ] && break
    sleep 0.2
done
claim "a_line_that_comes_in_pieces_is_one_line" [ "$(wc -l <live.csv)" = 4 ]
exec 3>&-
wait
(head -3 new.csv; echo 'bad,line'; sed -n 4p new.csv) >bad.csv
run score m - <bad.csv
claim "a_bad_line_is_told_and_skipped" sh -c '[ "$1" = 0 ] && [ "$(wc -l <stdout)" = 4 ] &&
    grep -q "warning: standard input:4: 2 fields where the header has 6" stderr' - "$status"
run score m - --strict <bad.csv
claim "strict_ends_at_a_bad_line" sh -c '[ "$1" = 3 ] &&
    grep -q "^latent: standard input:4: 2 fields where the header has 6" stderr' - "$status"

t_end
