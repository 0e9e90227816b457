# t.sh: the frame of the shell tests, to be sourced by them. Speaks TAP.
#
# Each test works in a folder of its own, with an empty folder out/ in it, and
# ends with t_end.
set -u
program=${1:-${LATENT_PROGRAM:?usage: test_cli.sh PROGRAM}}
case $program in /*) ;; *) program=$(pwd)/$program ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir out
unset NO_COLOR
count=0
failed=0

# ---- the frame --------------------------------------------------------------

# report NAME STATUS: one line of TAP; STATUS 0 is ok.
report() {
    count=$((count + 1))
    if [ "$2" = 0 ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        failed=1
    fi
}

skip() { # NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}

tell() { # FILE: shows it as TAP comments
    sed 's/^/#   /' "$1"
}

# run ARGUMENTS: the program, leaving stdout, stderr and status in files.
run() {
    "$program" "$@" >stdout 2>stderr
    status=$?
}

# claim NAME COMMAND...: the command succeeds.
claim() {
    name=$1
    shift
    if "$@" >claim.log 2>&1; then
        report "$name" 0
    else
        report "$name" 1
        echo "#   $*"
        tell claim.log
    fi
}

nothing_left() { # the folder of outputs is empty
    [ -z "$(ls -A out)" ]
}

# refuses NAME STATUS MESSAGE ARGUMENTS: exits with STATUS, says exactly MESSAGE
# (after "latent: ") on standard error, nothing on standard output, and leaves
# no file in out/.
refuses() {
    name=$1 want=$2 message="latent: $3"
    shift 3
    run "$@"
    if [ "$status" = "$want" ] && [ "$(cat stderr)" = "$message" ] && [ ! -s stdout ] &&
        nothing_left; then
        report "$name" 0
    else
        report "$name" 1
        echo "#   latent $*"
        echo "#   want $want $message"
        echo "#   got  $status $(cat stderr)"
        tell stdout
        ls -A out | sed 's/^/#   left behind: /'
        rm -rf out
        mkdir out
    fi
}

# has_keys FILE KEY...: FILE is exactly one JSON object with these dotted keys.
has_keys() {
    python3 - "$@" <<'PYTHON'
import json, sys
with open(sys.argv[1]) as file:
    top = json.load(file)
assert isinstance(top, dict)
for key in sys.argv[2:]:
    value = top
    for part in key.split("."):
        assert part in value, key
        value = value[part]
PYTHON
}

value_of() { # FILE KEY: one value of a JSON object, or nothing
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$@" 2>/dev/null
}

t_end() {
    echo "1..$count"
    exit $failed
}
