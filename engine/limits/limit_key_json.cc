#include "engine/limits/limit_key_json.h"

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "absl/strings/escaping.h"
#include "engine/observe/json_text.h"
#include "runtime/interp/key_encoding.h"
#include "runtime/program/program_parts.h"
#include "runtime/program/utf8.h"
#include "runtime/request/json_reader.h"

namespace junctor::engine {
namespace {

// What ids begin with, so that the id of the empty key is a text too.
constexpr std::string_view kIdPrefix = "k_";
// A hashed field: 'H', its size and its hash.
constexpr size_t kDigestBytes = 16;
// Most parts of a key that are read: a route's limit has kMaxLimitKeyFields, and gateways'
// `spend_limits` are partitioned by a few more metadata keys.
constexpr size_t kMaxKeyParts = 64;
// Longest key: each part's encoding is cut to kMaxKeyFieldBytes.
constexpr size_t kMaxKeyBytes = kMaxKeyParts * kMaxKeyFieldBytes;

constexpr std::string_view kMissing = "missing";
constexpr std::string_view kSeveral = "several";
constexpr std::string_view kHashed = "hashed";
constexpr std::string_view kBytes = "bytes";
constexpr std::string_view kValue = "value";

// Whether an object with such a member could be taken for one of those that are no values.
bool IsMarker(std::string_view name) {
  return name == kMissing || name == kSeveral || name == kHashed || name == kValue;
}

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 0x0F];
  }
  return text;
}

std::optional<std::string> Unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
    bytes.push_back(static_cast<char>(value));
  }
  return bytes;
}

// Writes encoded fields as JSON.
class KeyWriter {
 public:
  explicit KeyWriter(std::string_view key) : rest_(key) {}

  std::optional<std::string> Write() {
    out_ = "[";
    while (!rest_.empty()) {
      if (out_.size() > 1) out_ += ',';
      if (!Field()) return std::nullopt;
    }
    return out_ + "]";
  }

 private:
  template <typename Integer>
  bool Take(Integer* value) {
    if (rest_.size() < sizeof(Integer)) return false;
    uint64_t read = 0;
    for (size_t i = sizeof(Integer); i > 0; --i) {
      read = (read << 8) | static_cast<unsigned char>(rest_[i - 1]);
    }
    *value = static_cast<Integer>(read);
    rest_.remove_prefix(sizeof(Integer));
    return true;
  }

