#!/bin/sh
# How many limits a second a Redis server answers: through RedisLimits, and asked by redis-benchmark with the same script, one
# connection and as many commands in a pipeline. Starts a server of its own.
#
#   bench/limits/redis_checks.sh BUILD_FOLDER [checks]
set -eu
bench=${1:?build folder}/bench/micro/redis_limit_bench
checks=${2:-50000}
folder=$(mktemp -d)
redis-server --port 0 --unixsocket "$folder/redis.sock" --dir "$folder" --save '' --appendonly no --daemonize yes --pidfile "$folder/pid" >/dev/null
trap 'kill "$(cat "$folder/pid")"; rm -rf "$folder"' EXIT
until redis-cli -s "$folder/redis.sock" ping >/dev/null 2>&1; do sleep 0.05; done
url=unix://$folder/redis.sock
check=$("$bench" "$url" --script)
printf 'redis-benchmark, pipeline of 256:  '
# shellcheck disable=SC2086
redis-benchmark -s "$folder/redis.sock" -c 1 -P 256 -n "$checks" -r 1000 -q $check | tr '\r' '\n' | grep -o '[0-9.]* requests per second' | tail -1
redis-cli -s "$folder/redis.sock" flushall >/dev/null
printf 'RedisLimits, 256 a round trip:     '
"$bench" "$url" "$checks"
