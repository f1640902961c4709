// Every limit that a route's text must keep (R4, R5, R12, R14, R19), in one place. Each has its own
// diagnostic.
#pragma once

#include <cstddef>
#include <cstdint>

namespace junctor::compiler {

// --- The text (R4) ---

// 100,000 elements of ordinary size fit; and every offset fits into 32 bits.
inline constexpr size_t kMaxRouteTextBytes = 16u << 20;
// What one string may hold when decoded: a prompt fragment or a pattern does, a document does not
// belong in a route.
inline constexpr size_t kMaxStringBytes = 64u << 10;
// Nesting of arrays and objects in the whole text. Far above what conditions may use
// (kMaxConditionDepth), so that a deep condition is reported as one; it bounds the parser's stack.
inline constexpr size_t kMaxJsonDepth = 1024;
// JSON values in one text. A text of the largest size has that many only where nearly every byte is
// a value of its own; it bounds the memory of the syntax tree to about 64 bytes each.
inline constexpr size_t kMaxJsonValues = 4'000'000;

// --- The route (R4, R5, R19) ---

// Generated routes reach thousands; beyond this, compile time would be felt in a deployment.
inline constexpr size_t kMaxElements = 100'000;
// An id or a name is part of log lines, header values and storage keys.
inline constexpr size_t kMaxNameLength = 64;
// A day: no caller waits longer for a first token.
inline constexpr uint64_t kMaxDeadlineMs = 86'400'000;
// Distinct request fields of one route: a program numbers them with 16 bits, and keeps the last
// number for "none".
inline constexpr size_t kMaxFields = 65'535;

// --- Conditions (R4) ---

// Arrays and objects inside one another, the condition itself being the first. It bounds all
// recursion over conditions.
inline constexpr size_t kMaxConditionDepth = 64;
// Values in one `$in`, `$nin` or `$all`.
inline constexpr size_t kMaxSetValues = 10'000;

// --- Percentage elements (R12) ---

// Outputs with a share; `else` comes on top.
inline constexpr size_t kMaxShares = 5;
// Decimals of a share; shares are integers of 1/10000 %.
inline constexpr int kShareDecimals = 4;

// --- Rate elements (R14) ---

// A year of 365 days.
inline constexpr uint64_t kMaxWindowSeconds = 31'536'000;
// Far above any traffic; keeps sums of counts within 63 bits.
inline constexpr uint64_t kMaxCountLimit = 1'000'000'000'000'000;
// A billion dollars, so that nano-dollars fit into 63 bits with room for sums.
inline constexpr uint64_t kMaxCostLimitDollars = 1'000'000'000;
// Decimals of a cost limit: it is kept in nano-dollars.
inline constexpr int kCostDecimals = 9;

// --- Model elements (R19) ---
// Those of `health` and of the nesting of `params` stand in runtime/program/program_limits.h.

inline constexpr uint64_t kMaxTimeoutMs = 3'600'000;
inline constexpr uint64_t kMaxRetries = 5;
inline constexpr uint64_t kMaxRetryDelayMs = 5'000;
// A model's or provider's name goes into a header value and a URL.
inline constexpr size_t kMaxModelNameLength = 256;

// --- What the compiler reports ---

// Errors, and likewise warnings, that are kept; the rest is counted. All errors of any real
// document are reported in one go (R9); this only keeps a hostile text from filling the memory.
inline constexpr size_t kMaxFindings = 1000;
// Names compared in all searches for "did you mean" of one compilation: suggestions must not cost
// more than the checks.
inline constexpr size_t kMaxSuggestionComparisons = 100'000;

}  // namespace junctor::compiler
