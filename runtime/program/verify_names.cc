// V6: fields parse. V13: ids and names are well-formed.
#include "absl/container/flat_hash_set.h"
#include "runtime/program/field.h"
#include "runtime/program/json_text.h"
#include "runtime/program/program_limits.h"
#include "runtime/program/utf8.h"
#include "runtime/program/verifier_rules.h"

namespace junctor {
namespace {

// R5.
bool IsId(std::string_view text) {
  if (text.empty() || text.size() > kMaxIdBytes) return false;
  for (const char c : text) {
    const bool allowed = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!allowed) return false;
  }
  return true;
}

// Whether `text` may stand in a header: valid UTF-8 of limited length without control characters.
bool IsName(std::string_view text) {
  if (text.size() > kMaxNameBytes || !IsValidUtf8(text)) return false;
  for (const char c : text) {
    if (static_cast<uint8_t>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

absl::Status VerifyModelNames(const ModelSpec& model, size_t index) {
  if (model.provider.empty() || !IsName(model.provider)) {
    return Broken("V13", "model ", index, ": its provider is not a name");
  }
  if (model.model.empty() || !IsName(model.model)) {
    return Broken("V13", "model ", index, ": its model is not a name");
  }
  if (!IsName(model.byok_alias)) {
    return Broken("V13", "model ", index, ": its key alias is not a name");
  }
  if (model.params.empty()) return absl::OkStatus();
  const auto keys = JsonObjectKeys(model.params, kMaxParamsNesting);
  if (keys.ok()) return absl::OkStatus();
  return Broken("V13", "model ", index, ": its params: ", keys.status().message());
}

}  // namespace

absl::Status VerifyNames(const ProgramParts& parts) {
  if (!IsId(parts.route_name)) return Broken("V13", "the route's name is not well-formed");
  absl::flat_hash_set<std::string> seen;
  for (size_t i = 0; i < parts.elements.size(); ++i) {
    if (!IsId(parts.elements[i]))
      return Broken("V13", "element ", i, ": its id is not well-formed");
    if (!seen.insert(parts.elements[i]).second) {
      return Broken("V13", "element ", i, ": id `", parts.elements[i], "` comes twice");
    }
  }
  for (size_t i = 0; i < parts.models.size(); ++i) {
    absl::Status status = VerifyModelNames(parts.models[i], i);
    if (!status.ok()) return status;
  }

  // An index is below kNoSlot.
  if (parts.fields.size() > kNoSlot) {
    return Broken("V6", "too many fields: ", parts.fields.size(), " (limit is ", kNoSlot, ")");
  }
  for (size_t i = 0; i < parts.fields.size(); ++i) {
    if (!IsValidUtf8(parts.fields[i])) return Broken("V6", "slot ", i, ": not valid UTF-8");
    const auto field = ParseField(parts.fields[i]);
    if (!field.ok()) return Broken("V6", "slot ", i, ": ", field.status().message());
  }
  return absl::OkStatus();
}

}  // namespace junctor
