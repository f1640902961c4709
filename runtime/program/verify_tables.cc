// The tables that instructions use: V8 of splits, V9 of limits and models, V7 of switches, V3 of
// what they refer to, and V4 as far as a table alone shows it.
#include <bit>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/utf8.h"
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

bool IsElement(const ProgramParts& parts, uint32_t element) {
  return element == kNoElement || element < parts.elements.size();
}

// What tells two scalar constants of one switch apart: the kind, and the bits or text.
std::pair<ValueKind, std::string> Identity(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
      return {value.kind(), std::string(value.string())};
    case ValueKind::kDouble:
      return {value.kind(), absl::StrCat(absl::Hex(std::bit_cast<uint64_t>(value.real())))};
    default:
      return {value.kind(), absl::StrCat(value.integer())};
  }
}

absl::Status VerifySwitch(const ProgramParts& parts, size_t index) {
  const SwitchSpec& table = parts.switches[index];
  if (table.default_target >= parts.code.size()) {
    return Broken("V4", "switch ", index, ": its default goes to ", table.default_target,
                  ", outside the code of ", parts.code.size(), " instructions");
  }
  absl::flat_hash_set<std::pair<ValueKind, std::string>> seen;
  for (size_t i = 0; i < table.cases.size(); ++i) {
    const SwitchSpec::Case& one = table.cases[i];
    if (one.target >= parts.code.size()) {
      return Broken("V4", "switch ", index, ": case ", i, " goes to ", one.target,
                    ", outside the code of ", parts.code.size(), " instructions");
    }
    if (one.constant >= parts.constants.size()) {
      return Broken("V3", "switch ", index, ": case ", i, " uses constant ", one.constant, " of ",
                    parts.constants.size());
    }
    const Value& constant = parts.constants[one.constant];
    if (constant.is_compound() || constant.kind() == ValueKind::kNull) {
      return Broken("V7", "switch ", index, ": case ", i, " is no scalar, or null");
    }
    if (!seen.insert(Identity(constant)).second) {
      return Broken("V7", "switch ", index, ": case ", i, " equals an earlier one");
    }
  }
  return absl::OkStatus();
}

absl::Status VerifySplit(const ProgramParts& parts, size_t index) {
  const SplitSpec& split = parts.splits[index];
  if (split.key_slot != kNoSlot && split.key_slot >= parts.fields.size()) {
    return Broken("V3", "split ", index, ": its key is slot ", split.key_slot, " of ",
                  parts.fields.size());
  }
  if (!IsElement(parts, split.element)) {
    return Broken("V3", "split ", index, ": element ", split.element, " of ",
                  parts.elements.size());
  }
  if (split.outputs.empty()) return Broken("V5", "split ", index, " has no outputs");
  if (split.outputs.size() > kMaxSplitOutputs) {
    return Broken("V8", "split ", index, " has ", split.outputs.size(), " outputs (limit is ",
                  kMaxSplitOutputs, ")");
  }
  uint32_t previous = 0;
  for (size_t i = 0; i < split.outputs.size(); ++i) {
    const SplitSpec::Output& output = split.outputs[i];
    if (output.threshold <= previous) {
      return Broken("V8", "split ", index, ": the threshold of output ", i, " is ",
                    output.threshold, " after ", previous, "; thresholds must rise");
    }
    previous = output.threshold;
    if (output.target >= parts.code.size()) {
      return Broken("V4", "split ", index, ": output ", i, " goes to ", output.target,
                    ", outside the code of ", parts.code.size(), " instructions");
    }
    if (!IsValidUtf8(output.label)) {
      return Broken("V13", "split ", index, ": the label of output ", i, " is not valid UTF-8");
    }
  }
  if (previous != kShareTotal) {
    return Broken("V8", "split ", index, ": its shares add up to ", previous, ", not to ",
                  kShareTotal);
  }
  return absl::OkStatus();
}

