#!/bin/sh
# One night of a regression job: run, compare with the night before, keep everything.
#
#   nightly.sh [PROFILE]         default: targets/staging.yaml
#
# Works in the current folder. Afterwards there are
#   reports/                     the report, results.json, summary.md, junit.xml, metrics.prom of this night
#   reports/previous/            results.json of the night before: the baseline
#   nights/<time>/               a copy of each night's reports; those older than $KEEP_DAYS (default 90) go
#   history.sqlite               every row of every night
#
# The exit code is that of the run: 0 all is well, 1 something is violated or got worse; see `conformance run --help`.
set -eu

target=${1:-targets/staging.yaml}

mkdir -p reports/previous
if [ -f reports/results.json ]; then
    mv reports/results.json reports/previous/results.json
fi

# The first night has nothing to compare with.
set --
if [ -f reports/previous/results.json ]; then
    set -- --baseline reports/previous/results.json
fi

code=0
conformance run --target "$target" --output reports --also-write markdown --also-write junit "$@" \
    --history history.sqlite --metrics reports/metrics.prom || code=$?

if [ -f reports/results.json ]; then
    night=nights/$(date -u +%Y-%m-%dT%H%M%SZ)
    mkdir -p "$night"
    find reports -maxdepth 1 -type f -exec cp {} "$night" \;
    find nights -mindepth 1 -maxdepth 1 -type d -mtime "+${KEEP_DAYS:-90}" -exec rm -r {} +
fi
exit "$code"
