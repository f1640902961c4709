#include "runtime/request/slots.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "absl/strings/match.h"
#include "runtime/request/json_cursor.h"
#include "runtime/request/json_reader.h"
#include "runtime/request/request_facts.h"

namespace junctor {
namespace {

absl::string_view AsAbsl(std::string_view text) { return {text.data(), text.size()}; }

// The last member named `key` of the object `text`, raw. Empty where there is none or the text is
// not an object's.
std::string_view MemberOf(std::string_view text, std::string_view key) {
  std::string_view found;
  const bool well_formed = ForEachMember(text, [&](std::string_view name, std::string_view value) {
    if (RawStringIs(name, key)) found = value;
  });
  return well_formed ? found : std::string_view();
}

}  // namespace

SlotFrame::SlotFrame(std::span<const Field> fields, const Request* request)
    : fields_(fields), request_(request), slots_(fields.size()) {}

void SlotFrame::Fill(uint16_t index) {
  const Field& field = fields_[index];
  Slot slot;
  slot.state = Slot::State::kScalar;
  switch (field.root) {
    case FieldRoot::kBody:
      slot = FillFromBody(field);
      break;
    case FieldRoot::kHeaders:
      slot.value = FillFromHeaders(field.segments[0]);
      break;
    case FieldRoot::kMetadata:
      if (request_->metadata != nullptr) slot.value = request_->metadata->Find(field.segments[0]);
      break;
    case FieldRoot::kRequest:
      slot.value = ComputeFact(field.fact, *request_, &arena_);
      break;
  }
  slots_[index] = slot;
}

Slot SlotFrame::FillFromBody(const Field& field) {
  Slot slot;
  slot.state = Slot::State::kScalar;
  if (request_->body == nullptr || field.segments.empty()) return slot;
  std::string_view text = request_->body->Find(field.segments[0]);
  for (size_t i = 1;; ++i) {
    if (text.empty()) return slot;
    const bool path_ends = i == field.segments.size();
    const char first = text.front();
    if (first == '[' || (first == '{' && path_ends)) {
      slot.value = ReadTree(text);
      if (!slot.value.is_missing()) {
        slot.state = Slot::State::kCompound;
        slot.path_from = static_cast<uint16_t>(i);
      }
      return slot;
    }
    if (path_ends) {
      slot.value = DecodeScalar(text, &arena_);
      return slot;
    }
    if (first != '{') return slot;
    text = MemberOf(text, field.segments[i]);
  }
}

Value SlotFrame::FillFromHeaders(std::string_view name) {
  const HeaderField* only = nullptr;
  size_t count = 0;
  size_t size = 0;
  for (const HeaderField& header : request_->headers) {
    if (!absl::EqualsIgnoreCase(AsAbsl(header.name), AsAbsl(name))) continue;
    only = &header;
    ++count;
    size += header.value.size();
  }
  if (count == 0) return Value();
  if (count == 1) return Value::String(only->value);
  // Several headers of one name are one list (RFC 9110, 5.3).
  constexpr std::string_view kSeparator = ", ";
  const size_t joined_size = size + (count - 1) * kSeparator.size();
  auto* joined = static_cast<char*>(arena_.allocate(joined_size, 1));
  char* out = joined;
  for (const HeaderField& header : request_->headers) {
    if (!absl::EqualsIgnoreCase(AsAbsl(header.name), AsAbsl(name))) continue;
    if (out != joined) out = std::copy(kSeparator.begin(), kSeparator.end(), out);
    out = std::copy(header.value.begin(), header.value.end(), out);
  }
  return Value::String({joined, joined_size});
}

Value SlotFrame::ReadTree(std::string_view text) {
  for (const Tree& tree : trees_) {
    if (tree.text == text.data()) return tree.value;
  }
  const Value value = ReadJson(text, &arena_);
  trees_.push_back({text.data(), value});
  return value;
}

}  // namespace junctor
