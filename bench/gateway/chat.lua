-- wrk: POST of a chat body of about 1 KB. JUNCTOR_BENCH_LATENCY names a file for p50 and p99 in µs.
local text = string.rep("The quick brown fox jumps over the lazy dog. ", 18)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer bench"
wrk.headers["cf-aig-metadata"] = '{"plan":"pro","user":"user-1"}'
wrk.body = '{"model":"dynamic/bench","temperature":0.2,"max_tokens":256,"messages":[' ..
  '{"role":"system","content":"You are a helpful assistant."},' ..
  '{"role":"user","content":"' .. text .. '"}]}'

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("result %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