absl::Status VerifyLimit(const ProgramParts& parts, size_t index) {
  const LimitSpec& limit = parts.limits[index];
  if (limit.type > LimitType::kCost) return Broken("V9", "limit ", index, ": unknown type");
  if (limit.technique > WindowTechnique::kSliding) {
    return Broken("V9", "limit ", index, ": unknown technique");
  }
  if (limit.limit == 0) return Broken("V9", "limit ", index, " admits nothing: it must be > 0");
  if (limit.window_seconds == 0 || limit.window_seconds > kMaxWindowSeconds) {
    return Broken("V9", "limit ", index, ": a window of ", limit.window_seconds,
                  " s; expected 1 to ", kMaxWindowSeconds);
  }
  if (limit.reserve && limit.type != LimitType::kCost) {
    return Broken("V9", "limit ", index, ": `reserve` is for cost limits only");
  }
  if (limit.on_store_failure > StoreFailurePolicy::kRefuse) {
    return Broken("V9", "limit ", index, ": unknown policy for a store that fails");
  }
  if (limit.key_slots.size() > kMaxLimitKeyFields) {
    return Broken("V9", "limit ", index, ": a key of ", limit.key_slots.size(),
                  " fields (limit is ", kMaxLimitKeyFields, ")");
  }
  for (const uint16_t slot : limit.key_slots) {
    if (slot >= parts.fields.size()) {
      return Broken("V3", "limit ", index, ": its key uses slot ", slot, " of ",
                    parts.fields.size());
    }
  }
  if (!IsElement(parts, limit.element)) {
    return Broken("V3", "limit ", index, ": element ", limit.element, " of ",
                  parts.elements.size());
  }
  return absl::OkStatus();
}

absl::Status VerifyModel(const ProgramParts& parts, size_t index) {
  const ModelSpec& model = parts.models[index];
  if (model.timeout_ms == 0 || model.timeout_ms > kMaxTimeoutMs) {
    return Broken("V9", "model ", index, ": a timeout of ", model.timeout_ms, " ms; expected 1 to ",
                  kMaxTimeoutMs);
  }
  if (model.stall_timeout_ms == 0 || model.stall_timeout_ms > kMaxTimeoutMs) {
    return Broken("V9", "model ", index, ": a stall timeout of ", model.stall_timeout_ms,
                  " ms; expected 1 to ", kMaxTimeoutMs);
  }
  if (model.retry_delay_ms > kMaxRetryDelayMs) {
    return Broken("V9", "model ", index, ": a retry delay of ", model.retry_delay_ms,
                  " ms (limit is ", kMaxRetryDelayMs, ")");
  }
  if (model.retries > kMaxRetries) {
    return Broken("V9", "model ", index, ": ", int{model.retries}, " retries (limit is ",
                  int{kMaxRetries}, ")");
  }
  if (model.backoff > Backoff::kExponential)
    return Broken("V9", "model ", index, ": unknown backoff");
  if (model.on_stream_failure > StreamFailurePolicy::kHold) {
    return Broken("V9", "model ", index, ": unknown stream failure policy");
  }
  if (((model.retry_on | model.fallback_on) & ~kAllErrorClasses) != 0) {
    return Broken("V9", "model ", index, ": unknown error class");
  }
  if (model.hedge_after_ms > kMaxTimeoutMs) {
    return Broken("V9", "model ", index, ": a hedge after ", model.hedge_after_ms, " ms (limit is ",
                  kMaxTimeoutMs, ")");
  }
  if (model.hedge_after_ms != 0 && !model.has_fallback) {
    return Broken("V9", "model ", index, ": a hedge without a fallback");
  }
  if (model.health_failures == 0 || model.health_failures > kMaxHealthFailures) {
    return Broken("V9", "model ", index, ": skipped after ", model.health_failures,
                  " failures; expected 1 to ", kMaxHealthFailures);
  }
  if (model.health_cooldown_ms == 0 || model.health_cooldown_ms > kMaxHealthCooldownMs) {
    return Broken("V9", "model ", index, ": skipped for ", model.health_cooldown_ms,
                  " ms; expected 1 to ", kMaxHealthCooldownMs);
  }
  if (!IsElement(parts, model.element)) {
    return Broken("V3", "model ", index, ": element ", model.element, " of ",
                  parts.elements.size());
  }
  return absl::OkStatus();
}

absl::Status VerifyEach(const ProgramParts& parts, size_t count,
                        absl::Status (*verify)(const ProgramParts&, size_t)) {
  for (size_t i = 0; i < count; ++i) {
    absl::Status status = verify(parts, i);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyTables(const ProgramParts& parts) {
  absl::Status status = VerifyEach(parts, parts.switches.size(), VerifySwitch);
  if (status.ok()) status = VerifyEach(parts, parts.splits.size(), VerifySplit);
  if (status.ok()) status = VerifyEach(parts, parts.limits.size(), VerifyLimit);
  if (status.ok()) status = VerifyEach(parts, parts.models.size(), VerifyModel);
  return status;
}

}  // namespace junctor
