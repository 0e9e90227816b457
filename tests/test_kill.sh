#!/bin/sh
# test_kill.sh [PROGRAM]: training that is killed (SIGKILL) at random moments and
# resumed ends in the same weights as training that is left alone, with every
# optimizer, noise, dropout and early stopping. TAP.
set -u
program=${1:-${LATENT_PROGRAM:?usage: test_kill.sh PROGRAM}}
case $program in /*) ;; *) program=$(pwd)/$program ;; esac
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
GOMP_SPINCOUNT=${GOMP_SPINCOUNT:-1000}
export GOMP_SPINCOUNT
optimizers="foof adam adamw sgd rmsprop lbfgs"
kills_each=4 # 24 in total
most=20000   # steps, but patience ends each training long before
seed=$(date +%s)

# 300 rows of 6 columns that depend on two hidden numbers.
awk 'BEGIN {
    srand(7)
    print "a,b,c,d,e,f"
    for (r = 0; r < 300; r++) {
        u = rand() - 0.5; v = rand() - 0.5
        printf "%.5f,%.5f,%.5f,%.5f,%.5f,%.5f\n", u, v, u * v, u + v, u - v * v,
            0.1 * rand() + u * u
    }
}' >data.csv

now() { date +%s.%N; }

# random N LOW HIGH: random number N, between LOW and HIGH.
random() {
    awk -v seed="$seed" -v n="$1" -v low="$2" -v high="$3" 'BEGIN {
        srand(seed + 7919 * n); rand()
        printf "%.3f", low + (high - low) * rand()
    }'
}

# train MODEL OPTION...: prints one JSON object. Becomes the program, so that a signal
# meets it and not a shell: call it in a subshell.
train() {
    model=$1
    shift
    exec "$program" train data.csv -o "$model" --json --quiet --threads 2 --layers 24,12 --dims 2 --detector none \
        --batch 32 --noise gaussian:0.1 --dropout 0.05 --steps $most --schedule plateau \
        --patience 10 "$@"
}

digest() { sed -n 's/.*"weights_sha256": *"\([0-9a-f]*\)".*/\1/p' "$1"; }

# run_killed OPTIMIZER SECONDS: trains to the end, killed on the way; sets kills.
run_killed() {
    optimizer=$1
    whole=$2
    kills=0
    attempts=0
    resumable=0
    rm -f killed killed.checkpoint
    while [ "$attempts" -lt 40 ]; do
        attempts=$((attempts + 1))
        train killed --optimizer "$optimizer" --checkpoint 0.02s --resume \
            >killed.json 2>killed.err &
        child=$!
        if [ "$kills" -lt $kills_each ]; then
            sleep "$(random $((100 * number + attempts)) 0.02 "$(echo "$whole" | awk '{ print 0.03 + 0.4 * $1 }')")"
            if kill -KILL $child 2>/dev/null; then
                wait $child 2>/dev/null
                status=$?
                [ $status -eq 137 ] && kills=$((kills + 1))
                [ $status -eq 137 ] && [ -e killed.checkpoint ] && resumable=$((resumable + 1))
                # It had ended by itself: once more from the start.
                [ $status -eq 0 ] && rm -f killed killed.checkpoint
                continue
            fi
        fi
        wait $child
        status=$?
        [ $status -eq 0 ] || return 1
        [ "$kills" -lt $kills_each ] || return 0
        rm -f killed killed.checkpoint
    done
    return 1
}

echo "1..7"
number=0
failed=0
total=0
for optimizer in $optimizers; do
    number=$((number + 1))
    name="killed_and_resumed_gives_the_same_weights_with_$optimizer"
    before=$(now)
    (train alone --optimizer "$optimizer" >alone.json 2>alone.err)
    seconds=$(echo "$before $(now)" | awk '{ print $2 - $1 }')
    want=$(digest alone.json)
    got=
    run_killed "$optimizer" "$seconds" && got=$(digest killed.json)
    total=$((total + kills))
    echo "# $optimizer: alone in $seconds s, killed $kills times, $resumable of them with a checkpoint"
    # Some kill left a checkpoint, the end left none, and patience ended the training.
    if [ -n "$want" ] && [ "$want" = "$got" ] && [ "$resumable" -gt 0 ] &&
        [ ! -e killed.checkpoint ] && ! grep -q "\"steps\": $most\.*0*," alone.json; then
        echo "ok $number $name"
    else
        echo "not ok $number $name"
        echo "#   alone $want, killed $got (seed $seed)"
        sed 's/^/#   /' alone.err killed.err
        failed=1
    fi
done
if [ "$total" -ge 20 ]; then
    echo "ok 7 there_were_20_kills_or_more"
else
    echo "not ok 7 there_were_20_kills_or_more"
    echo "#   only $total"
    failed=1
fi
exit $failed
