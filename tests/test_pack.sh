#!/bin/sh
# test_pack.sh [PROGRAM]: packed files from outside, as TAP: what comes back, within which
# bounds, and what is said of files that are damaged.
. "$(dirname "$0")/t.sh"

# Models of these tests need not be good, and sizes by gzip and xz take their time.
fast="--quick --budget 0.3s -q"
still="--quick --budget 0 -q" # whose model does not depend on the clock

cat >make.py <<'PYTHON'
import array, math, random, struct
rng = random.Random(3)
def write(name, text):
    with open(name, "wb") as f:
        f.write(text.encode())
def lines(n, end="\n"):
    """A machine's log: what it does depends on two slow waves."""
    out = ["id,when,temp,vib,load,status" + end]
    for i in range(n):
        u, v = math.sin(i / 90), math.cos(i / 37)
        out.append("%d,2024-03-%02d %02d:%02d,%.2f,%.3f,%d,%s%s" % (
            1000 + i, 1 + i // 1440 % 28, i // 60 % 24, i % 60, 20 + 8 * u + rng.gauss(0, .1),
            .5 + .2 * u * v + rng.gauss(0, .004), 100 * (1 + v) + 5 * u,
            "ok" if u < .8 else '"warm, rising"' if v > 0 else 'said ""hot""', end))
    return out
log = lines(8000)
write("log.csv", "".join(log))
write("other.csv", "".join(log[:6000] + [log[6000].replace(",ok", ",OK").replace("warm", "Warm")
    .replace("hot", "Hot")] + log[6001:]))
write("short.csv", "".join(log[:-1]))
write("later.csv", "".join(lines(3000)))
write("crlf.csv", "".join(lines(4000, "\r\n")))
write("plain.csv", "".join("%s,%s,%s\n" % tuple(r.split(",")[0:1] + r.split(",")[2:4]) for r in log))
# Lines of every kind, spaces, a byte order mark and no end of the last line.
odd = ["\ufeffa;b;c\n"] + ["%d; %.1f;%s\n" % (i, i / 7, "xyz"[i % 3]) for i in range(2000)]
odd[50] = "\n"
odd[60] = "1;2\n"
odd[70] = '5;"open;7\n'
odd[80] = "1;2;3;4\r\n"
odd[90] = "007;+1e3;NA\n"
odd[100] = ";;\n"
odd[110] = "\0;1;2\n"
write("odd.csv", "".join(odd).rstrip("\n"))
write("header.csv", "a,b,c\n")
write("empty.csv", "")

def npy(name, kind, shape, cells):
    head = ("{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, tuple(shape))).encode()
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + cells.tobytes())
walk, at = array.array("d"), [0.0] * 4
for i in range(3000):
    for j in range(4):
        at[j] += rng.gauss(0, .1)
        walk.append(at[j] + at[0])
walk[7], walk[13], walk[21], walk[33], walk[45] = math.nan, math.inf, -math.inf, -0.0, 5e-324
npy("walk.npy", "<f8", (3000, 4), walk)
npy("big.npy", "<i8", (2000, 2), array.array("q", [2**62 + i * (i + 1) // 3 for i in range(4000)]))
single = array.array("f", [math.sin(i / 50) + rng.gauss(0, .01) for i in range(6000)])
single[5] = math.nan
npy("single.npy", "<f4", (2000, 3), single)
npy("noise.npy", "<u8", (3000, 2), array.array("Q", [rng.getrandbits(64) for _ in range(6000)]))
with open("waves.idx", "wb") as f: # images of 16 x 16: waves of some length and direction
    f.write(struct.pack(">HBBIII", 0, 8, 3, 400, 16, 16))
    for i in range(400):
        a, b, c = (rng.uniform(0, .8) for _ in range(3))
        f.write(bytes(int(min(255, max(0, 128 + 90 * math.sin(a * x + b * y + 9 * c) + rng.gauss(0, 3))))
                      for y in range(16) for x in range(16)))
PYTHON
python3 make.py

# cells FILE: what stands in an array behind its header.
cells() {
    python3 -c 'import struct, sys
b = open(sys.argv[1], "rb").read()
at = 10 + struct.unpack("<H", b[8:10])[0] if b[:6] == b"\x93NUMPY" else 4 + 4 * b[3]
sys.stdout.buffer.write(b[at:])' "$1"
}

# sections FILE [KIND]: offset of the payload, its size, kind, number, first row, rows; as
# docs/pack-format.md has it.
sections() {
    python3 - "$@" <<'PYTHON'
import struct, sys
b, at = open(sys.argv[1], "rb").read(), 24
while at + 44 <= len(b) - 32:
    kind, size, number, first, rows = struct.unpack("<4sQQQQ", b[at:at + 36])
    if len(sys.argv) < 3 or kind.decode() == sys.argv[2]:
        print(at + 44, size, kind.decode(), number, first, rows)
    at += 44 + size
assert at == len(b) - 32, at
PYTHON
}

# change FILE OFFSET: one byte becomes another.
change() {
    python3 -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2])); byte = f.read(1)[0]
    f.seek(int(sys.argv[2])); f.write(bytes([byte ^ 0x55]))' "$1" "$2"
}

