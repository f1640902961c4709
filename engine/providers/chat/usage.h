// What an answer used, in the gateway's own normal form.
#pragma once

#include <cstdint>
#include <optional>

namespace junctor::engine {

// Tokens of one answer. A count that the provider did not tell is absent, never 0.
struct Usage {
  std::optional<uint64_t> input;             // all of the input, cached tokens included
  std::optional<uint64_t> output;            // all of the output, reasoning included
  std::optional<uint64_t> total;             // as told; else input + output
  std::optional<uint64_t> cached_read;       // part of `input`
  std::optional<uint64_t> cache_write;       // part of `input`
  std::optional<uint64_t> cache_write_hour;  // part of `cache_write`: kept for an hour
  std::optional<uint64_t> reasoning;         // part of `output`
  std::optional<uint64_t> citation;          // part of `output`
  std::optional<uint64_t> audio_input;
  std::optional<uint64_t> audio_output;
  std::optional<uint64_t> billed_input;   // where the provider bills other counts than it used
  std::optional<uint64_t> billed_output;  // the same
  std::optional<uint64_t> searches;       // of the web, made while answering
  std::optional<double> dollars;          // what the provider charged for it all; 0 or more
};

}  // namespace junctor::engine
