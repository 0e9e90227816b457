#!/bin/sh
# check_exports.sh SOURCE LIBRARY CC...: what the shared library exports, and that
# the public header stands alone.
set -u
source=$1
library=$2
shift 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number=0
result() { # STATUS CLAIM
    number=$((number + 1))
    if [ "$1" -eq 0 ]; then echo "ok $number $2"; else echo "not ok $number $2"; fi
}

echo 1..4

LC_ALL=C
export LC_ALL
sort "$source/tests/symbols.txt" >"$work/expected"
nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >"$work/exported"
diff "$work/expected" "$work/exported" | sed 's/^/# /'
cmp -s "$work/expected" "$work/exported"
result $? the_library_exports_the_listed_symbols_and_no_others

grep -o 'latent_[a-z0-9_]* *(' "$source/include/latent.h" | tr -d ' (' | sort -u >"$work/named"
grep -v -x -F -f "$work/named" "$work/expected" | sed 's/^/# not in latent.h: /'
! grep -q -v -x -F -f "$work/named" "$work/expected"
result $? every_exported_symbol_is_in_the_public_header

echo '#include "latent.h"' >"$work/alone.c"
"$@" -std=c99 -pedantic -Wall -Wextra -Werror -I"$source/include" -c "$work/alone.c" \
    -o "$work/alone.o" 2>&1 | sed 's/^/# /'
[ -e "$work/alone.o" ]
result $? the_public_header_compiles_alone_as_c99

for header in $(cd "$source/src" && find . -name '*.h'); do
    echo "#include \"${header#./}\"" >"$work/header.c"
    "$@" -std=c11 -D_GNU_SOURCE -DLT_HAVE_OPENMP=1 -I"$source/src" -I"$source/include" -fsyntax-only \
        "$work/header.c" 2>&1 | sed 's/^/# /' >"$work/said"
    if [ -s "$work/said" ]; then cat "$work/said" && echo "$header" >>"$work/broken"; fi
done
[ ! -e "$work/broken" ]
result $? every_internal_header_compiles_alone