  bool TakeBytes(size_t size, std::string_view* bytes) {
    if (rest_.size() < size) return false;
    *bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  bool TakeText(std::string_view* text) {
    uint32_t size = 0;
    return Take(&size) && TakeBytes(size, text);
  }

  bool Field() {
    const char tag = rest_.front();
    if (tag == 'm') {
      rest_.remove_prefix(1);
      out_ += "{\"missing\":true}";
      return true;
    }
    if (tag == 'H') return Hashed();
    if (tag == 'o') return Object();
    if (tag != 'A') return Item(0);
    rest_.remove_prefix(1);
    out_ += "{\"several\":[";
    if (!Items(0)) return false;
    out_ += "]}";
    return true;
  }

  // An object of the request: as it is, unless it could be taken for a part that is no value.
  bool Object() {
    const size_t start = out_.size();
    has_marker_ = false;
    if (!Item(0)) return false;
    if (has_marker_) {
      out_.insert(start, "{\"value\":");
      out_ += '}';
    }
    return true;
  }

  bool Hashed() {
    rest_.remove_prefix(1);
    uint64_t size = 0;
    std::string_view digest;
    if (!Take(&size) || !TakeBytes(kDigestBytes, &digest)) return false;
    out_ += "{\"hashed\":\"" + Hex(digest) + "\",\"bytes\":" + std::to_string(size) + "}";
    return true;
  }

  // A count, and so many values with commas between them.
  bool Items(size_t depth) {
    uint32_t count = 0;
    if (!Take(&count)) return false;
    for (uint32_t i = 0; i < count; ++i) {
      if (i > 0) out_ += ',';
      if (!Item(depth)) return false;
    }
    return true;
  }

  bool Members(size_t depth) {
    uint32_t count = 0;
    if (!Take(&count)) return false;
    for (uint32_t i = 0; i < count; ++i) {
      std::string_view name;
      if (!TakeText(&name)) return false;
      has_marker_ = has_marker_ || (depth == 1 && IsMarker(name));
      if (i > 0) out_ += ',';
      AppendJsonString(&out_, name);
      out_ += ':';
      if (!Item(depth)) return false;
    }
    return true;
  }

  bool Item(size_t depth) {
    if (rest_.empty() || depth > kMaxReadDepth) return false;
    const char tag = rest_.front();
    rest_.remove_prefix(1);
    uint64_t bits = 0;
    std::string_view text;
    switch (tag) {
      case 'n':
        out_ += "null";
        return true;
      case 'f':
        out_ += "false";
        return true;
      case 't':
        out_ += "true";
        return true;
      case 'i':
        if (!Take(&bits)) return false;
        AppendJsonInteger(&out_, static_cast<int64_t>(bits));
        return true;
      case 'd':
        if (!Take(&bits)) return false;
        AppendJsonReal(&out_, std::bit_cast<double>(bits));
        return true;
      case 's':
        if (!TakeText(&text)) return false;
        AppendJsonString(&out_, text);
        return true;
      case 'a': {
        out_ += '[';
        if (!Items(depth + 1)) return false;
        out_ += ']';
        return true;
      }
      case 'o': {
        out_ += '{';
        if (!Members(depth + 1)) return false;
        out_ += '}';
        return true;
      }
      default:
        return false;
    }
  }

  std::string_view rest_;
  std::string out_;
  bool has_marker_ = false;  // the object that is written has a member with a marker's name
};

// Appends `part`, which is `{"hashed": …, "bytes": …}`.
absl::Status AppendHashed(const Value& part, std::string* key) {
  const Value digest = part.Find(kHashed);
  const Value size = part.Find(kBytes);
  const std::optional<std::string> bytes =
      digest.kind() == ValueKind::kString ? Unhex(digest.string()) : std::nullopt;
  if (!bytes.has_value() || bytes->size() != kDigestBytes || size.kind() != ValueKind::kInt ||
      size.integer() < 0) {
    return Invalid("has a part with `hashed` that is not as the list of limits gives it");
  }
  key->push_back('H');
  for (size_t i = 0; i < sizeof(uint64_t); ++i) {
    key->push_back(static_cast<char>((static_cast<uint64_t>(size.integer()) >> (8 * i)) & 0xff));
  }
  *key += *bytes;
  return absl::OkStatus();
}

// Appends `values`, which stand behind `several`.
absl::Status AppendSeveral(const Value& values, std::string* key) {
  if (values.kind() != ValueKind::kArray) return Invalid("has a `several` that is no array");
  const size_t start = key->size();
  key->push_back('A');
  for (size_t i = 0; i < sizeof(uint32_t); ++i) {
    key->push_back(static_cast<char>((values.size() >> (8 * i)) & 0xff));
  }
  for (uint32_t i = 0; i < values.size(); ++i) AppendEncoded(values.items()[i], key);
  if (key->size() - start > kMaxKeyFieldBytes) {
    return Invalid("has a `several` that is longer than a key's field; give `key_id` instead");
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<std::string> LimitKeyJson(std::string_view key) { return KeyWriter(key).Write(); }

absl::StatusOr<std::string> LimitKeyOf(const Value& parts) {
  if (parts.kind() != ValueKind::kArray) {
    return Invalid("must be an array with the value of each field of the key, such as [\"u-1\"]");
  }
  if (parts.size() > kMaxKeyParts) {
    return Invalid("has " + std::to_string(parts.size()) + " parts; a key has at most " +
                   std::to_string(kMaxKeyParts));
  }
  std::string key;
  bool some_present = false;
  for (uint32_t i = 0; i < parts.size(); ++i) {
    const Value& part = parts.items()[i];
    const bool is_object = part.kind() == ValueKind::kObject;
    if (is_object && part.size() == 1 && part.members()[0].key == kMissing) {
      key.push_back('m');
      continue;
    }
    some_present = true;
    absl::Status status;
    if (is_object && part.size() == 2 && !part.Find(kHashed).is_missing()) {
      status = AppendHashed(part, &key);
    } else if (is_object && part.size() == 1 && part.members()[0].key == kSeveral) {
      status = AppendSeveral(part.members()[0].value, &key);
    } else if (is_object && part.size() == 1 && part.members()[0].key == kValue) {
      AppendKeyValue(part.members()[0].value, &key);
    } else {
      AppendKeyValue(part, &key);
    }
    if (!status.ok()) return status;
  }
  return some_present ? key : std::string();
}

absl::StatusOr<std::string> ReadLimitKeyJson(std::string_view json) {
  std::pmr::monotonic_buffer_resource arena;
  const Value parts = IsValidUtf8(json) ? ReadJson(json, &arena) : Value();
  return LimitKeyOf(parts);
}

std::string LimitKeyId(std::string_view key) {
  return std::string(kIdPrefix) +
         absl::WebSafeBase64Escape(absl::string_view(key.data(), key.size()));
}

std::optional<std::string> ReadLimitKeyId(std::string_view id) {
  // Four letters stand for three bytes.
  if (!id.starts_with(kIdPrefix) || id.size() > kIdPrefix.size() + kMaxKeyBytes * 4 / 3 + 4) {
    return std::nullopt;
  }
  id.remove_prefix(kIdPrefix.size());
  std::string key;
  if (!absl::WebSafeBase64Unescape(absl::string_view(id.data(), id.size()), &key) ||
      !LimitKeyJson(key).has_value()) {
    return std::nullopt;
  }
  return key;
}

}  // namespace junctor::engine
