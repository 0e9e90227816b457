#!/bin/sh
# test_nearest.sh [PROGRAM]: rows like a row, and rows that stand there twice, as TAP.
. "$(dirname "$0")/t.sh"

python3 - <<'PYTHON'
import random, struct
rng = random.Random(1)
def row():
    u, v, w = (rng.gauss(0, s) for s in (3, 2, 1))
    return [u, v, w, u + v + rng.gauss(0, .05), v - w + rng.gauss(0, .05)]
def text(r, colour, name):
    return ",".join(["%.4f" % v for v in r] + [colour, name])
def write(name, rows, head="u,v,w,x,y,colour,name"):
    with open(name, "w") as f:
        f.write(head + "\n" + "".join(r + "\n" for r in rows))
rows = [(row(), rng.choice(["red", "blue"])) for _ in range(500)]
lines = [text(r, c, "k%04d" % i) for i, (r, c) in enumerate(rows)]
write("rows.csv", lines)
# 500 ... 502 repeat 3 ... 5 under other names; 503 ... 505 are 10 ... 12 but for a little
again = [text(*rows[i], "k%04d" % (497 + i)) for i in (3, 4, 5)]
near = [text([v + 0.002 for v in rows[i][0]], rows[i][1], "k%04d" % (493 + i)) for i in (10, 11, 12)]
# 506 is 20 but for its colour
other = [text(rows[20][0], "red" if rows[20][1] == "blue" else "blue", "k0506")]
write("twice.csv", lines + again + near + other)
write("few.csv", lines[:10] + lines[:1])
write("one.csv", lines[:1])
with open("dots.idx", "wb") as f:
    f.write(struct.pack(">HBBIII", 0, 8, 3, 200, 6, 6))
    for i in range(200):
        a, b = rng.randrange(6), rng.randrange(6)
        f.write(bytes(200 if (x, y) == (a, b) else 60 if abs(x - a) + abs(y - b) == 1 else
                      rng.randrange(20) for x in range(6) for y in range(6)))
PYTHON

run train rows.csv -o m --detector none --steps 600 -q
claim "a_table_trains" [ "$status" = 0 -a -s m ]
run train dots.idx -o mi --dims 4 --steps 200 -q
claim "images_train" [ "$status" = 0 -a -s mi ]

# ---- like a row ------------------------------------------------------------------

run nearest m rows.csv --row 7 -k 5 -o n.csv
claim "the_header_is_as_documented" [ "$(head -1 n.csv)" = row,distance,differs ]
"$program" encode m rows.csv -o codes.csv -q >encode.log 2>&1
claim "they_are_the_nearest_codes_of_all" python3 - <<'PYTHON'
import csv
codes = [[float(v) for v in r] for r in list(csv.reader(open("codes.csv")))[1:]]
d = sorted((sum((a - b) ** 2 for a, b in zip(codes[7], c)) ** .5, i)
           for i, c in enumerate(codes) if i != 7)
got = list(csv.DictReader(open("n.csv")))
assert [int(r["row"]) for r in got] == [i for _, i in d[:5]], (got, d[:5])
assert all(abs(float(r["distance"]) - x) < 1e-4 for r, (x, _) in zip(got, d))
PYTHON
claim "the_verdict_has_half_of_all_rows_beside_it" grep -q \
    '^The 5 rows nearest to row 7 lie .* from its code; half of all rows lie beyond ' stdout
claim "the_scaled_columns_stand_beside_it" grep -q \
    '^[0-5] of them are also among the 5 nearest in the [0-9]* scaled columns$' stdout
claim "differences_are_in_the_columns_of_the_data" grep -Eq \
    '^[0-9]+,[0-9.]+,"[a-z]=?.* \([+-][0-9.e-]+ sd\); ' n.csv
run nearest m rows.csv --row 7 -k 5
claim "without_a_file_rows_go_to_standard_output" cmp stdout n.csv
run nearest m rows.csv --row 7 --json
claim "json_has_its_keys" has_keys stdout message rows row neighbours nearest farthest median \
    shared_with_columns seconds
