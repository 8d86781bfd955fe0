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
#   $SUMMARY_TO                  if set: a file that gets the first 4000 bytes of the summary
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

# What a killed night has left on the target is deleted first.
conformance sweep --target "$target" --output reports || echo "something of an earlier night may be left" >&2

conformance run --target "$target" --output reports --also-write markdown --also-write junit "$@" \
    --history history.sqlite --metrics reports/metrics.prom &
run=$!
# A job that is stopped tells the run, which cleans up and reports; that may take a minute.
trap 'kill -TERM "$run" 2>/dev/null || :' TERM HUP INT
while :; do
    code=0
    wait "$run" || code=$?
    kill -0 "$run" 2>/dev/null || break
done

if [ -f reports/results.json ]; then
    night=nights/$(date -u +%Y-%m-%dT%H%M%SZ)
    mkdir -p "$night"
    find reports -maxdepth 1 -type f -exec cp {} "$night" \;
    find nights -mindepth 1 -maxdepth 1 -type d -mtime "+${KEEP_DAYS:-90}" -exec rm -r {} +
fi
if [ -n "${SUMMARY_TO:-}" ] && [ -f reports/summary.md ]; then
    head -c 4000 reports/summary.md > "$SUMMARY_TO" || :
fi
exit "$code"