# within FILE BACK COLUMN=E...: numbers of these columns (from 1) are that near to each other, and
# some are not the same; all other fields are.
within() {
    first=$1 second=$2
    shift 2
    [ "$(wc -l <"$first")" = "$(wc -l <"$second")" ] && paste -d, "$first" "$second" | awk -F, -v bounds="$*" '
    BEGIN {
        n = split(bounds, pairs, " ")
        for (i = 1; i <= n; i++) { split(pairs[i], p, "="); bound[p[1]] = p[2] }
    }
    {
        for (j = 1; j <= NF / 2; j++) {
            a = $j; b = $(j + NF / 2)
            if (a "" == b "") continue
            difference = a > b ? a - b : b - a
            if (NR == 1 || !(j in bound) || b !~ /^[-+0-9.e]+$/ || difference > bound[j] + 0) {
                print NR ": " a " became " b; bad = 1
            }
            changed++
        }
    }
    END { exit bad || !changed }'
}

bytes_of() { wc -c <"$1" | tr -d ' '; }
smaller() { [ "$(bytes_of "$1")" -lt "$(bytes_of "$2")" ]; }

# ---- text ------------------------------------------------------------------------

run pack log.csv -o log.lpk $fast
claim "a_table_is_packed" [ "$status" = 0 -a -s log.lpk -a ! -s stderr ]
claim "it_is_much_smaller" [ $((4 * $(bytes_of log.lpk))) -lt "$(bytes_of log.csv)" ]
run unpack log.lpk -o back.csv
claim "text_comes_back_byte_for_byte" cmp back.csv log.csv
claim "that_is_told" [ "$status" = 0 -a -s stdout -a ! -s stderr ]
run unpack log.lpk
claim "without_a_file_rows_go_to_standard_output" cmp stdout log.csv
claim "and_what_is_told_to_standard_error" [ -s stderr ]
run unpack log.lpk -q
claim "or_nowhere" [ "$status" = 0 -a ! -s stderr ]
run verify log.lpk log.csv
claim "verify_says_yes" [ "$status" = 0 -a -s stdout ]
run verify log.lpk log.csv --reference
claim "so_does_the_plain_decoder" [ "$status" = 0 ]
run unpack log.lpk -o plain-decoder.csv --reference
claim "which_writes_the_same_bytes" cmp plain-decoder.csv log.csv
run verify log.lpk other.csv
claim "verify_says_no_to_one_cell" [ "$status" = 4 -a -s stdout -a ! -s stderr ]
run verify log.lpk other.csv --json
claim "and_counts_it" [ "$status/$(value_of stdout mismatches)" = 4/1 ]
run verify log.lpk short.csv
claim "verify_says_no_to_fewer_rows" [ "$status" = 4 -a -s stdout -a ! -s stderr ]
run verify log.lpk short.csv --json
claim "also_as_an_object" [ "$status/$(value_of stdout verdict)" = 4/differs ]
for data in crlf odd; do
    run pack $data.csv -o $data.lpk $fast
    run unpack $data.lpk -o back.csv
    claim "${data}_lines_come_back_byte_for_byte" cmp back.csv $data.csv
    run verify $data.lpk $data.csv
    claim "${data}_lines_are_verified" [ "$status" = 0 ]
