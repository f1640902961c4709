// A program in parts: plain data that the code generator fills, that is encoded and decoded, and
// that the verifier turns into a Program. Unverified: nothing but program/ and codegen touches it.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

#include "runtime/program/error_class.h"
#include "runtime/program/instruction.h"
#include "runtime/program/value.h"

namespace junctor {

// Index of no field: a limit or split without a key.
inline constexpr uint16_t kNoSlot = 0xffff;
// Index of no element: an instruction that belongs to none.
inline constexpr uint32_t kNoElement = 0xffffffff;

// A regular expression (R31). `options` holds any of `i`, `m`, `s`; `x` was resolved by the
// compiler.
struct PatternSpec {
  std::string pattern;
  std::string options;
};

// One node of a matcher: a condition on an element of an array ($elemMatch). Nodes stand in
// preorder.
struct MatcherNode {
  enum class Kind : uint8_t {
    kAnd = 0,   // all children match
    kOr = 1,    // a child matches
    kNor = 2,   // no child matches
    kTest = 3,  // `test` holds of the value that `path` leads to
  };
  Kind kind = Kind::kTest;
  Opcode test = Opcode::kExists;  // kTest: a test opcode
  uint8_t flags = 0;              // kTest: as in Instruction
  uint32_t operand = 0;           // kTest: as in Instruction
  std::string path;  // kTest: dotted, relative to the element; empty: the element itself
  uint32_t end = 0;  // index after this node's last descendant, within the matcher
};

// A condition on an element of an array.
struct MatcherSpec {
  // Document form: elements that are documents or arrays are looked into by path. Otherwise each
  // element is tested itself.
  bool document_form = false;
  std::vector<MatcherNode> nodes;  // nodes[0] is the root
};

// Equality cases on one slot, tried in order of `cases` where the slot is an array.
struct SwitchSpec {
  struct Case {
    uint32_t constant;  // index of a scalar, non-null constant; unique within the switch
    uint32_t target;
  };
  std::vector<Case> cases;
  uint32_t default_target = 0;
};

// Shares are counted in 1/10000 of a percent, so that they add up exactly (R12).
inline constexpr uint32_t kShareTotal = 1'000'000;

// A percentage element (R12, R13).
struct SplitSpec {
  struct Output {
    std::string label;   // the output's name as in the route, e.g. "10% new"
    uint32_t threshold;  // sum of the shares up to and with this output; strictly rising; the last
                         // is kShareTotal
    uint32_t target;
  };
  std::vector<Output> outputs;  // in the order of the document, `else` last
  uint16_t key_slot = kNoSlot;  // sticky by this field's value; kNoSlot: each request draws
  uint32_t element = kNoElement;
};

enum class LimitType : uint8_t { kCount = 0, kCost = 1 };
enum class WindowTechnique : uint8_t { kFixed = 0, kSliding = 1 };

// What a limit does while the store that several gateways share can't be asked.
enum class StoreFailurePolicy : uint8_t {
  kConfigured = 0,  // what the gateway's configuration says
  kLocal = 1,       // goes on alone, with a share of the limit
  kAllow = 2,       // every request passes
  kRefuse = 3,      // no request passes
};

// Most fields that a limit's key may be made of (R14).
inline constexpr size_t kMaxLimitKeyFields = 4;

// A rate element (R14).
struct LimitSpec {
  LimitType type = LimitType::kCount;
  WindowTechnique technique = WindowTechnique::kFixed;
  bool reserve = false;             // R16, cost limits only
  StoreFailurePolicy on_store_failure = StoreFailurePolicy::kConfigured;
  uint64_t limit = 0;               // requests, or nano-dollars (1e-9 US dollar)
  uint32_t window_seconds = 0;      // 1 … 31,536,000
  std::vector<uint16_t> key_slots;  // at most kMaxLimitKeyFields; empty: one bucket for all
  uint32_t element = kNoElement;
};

enum class Backoff : uint8_t { kConstant = 0, kLinear = 1, kExponential = 2 };
enum class StreamFailurePolicy : uint8_t { kError = 0, kContinue = 1, kHold = 2 };

// A model element (R19).
struct ModelSpec {
  std::string provider;
  std::string model;
  uint32_t timeout_ms = 60'000;
  uint32_t stall_timeout_ms = 60'000;
  uint32_t retry_delay_ms = 100;
  uint8_t retries = 0;
  Backoff backoff = Backoff::kExponential;
  StreamFailurePolicy on_stream_failure = StreamFailurePolicy::kError;
  bool has_fallback = false;  // without one, on_false is never taken
  ErrorClassSet retry_on = 0;
  ErrorClassSet fallback_on = 0;
  // The call that the fallback leads to is begun early when no first token has come so long after
  // the current attempt was sent; 0: never. Only with a fallback.
  uint32_t hedge_after_ms = 0;
  // Whether the target is skipped for `health_cooldown_ms` once `health_failures` attempts at it
  // have failed in a row.
  bool health_enabled = true;
  uint32_t health_failures = 10;
  uint32_t health_cooldown_ms = 10'000;
  std::string params;  // a JSON object as text, compact; empty: none
  std::string byok_alias;
  uint32_t element = kNoElement;
};

// What the compiler proved of the route (R7). Recomputed by the verifier where the code shows it.
struct ProgramBounds {
  uint32_t longest_path = 0;  // elements on the longest path
  uint32_t max_calls = 0;     // largest number of model attempts that one request can make
  uint64_t worst_first_byte_ms =
      0;  // largest sum of timeouts × attempts + delays on a path, capped by the deadline
};

// An unverified program.
struct ProgramParts {
  std::string route_name;
  uint64_t source_hash = 0;  // XXH64 of the route's text
  uint32_t deadline_ms = 0;  // R19; 0: none
  ProgramBounds bounds;
  std::vector<std::string>
      elements;  // ids of the elements, for the debug table, logs, keys of limits and splits
  std::vector<std::string> fields;                             // slot i holds the field fields[i]
  std::shared_ptr<std::pmr::monotonic_buffer_resource> arena;  // owns what `constants` view
  std::vector<Value> constants;
  std::vector<PatternSpec> patterns;
  std::vector<MatcherSpec> matchers;
  std::vector<SwitchSpec> switches;
  std::vector<SplitSpec> splits;
  std::vector<LimitSpec> limits;
  std::vector<ModelSpec> models;
  std::vector<Instruction> code;  // execution begins at 0
  std::vector<uint32_t> debug;    // debug[i]: element of code[i], or kNoElement; as long as code
};

}  // namespace junctor
