#!/usr/bin/env bash
# run.sh [WORD ...]: the measurements (bench.py says what and how), on binaries built for release and a stack of their own. Words go to bench.py:
# offline, models, whole and campaign (parts; offline when none is named), --flight N, --applications N, --singles N, --rate N, --json FILE. Nothing here passes or fails on time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mkdir -p build/test/log
programs=(jobmill jobmill-gateway jobmill-dispatcher jobmill-analyzer jobmill-optimizer jobmill-cover-letter jobmill-embedding stub_llm)
cmake --preset release >build/test/log/release.log 2>&1 && cmake --build --preset release "-j$(nproc)" --target "${programs[@]}" >>build/test/log/release.log 2>&1 || { tail -n 40 build/test/log/release.log; exit 1; }
JOBMILL_STUB=$PWD/build/release/tests/stub_llm JOBMILL_BIN=$PWD/build/release/bin PYTHONPATH=$PWD/tests PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 tests/bench/bench.py "$@"
