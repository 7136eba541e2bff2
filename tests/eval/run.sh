#!/usr/bin/env bash
# run.sh [--quick] [--update] [PART ...]: builds what is measured (preset release, or JOBMILL_EVAL_PRESET) and runs eval.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=${JOBMILL_EVAL_PRESET:-release}
mkdir -p build
log=build/eval-build.log
{ cmake --preset "$preset" && cmake --build --preset "$preset" --target jobmill jobmill-reader engine_tool engine_batch; } >"$log" 2>&1 || { cat "$log"; exit 1; }
PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/eval/eval.py --bin "build/$preset/bin" "$@"
