// How large a program may be. What a route within the limits of R4 compiles to stays below all of
// these; a file beyond them was made by something else and is refused before memory is spent on it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace junctor {

// Bytes of an encoded program: 64 MiB of code, 16 MiB of debug table, and tables and constants of a
// text of 16 MiB, doubled.
inline constexpr size_t kMaxProgramBytes = size_t{256} << 20;

// Instructions: 16 MiB of text hold at most 2.4 million tests ("\"a\":1,"), each at most one
// instruction, next to the 100,000 elements' own.
inline constexpr size_t kMaxCode = size_t{4} << 20;

// Elements, and with them models, limits and splits: R4.
inline constexpr size_t kMaxElements = 100'000;

// Constants, with all values nested in them: a value takes two bytes of text at least.
inline constexpr size_t kMaxConstantValues = size_t{8} << 20;

// Levels of arrays and documents in a constant: R4 allows 64 in a condition. The same bound holds
// for a matcher's nodes with the matchers that they use: they are walked recursively.
inline constexpr uint32_t kMaxNesting = 128;

// Bytes of one string of a route: R4.
inline constexpr size_t kMaxStringBytes = 64 * 1024;

// Bytes of one model's `params`: they can't be longer than the route's text, R4.
inline constexpr size_t kMaxParamsBytes = size_t{16} << 20;

// Levels of arrays and objects in `params`: they are passed on and never walked, so any that a
// route's text may have will do.
inline constexpr uint32_t kMaxParamsNesting = 1024;

// Bytes of an element's id or a route's name: R5.
inline constexpr size_t kMaxIdBytes = 64;

// Bytes of a provider's slug, a model's name or a key alias: they travel in headers.
inline constexpr size_t kMaxNameBytes = 256;

// Outputs of a percentage element: 5 shares and `else`, R12.
inline constexpr size_t kMaxSplitOutputs = 6;

// Cases of all switches: each is an equality test of the text, so the bound of the code holds.
inline constexpr size_t kMaxSwitchCases = kMaxCode;

// Nodes of all matchers, and of one matcher with the matchers that it uses written out: the work
// for one element of an array.
inline constexpr size_t kMaxMatcherNodes = size_t{1} << 20;

// Patterns: a compiled one takes several KiB at least.
inline constexpr size_t kMaxPatterns = 10'000;

// Memory of one pattern, program and automaton together: RE2's own default. A pattern that needs
// more is refused.
inline constexpr int64_t kPatternMemoryBytes = int64_t{8} << 20;

// RE2 instructions of all patterns of a program: about 16 MiB, and well below a second to compile.
inline constexpr int64_t kMaxPatternProgram = 1'000'000;

// Bounds of R14 and R19.
inline constexpr uint32_t kMaxWindowSeconds = 31'536'000;
inline constexpr uint32_t kMaxTimeoutMs = 3'600'000;
inline constexpr uint32_t kMaxRetryDelayMs = 5'000;
inline constexpr uint8_t kMaxRetries = 5;

// What a model element's `health` may say: more failures in a row than this are never seen before
// somebody else has seen them, and a target that is down for longer than an hour is a matter for
// the route.
inline constexpr uint32_t kMaxHealthFailures = 1'000;
inline constexpr uint32_t kMaxHealthCooldownMs = 3'600'000;

}  // namespace junctor
