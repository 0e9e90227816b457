#!/bin/sh
# test_photographs.sh [PROGRAM]: a denoiser trained for a minute or two on photographs keeps to the figure that
# was recorded for it. Counted as skipped where the photographs are not there.
. "$(dirname "$0")/t.sh"

# PSNR in dB on Set12 after STEPS steps from seed 1, on a machine with bf16 products; others round otherwise.
STEPS=400
RECORDED=28.61
TOLERANCE=0.15

name=a_short_training_on_photographs_gives_the_recorded_psnr
if [ -d "${LATENT_TEST_DATA:-$LATENT_SOURCE/../shared/data}/denoise/train400" ]; then
    LATENT=$program python3 "$LATENT_SOURCE/bench/denoise" --steps $STEPS --json >result.json 2>log
    tell log
    claim "$name" python3 -c "
import json, sys
psnr = json.load(open('result.json'))['psnr_after']
print('PSNR %.3f dB, recorded %s' % (psnr, $RECORDED))
sys.exit(abs(psnr - $RECORDED) > $TOLERANCE)"
    tell claim.log
else
    skip "$name" "no photographs"
fi
t_end