claim "ten_is_the_default" [ "$(value_of stdout neighbours)" = 10 ]
run nearest m rows.csv --row 0 -k 100000 --threads 1 -o all.csv -q
run nearest m rows.csv --row 0 -k 100000 --threads 3 -o all3.csv -q
claim "there_are_no_more_than_all_others" [ "$(wc -l <all.csv)" = 500 ]
claim "any_number_of_threads_finds_them_alike" cmp all.csv all3.csv
run nearest mi dots.idx --row 3 -k 4 -o i.csv
claim "images_have_no_columns_to_tell" [ "$status" = 0 -a "$(head -1 i.csv)" = row,distance ]

# ---- twice -----------------------------------------------------------------------

run nearest m twice.csv --duplicates -o d.csv
claim "the_header_of_pairs_is_as_documented" \
    [ "$(head -1 d.csv)" = row,other,distance,column_distance,exact ]
claim "rows_that_repeat_another_are_found_whatever_their_name" python3 - <<'PYTHON'
import csv
rows = [(int(r["row"]), int(r["other"])) for r in csv.DictReader(open("d.csv")) if r["exact"] == "1"]
assert rows == [(500, 3), (501, 4), (502, 5)], rows
PYTHON
claim "rows_that_nearly_do_are_found_and_no_others" python3 - <<'PYTHON'
import csv
rows = [(int(r["row"]), int(r["other"])) for r in csv.DictReader(open("d.csv")) if r["exact"] == "0"]
assert rows == [(503, 10), (504, 11), (505, 12)], rows
PYTHON
claim "they_are_counted_apart" grep -q \
    '^3 of 507 rows repeat an earlier one, and 3 pairs of the others are near-duplicates\.$' stdout
run nearest m twice.csv --duplicates --threads 3 -o d3.csv -q
claim "any_number_of_threads_finds_pairs_alike" cmp d.csv d3.csv
run nearest m rows.csv --duplicates --json -o none.csv
claim "where_there_are_none_that_is_said" [ "$(value_of stdout verdict)" = none ]
claim "and_the_file_has_its_header_only" [ "$(wc -l <none.csv)" = 1 ]
claim "json_of_duplicates_has_its_keys" has_keys stdout verdict message rows exact near_pairs \
    code_limit column_limit seconds
run nearest m few.csv --duplicates -o few_d.csv
claim "few_rows_tell_only_the_same" sh -c 'grep -q "^10,0,0,0,1$" few_d.csv &&
    grep -q "^warning: fewer than 20 different rows do not tell which are near" stdout'

# ---- refusals --------------------------------------------------------------------

refuses "a_row_beyond_the_last" 2 '--row 500: rows.csv has the rows 0 to 499' \
    nearest m rows.csv --row 500 -o out/n.csv
refuses "a_row_before_the_first" 2 '--row: -1 is too small; the least is 0' \
    nearest m rows.csv --row=-1 -o out/n.csv
refuses "no_neighbours" 2 '--count: 0 is not between 1 and 1e+06' \
    nearest m rows.csv --row 1 -k 0 -o out/n.csv
refuses "neither_a_row_nor_duplicates" 2 'nearest needs --row ROW or --duplicates, for example: '\
'latent nearest m data.csv --row 17' nearest m rows.csv -o out/n.csv
refuses "both" 2 '--duplicates compares all rows, so it goes without --row' \
    nearest m rows.csv --row 1 --duplicates -o out/n.csv
refuses "a_row_alone" 2 'one.csv has one row, which has no other near it' \
    nearest m one.csv --row 0 -o out/n.csv
run train dots.idx -o mn --arch conv --noise gaussian:0.1 --steps 3 -q
for how in "--row 1" --duplicates; do
    refuses "a_denoiser_with_$how" 2 'this model is a denoiser, whose code stands for the surroundings '\
'of every pixel and not for an image; train one with --dims' nearest mn dots.idx $how -o out/n.csv
done

t_end
