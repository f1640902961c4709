#!/bin/sh
# Builds and installs the runtime alone, builds examples/embed/ against what was installed, and runs it.
# Usage: embed_install.sh SOURCE_DIR BUILD_TYPE WRITE_SAMPLE_PROGRAM
set -eu
source_dir=$1
build_type=$2
write_sample_program=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$source_dir" -B "$work/runtime" -G Ninja -DJUNCTOR_RUNTIME_ONLY=ON \
  -DCMAKE_BUILD_TYPE="$build_type" -DCMAKE_INSTALL_PREFIX="$work/prefix" >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
cmake --build "$work/runtime" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cmake --install "$work/runtime" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

# From a copy, so that nothing of the source tree can be found by chance.
cp -r "$source_dir/examples/embed" "$work/embed"
cmake -S "$work/embed" -B "$work/embed/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
cmake --build "$work/embed/build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

embed="$work/embed/build/embed"
"$write_sample_program" "$work/sample.program"

expect() {
  if [ "$2" != "$3" ]; then
    printf '%s: expected\n%s\nbut got\n%s\n' "$1" "$2" "$3"
    exit 1
  fi
}

expect "a failing model and its fallback" \
  "call demo/fail-503, attempt 0, after 0 ms
call demo/fail-503, attempt 1, after 75 ms
call demo/ok, attempt 0, after 0 ms
finish with the response of call 1" \
  "$(printf '{"user":"ada"}' | "$embed" "$work/sample.program")"

expect "a limit" \
  "limit 0, admitted
call demo/ok, attempt 0, after 0 ms
finish with the response of call 0" \
  "$(printf '{"user":"bob"}' | "$embed" "$work/sample.program")"

head -c 100 "$work/sample.program" >"$work/cut.program"
if printf '{}' | "$embed" "$work/cut.program" 2>"$work/log"; then
  echo "a program that is cut short was not refused"
  exit 1
fi
grep -q '^embed: INVALID_ARGUMENT: ' "$work/log" || { cat "$work/log"; exit 1; }
echo "ok"
