// Writes the sections of a program file. docs/program-format.md describes each; program_decoder.cc
// reads them.
#include "runtime/program/program_sections.h"

namespace junctor {
namespace {

// Recursion is bounded by the nesting that the verifier allows.
void WriteValue(const Value& value, ByteWriter* out) {
  out->U8(static_cast<uint8_t>(value.kind()));
  switch (value.kind()) {
    case ValueKind::kMissing:
    case ValueKind::kNull:
      break;
    case ValueKind::kBool:
      out->Bool(value.boolean());
      break;
    case ValueKind::kInt:
      out->U64(static_cast<uint64_t>(value.integer()));
      break;
    case ValueKind::kDouble:
      out->F64(value.real());
      break;
    case ValueKind::kString:
      out->String(value.string());
      break;
    case ValueKind::kArray:
      out->Count(value.size());
      for (uint32_t i = 0; i < value.size(); ++i) WriteValue(value.items()[i], out);
      break;
    case ValueKind::kObject:
      out->Count(value.size());
      for (uint32_t i = 0; i < value.size(); ++i) {
        out->String(value.members()[i].key);
        WriteValue(value.members()[i].value, out);
      }
      break;
  }
}

}  // namespace

void EncodeHeader(const ProgramParts& parts, ByteWriter* out) {
  out->String(parts.route_name);
  out->U64(parts.source_hash);
  out->U32(parts.deadline_ms);
  out->U32(parts.bounds.longest_path);
  out->U32(parts.bounds.max_calls);
  out->U64(parts.bounds.worst_first_byte_ms);
}

void EncodeElements(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.elements.size());
  for (const std::string& id : parts.elements) out->String(id);
}

void EncodeFields(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.fields.size());
  for (const std::string& field : parts.fields) out->String(field);
}

void EncodeConstants(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.constants.size());
  for (const Value& value : parts.constants) WriteValue(value, out);
}

void EncodePatterns(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.patterns.size());
  for (const PatternSpec& pattern : parts.patterns) {
    out->String(pattern.pattern);
    out->String(pattern.options);
  }
}

void EncodeMatchers(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.matchers.size());
  for (const MatcherSpec& matcher : parts.matchers) {
    out->Bool(matcher.document_form);
    out->Count(matcher.nodes.size());
    for (const MatcherNode& node : matcher.nodes) {
      out->U8(static_cast<uint8_t>(node.kind));
      out->U8(static_cast<uint8_t>(node.test));
      out->U8(node.flags);
      out->U32(node.operand);
      out->U32(node.end);
      out->String(node.path);
    }
  }
}

void EncodeSwitches(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.switches.size());
  for (const SwitchSpec& table : parts.switches) {
    out->U32(table.default_target);
    out->Count(table.cases.size());
    for (const SwitchSpec::Case& one : table.cases) {
      out->U32(one.constant);
      out->U32(one.target);
    }
  }
}

void EncodeSplits(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.splits.size());
  for (const SplitSpec& split : parts.splits) {
    out->U16(split.key_slot);
    out->U32(split.element);
    out->Count(split.outputs.size());
    for (const SplitSpec::Output& output : split.outputs) {
      out->U32(output.threshold);
      out->U32(output.target);
      out->String(output.label);
    }
  }
}

void EncodeLimits(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.limits.size());
  for (const LimitSpec& limit : parts.limits) {
    out->U8(static_cast<uint8_t>(limit.type));
    out->U8(static_cast<uint8_t>(limit.technique));
    out->Bool(limit.reserve);
    out->U8(static_cast<uint8_t>(limit.on_store_failure));
    out->U64(limit.limit);
    out->U32(limit.window_seconds);
    out->U32(limit.element);
    out->Count(limit.key_slots.size());
    for (const uint16_t slot : limit.key_slots) out->U16(slot);
  }
}

void EncodeModels(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.models.size());
  for (const ModelSpec& model : parts.models) {
    out->String(model.provider);
    out->String(model.model);
    out->U32(model.timeout_ms);
    out->U32(model.stall_timeout_ms);
    out->U32(model.retry_delay_ms);
    out->U8(model.retries);
    out->U8(static_cast<uint8_t>(model.backoff));
    out->U8(static_cast<uint8_t>(model.on_stream_failure));
    out->Bool(model.has_fallback);
    out->U16(model.retry_on);
    out->U16(model.fallback_on);
    out->U32(model.hedge_after_ms);
    out->Bool(model.health_enabled);
    out->U32(model.health_failures);
    out->U32(model.health_cooldown_ms);
    out->String(model.params);
    out->String(model.byok_alias);
    out->U32(model.element);
  }
}

void EncodeCode(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.code.size());
  for (const Instruction& instruction : parts.code) {
    out->U8(static_cast<uint8_t>(instruction.opcode));
    out->U8(instruction.flags);
    out->U16(instruction.slot);
    out->U32(instruction.operand);
    out->U32(instruction.on_true);
    out->U32(instruction.on_false);
  }
}

void EncodeDebug(const ProgramParts& parts, ByteWriter* out) {
  out->Count(parts.debug.size());
  for (const uint32_t element : parts.debug) out->U32(element);
}

}  // namespace junctor