done
run pack crlf.csv -o piped.lpk $still
run pack - -o - $still <crlf.csv
claim "a_pipe_gives_the_same_file" cmp stdout piped.lpk
claim "a_pipe_unpacks" sh -c '"$1" unpack - -q <piped.lpk | cmp - crlf.csv' - "$program"
claim "a_pipe_is_verified" sh -c '"$1" verify piped.lpk - <crlf.csv' - "$program"
gzip -c crlf.csv >crlf.csv.gz
run pack crlf.csv.gz -o out/gz.lpk $still
claim "gzipped_text_is_packed_as_text" cmp out/gz.lpk piped.lpk
rm -f out/*

# ---- rows ------------------------------------------------------------------------

run unpack log.lpk --rows 5340:5440 -q
{ head -n 1 log.csv; sed -n 5342,5441p log.csv; } >want.csv
claim "some_rows_are_those_rows" cmp stdout want.csv
run unpack log.lpk --rows 7999: -o some.csv
{ head -n 1 log.csv; tail -n 1 log.csv; } >want.csv
claim "the_last_row_alone" cmp some.csv want.csv
run unpack log.lpk --rows :1 -o some.csv
head -n 2 log.csv >want.csv
claim "the_first_row_alone" cmp some.csv want.csv
run unpack log.lpk --rows 7990:8001 -o out/some.csv
claim "rows_that_are_not_there" sh -c '[ "$1" = 2 ] && grep -q 7999 stderr' - "$status"
claim "leave_nothing" nothing_left

# ---- bounds ----------------------------------------------------------------------

run pack plain.csv -o exact.lpk $fast
run pack plain.csv -o bound.lpk --max-abs temp=0.05,vib=0.01 $fast
run unpack bound.lpk -o back.csv -q
claim "columns_that_are_named_keep_within_their_bounds" within plain.csv back.csv 2=0.05 3=0.01
claim "bounds_make_the_file_smaller" smaller bound.lpk exact.lpk
run info bound.lpk --json
claim "info_counts_columns_within_bounds" [ "$status/$(value_of stdout bounded_columns)" = 0/2 ]
run verify bound.lpk plain.csv --json
claim "verify_knows_the_bounds" [ "$status/$(value_of stdout mismatches)" = 0/0 ]
claim "the_largest_error_is_told" python3 -c 'import json
assert 0 < json.load(open("stdout"))["max_abs_error"] <= 0.05'
run pack plain.csv -o bound.lpk --max-abs 0.5 --lossless id,vib $fast
run unpack bound.lpk -o back.csv -q
claim "lossless_columns_stay" within plain.csv back.csv 2=0.5
run pack plain.csv -o bound.lpk --max-rel 1% --lossless id $fast
run unpack bound.lpk -o back.csv -q
ranges=$(awk -F, 'NR > 1 { for (j = 2; j < 4; j++) {
    if (NR == 2 || $j < low[j]) low[j] = $j; if (NR == 2 || $j > high[j]) high[j] = $j } }
    END { for (j = 2; j < 4; j++) printf "%d=%.17g ", j, 0.01 * (high[j] - low[j]) * (1 + 1e-12) }' plain.csv)
claim "a_relative_bound_is_of_the_range" within plain.csv back.csv $ranges
run pack log.csv -o bound.lpk --max-abs 0.1 --lossless id,load $fast
run unpack bound.lpk -o back.csv -q
claim "words_and_times_are_exact_under_any_bound" sh -c '
    cut -d, -f 1,2,5- log.csv >a && cut -d, -f 1,2,5- back.csv >b && cmp a b'

# ---- arrays ----------------------------------------------------------------------

for data in walk big single noise; do
    run pack $data.npy -o $data.lpk $fast
    run unpack $data.lpk -o back.npy
    cells $data.npy >a
    cells back.npy >b
    claim "${data}_comes_back_bit_for_bit" cmp a b
    run verify $data.lpk $data.npy
    claim "${data}_is_verified" [ "$status" = 0 ]
done
run pack walk.npy -o bound.lpk --max-abs 0-2=0.01,3=0.001 $fast
run unpack bound.lpk -o back.npy
claim "bounds_by_number_hold_for_reals" python3 -c 'import array, math
def read(name):
    with open(name, "rb") as f:
        return array.array("d", f.read()[128:])
a, b = read("walk.npy"), read("back.npy")
assert len(a) == len(b) == 12000
for i, (x, y) in enumerate(zip(a, b)):
    if math.isfinite(x): assert abs(x - y) <= (0.001 if i % 4 == 3 else 0.01), (i, x, y)
    else: assert x.hex() == y.hex(), (i, x, y)
assert a != b and math.copysign(1, b[33]) == -1 and b[45] == 5e-324'
run verify bound.lpk walk.npy
claim "verify_takes_reals_within_bounds" [ "$status" = 0 ]
run pack waves.idx -o waves.lpk $fast
run unpack waves.lpk -o back.idx
claim "images_come_back_byte_for_byte" cmp back.idx waves.idx
run unpack waves.lpk -o out/images/ --rows 5:8
claim "images_go_into_a_folder" [ "$(ls out/images | wc -l | tr -d ' ')" = 3 ]
rm -rf out/images
run pack waves.idx -o psnr.lpk --psnr 35 $fast
run unpack psnr.lpk -o back.idx -q
cells waves.idx >a
cells back.idx >b
claim "a_psnr_is_kept" python3 -c 'import math
a, b = open("a", "rb").read(), open("b", "rb").read()
assert len(a) == len(b)
psnr = 10 * math.log10(255 ** 2 * len(a) / sum((x - y) ** 2 for x, y in zip(a, b)))
assert 35 <= psnr < 45, psnr'
claim "it_makes_the_file_smaller" smaller psnr.lpk waves.lpk
run verify psnr.lpk waves.idx --json
claim "verify_measures_it" [ "$status/$(value_of stdout verdict)" = '0/same' ]
claim "and_tells_it" has_keys stdout psnr psnr_promised
python3 -c 'b = bytearray(open("waves.idx", "rb").read())
for i in range(16, len(b), 7): b[i] ^= 64
open("unlike.idx", "wb").write(b)'
run verify psnr.lpk unlike.idx
claim "verify_says_no_to_images_that_differ_more" [ "$status" = 4 -a -s stdout ]
run pack waves.idx -o psnr.lpk --psnr 35 --json --quick --budget 0
claim "what_was_lost_is_told" has_keys stdout psnr bpp loss
refuses "a_psnr_of_what_is_no_image" 2 '--psnr is for images of bytes, and single.npy holds no such; '\
'--max-abs bounds what other values lose' pack single.npy -o out/x.lpk --psnr 30
run pack waves.idx -o out/x.lpk --bpp 0.001 --quick --budget 0
claim "fewer_bits_than_can_be" sh -c '[ "$1" = 2 ] && grep -q "the least found is" stderr' - "$status"
claim "leave_no_file" nothing_left
run pack waves.idx -o bpp.lpk --bpp 2 $fast
claim "bits_a_pixel_are_kept" [ $((8 * $(bytes_of bpp.lpk))) -le $((2 * 400 * 256)) ]

# ---- sizes -----------------------------------------------------------------------

run pack crlf.csv -o told.lpk --json --budget 0.3s
claim "json_has_its_keys" has_keys stdout verdict message rows values bytes_in bytes_out bytes_codes \
    bytes_residuals bytes_decoder bits_per_value max_abs_error gzip_bytes zstd_bytes xz_bytes blocks \
    blocks_general bits.plain bits.linear bits.values bits.trees seconds_learning seconds
claim "the_sizes_are_those_of_the_files" \
    [ "$(value_of stdout bytes_in)/$(value_of stdout bytes_out)" = "$(bytes_of crlf.csv)/$(bytes_of told.lpk)" ]
for data in crlf.csv odd.csv walk.npy noise.npy waves.idx; do
    run pack $data -o told.lpk --json $fast
    claim "${data}_is_never_much_larger_than_zstd" python3 -c 'import json, os
a = json.load(open("stdout"))
assert a["bytes_out"] == os.path.getsize("told.lpk")
assert a["bytes_out"] <= 1.01 * a["zstd_bytes"] + 4096, a'
done
run unpack told.lpk -o back.idx --json
claim "unpack_json_has_its_keys" has_keys stdout message rows columns bytes lost seconds
run verify told.lpk waves.idx --json
claim "verify_json_has_its_keys" has_keys stdout verdict message values mismatches max_abs_error seconds
for threads in 1 2 3; do
    run pack crlf.csv -o t$threads.lpk $still --threads $threads
    run unpack t$threads.lpk -o t$threads.csv --threads $threads
done
claim "any_number_of_threads_packs_alike" sh -c 'cmp t1.lpk t2.lpk && cmp t1.lpk t3.lpk'
claim "and_unpacks_alike" sh -c 'cmp t1.csv t2.csv && cmp t1.csv t3.csv && cmp t1.csv crlf.csv'

# ---- models that are shared ------------------------------------------------------

run pack later.csv -o alone.lpk $fast
run pack later.csv -o copied.lpk --model log.lpk $fast
run pack later.csv -o shared.lpk --model log.lpk --share-model $fast
claim "a_shared_model_makes_a_small_file" [ "$status" = 0 -a "$(bytes_of shared.lpk)" -lt "$(bytes_of alone.lpk)" ]
claim "which_is_smaller_than_with_a_copy_of_it" smaller shared.lpk copied.lpk
run unpack shared.lpk -o out/back.csv
claim "it_is_not_unpacked_without_it" sh -c '[ "$1" = 2 -o "$1" = 3 ] && grep -q -e --model stderr' - "$status"
claim "and_leaves_nothing" nothing_left
run unpack shared.lpk -o out/back.csv --model walk.lpk
claim "nor_with_another" sh -c '[ "$1" = 2 -o "$1" = 3 ] && grep -q model stderr' - "$status"
claim "and_leaves_nothing_again" nothing_left
run unpack shared.lpk -o back.csv --model log.lpk
claim "with_it_text_comes_back_byte_for_byte" cmp back.csv later.csv
run info shared.lpk --json
claim "info_tells_where_the_model_is" [ "$status/$(value_of stdout model)" = 0/named ]
run info log.lpk --json
claim "or_that_it_is_inside" [ "$status/$(value_of stdout model)" = 0/inside ]
claim "info_json_has_its_keys" has_keys stdout verdict message kind rows columns blocks block_rows bytes_in bytes_out model model_bytes bounded_columns
claim "and_the_size_of_the_file" [ "$(value_of stdout bytes_out)" = "$(bytes_of log.lpk)" ]
run info log.lpk
claim "in_words_too" [ "$status" = 0 -a -s stdout ]
run info - <log.lpk
claim "but_it_wants_a_name" [ "$status/$(grep -c 'latent info by name' stderr)" = 3/1 ]
mkfifo pipe
cat log.lpk >pipe &
run info pipe
claim "pipes_are_read_once" [ "$status/$(grep -c 'latent info by name' stderr)" = 3/1 ]
wait
rm pipe
run verify shared.lpk later.csv --model log.lpk
claim "with_it_verify_says_yes" [ "$status" = 0 ]
run unpack copied.lpk -o back.csv
claim "a_model_that_is_not_shared_is_copied" cmp back.csv later.csv

# ---- models that train made ------------------------------------------------------

"$program" train waves.idx -o waves.lt --layers 32 --dims 6 --steps 50 -q >/dev/null
run pack waves.idx -o trained.lpk --model waves.lt --quick --budget 0.3s
claim "the_code_of_a_trained_model_is_weighed" sh -c '[ "$1" = 0 ] && grep -q "by a code alone" stdout' - "$status"
mv waves.lt waves.away
run unpack trained.lpk -o back.idx
claim "and_the_file_does_not_need_the_model" cmp back.idx waves.idx
mv waves.away waves.lt
"$program" train later.csv -o table.lt --steps 5 -q >/dev/null
refuses "a_trained_model_of_a_table" 2 '--model table.lt: the code of a trained model can be used only where its inputs are the cells of these rows, such as the bytes of images, scaled and nothing else; a packed file always can be used: latent pack TRAINING -o t.lpk; latent pack DATA -o FILE --model t.lpk' \
    pack later.csv -o out/p --model table.lt
refuses "a_model_that_is_none" 3 '--model log.csv: neither a packed file nor a model that latent train made; latent pack TRAINING -o t.lpk makes one for --model t.lpk' \
    pack later.csv -o out/p --model log.csv
refuses "sharing_a_trained_model" 2 '--share-model: what decodes the code of waves.lt is found for these data, so no other file holds it; leave it out' \
    pack waves.idx -o out/p --model waves.lt --share-model
refuses "a_width_for_a_trained_code" 2 '--dims: latent train decided how wide the code of waves.lt is' \
    pack waves.idx -o out/p --model waves.lt --dims 3

# ---- damage ----------------------------------------------------------------------

# Rows in more than one block.
awk 'BEGIN {
    print "a,b"
    for (i = x = 1; i <= 525000; i++) { x = x * 16807 % 2147483647; print i % 10 "," x % 7 }
}' >long.csv
run pack long.csv -o long.lpk $still
sections long.lpk BLOK >blocks
claim "the_file_has_the_form_that_is_specified" [ "$(wc -l <blocks)" -ge 2 ]
read -r at size kind number first rows <<BLOCK
$(tail -n 1 blocks)
BLOCK
cp long.lpk hit.lpk
change hit.lpk $((at + size / 2))
run unpack hit.lpk -o out/back.csv
claim "a_byte_that_changed_is_found" [ "$status" = 3 ]
claim "its_block_is_named" grep -q "block $number (rows $first to $((first + rows - 1))) is damaged" stderr
claim "nothing_is_written_of_it" nothing_left
run verify hit.lpk long.csv
claim "verify_finds_it_too" [ "$status" = 3 ]
run unpack hit.lpk --rows 0:10 -q
claim "other_blocks_are_unpacked" sh -c '[ "$1" = 0 ] && head -n 11 long.csv | cmp - stdout' - "$status"
run unpack hit.lpk --rows "$first:$((first + 1))"
claim "and_this_one_not" [ "$status" = 3 ]
run unpack hit.lpk -o saved.csv --salvage
claim "salvage_says_that_rows_are_lost" [ "$status" = 4 ]
claim "and_which" grep -q "$first" stdout
head -n $((first + 1)) long.csv >want.csv
claim "it_writes_the_others" cmp saved.csv want.csv
run unpack hit.lpk -o saved.csv --salvage --json
claim "lost_rows_are_counted" [ "$status/$(value_of stdout lost)/$(value_of stdout rows)" = "4/$rows/$first" ]
run unpack hit.lpk --salvage -q
claim "quiet_salvage_tells_of_lost_rows_all_the_same" [ "$status" = 4 -a -s stderr ]
run unpack log.lpk -o saved.csv --salvage
claim "salvage_of_a_whole_file_loses_nothing" sh -c '[ "$1" = 0 ] && cmp saved.csv log.csv' - "$status"

# every part of a small file
found=0 tried=0
end=$(bytes_of crlf.lpk)
step=$((end / 40 + 1))
offset=0
while [ $offset -lt "$end" ]; do
    cp crlf.lpk hit.lpk
    change hit.lpk $offset
    run unpack hit.lpk -o out/back.csv
    tried=$((tried + 1))
    if [ "$status" = 3 ] && [ -s stderr ] && nothing_left; then
        found=$((found + 1))
    else
        echo "#   byte $offset: status $status, $(cat stderr)"
        rm -f out/*
    fi
    offset=$((offset + step))
done
claim "a_change_of_any_byte_is_found" [ $found = $tried ]

python3 -c 'import sys
b = open("long.lpk", "rb").read()
open("cut.lpk", "wb").write(b[:int(sys.argv[1])])' $((at + 10))
run unpack cut.lpk -o out/back.csv
claim "a_file_that_is_cut_off_is_refused" sh -c '[ "$1" = 3 ] && grep -q "its end is missing" stderr' - "$status"
claim "and_nothing_is_written" nothing_left
run unpack cut.lpk -o saved.csv --salvage
claim "salvage_gives_what_is_before_the_cut" sh -c '[ "$1" = 4 ] && cmp saved.csv want.csv' - "$status"
refuses "text_that_is_no_packed_file" 3 \
    'log.csv is no packed file' unpack log.csv -o out/back.csv
refuses "nothing_at_all" 3 'empty.csv is no packed file' \
    unpack empty.csv -o out/back.csv
run unpack nowhere.lpk -o out/back.csv
claim "a_file_that_is_missing" sh -c '[ "$1" = 1 ] && grep -q "^latent: nowhere.lpk: " stderr' - "$status"

# ---- interrupted -----------------------------------------------------------------

( exec "$program" pack log.csv -o out/p.lpk --quick --budget 60s >/dev/null 2>&1 ) &
packing=$!
sleep 1
kill -INT $packing
wait $packing
status=$?
claim "an_interrupt_ends_packing" [ "$status" = 130 ]
claim "and_leaves_no_file" nothing_left

# ---- refusals --------------------------------------------------------------------

one_bound="gives two bounds for all columns"
refuses "no_place_for_the_file" 2 'pack needs to know where the packed file goes, for example: '\
'latent pack log.csv -o log.lpk' pack log.csv
refuses "json_and_the_file_on_one_stream" 2 '--json puts the result on standard output, so the data need '\
'a file: add -o FILE' pack log.csv -o - --json
refuses "json_and_rows_on_one_stream" 2 '--json puts the result on standard output, so the data need '\
'a file: add -o FILE' unpack log.lpk --json
refuses "the_data_as_packed_file" 2 '-o log.csv would overwrite what is read; choose another name' \
    pack log.csv -o log.csv
refuses "the_packed_file_as_data" 2 '-o log.lpk would overwrite what is read; choose another name' \
    unpack log.lpk -o log.lpk
refuses "the_model_as_data" 2 '-o log.lpk would overwrite what is read; choose another name' \
    unpack shared.lpk --model log.lpk -o log.lpk
refuses "psnr_and_a_bound" 2 '--psnr says what images may lose as a whole and --max-abs what each value '\
'may; give one' pack waves.idx -o out/p --psnr 40 --max-abs 1
refuses "bpp_and_a_relative_bound" 2 '--bpp says what images may lose as a whole and --max-rel what each '\
'value may; give one' pack waves.idx -o out/p --bpp 1 --max-rel 1%
refuses "psnr_and_bpp" 2 '--psnr and --bpp each say how much images may lose; give one' \
    pack waves.idx -o out/p --psnr 40 --bpp 1
refuses "sharing_no_model" 2 '--share-model leaves the model where it is, so --model has to say where' \
    pack log.csv -o out/p --share-model
for bound in 0 -0.1 inf nan x; do
    refuses "a_bound_of_$bound" 2 "--max-abs: \"$bound\" is not a positive finite number such as 0.05 or "\
'1/256' pack log.csv -o out/p --max-abs "temp=$bound"
done
refuses "a_relative_bound_that_is_none" 2 \
    '--max-rel: "0%" is not a positive finite number such as 0.05 or 1/256' pack log.csv -o out/p --max-rel 0%
refuses "an_infinite_psnr" 2 '--psnr: "inf" is not a number such as 0.1 or 25/255' \
    pack waves.idx -o out/p --psnr inf
refuses "no_bits_at_all" 2 '--bpp: 0 is not between 0.001 and 64' pack waves.idx -o out/p --bpp 0
refuses "an_empty_column_name" 2 '--max-abs: an empty column name in "temp=0.05,,"' \
    pack log.csv -o out/p --max-abs temp=0.05,,
refuses "two_bounds_for_all_columns" 2 "--max-abs $one_bound, 1 and 2; name the columns, as in temp=0.05" \
    pack log.csv -o out/p --max-abs 1,2
refuses "both_kinds_of_bound_for_all_columns" 2 \
    '--max-abs and --max-rel both give a bound for all columns; give one' \
    pack log.csv -o out/p --max-abs 1 --max-rel 1%
refuses "both_kinds_of_bound_for_one_column" 2 \
    '--max-abs and --max-rel both name column "temp"; give one bound' \
    pack log.csv -o out/p --max-abs temp=1 --max-rel temp=1%
refuses "a_bound_for_no_column" 2 '--max-abs: there is no column "tmp"; the columns are id, when, temp, '\
'vib, load, status' pack log.csv -o out/p --max-abs tmp=1
refuses "a_bound_by_number_for_no_column" 2 '--max-abs: there is no column 4; columns have no names here, '\
'choose by number from 0 to 3, such as 0 or 3-7' pack walk.npy -o out/p --max-abs 4=1
run pack log.csv -o out/p --max-abs status=1
claim "a_bound_for_words" sh -c '[ "$1" = 2 ] && grep -q status stderr' - "$status"
run pack log.csv -o out/p --psnr 40 $fast
claim "psnr_of_a_table" sh -c '[ "$1" = 2 ] && grep -q -e --psnr stderr' - "$status"
rm -f out/p
refuses "a_table_without_rows" 3 'header.csv has no rows to pack' pack header.csv -o out/p -q
run pack nowhere.csv -o out/p
claim "data_that_are_missing" sh -c '[ "$1" = 1 ] && grep -q "^latent: nowhere.csv: " stderr' - "$status"
claim "nothing_is_left_of_all_that" nothing_left

t_end
