#include "engine/net/http_types.h"

#include <array>
#include <cstring>

#include "engine/net/net_error.h"

namespace junctor::net {
namespace {

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}

constexpr std::array<bool, 256> kToken = MakeTokenTable();

constexpr uint64_t kOnes = 0x0101010101010101u;
constexpr uint64_t kHighs = 0x8080808080808080u;

// Whether any of the eight bytes is below 0x20 or is 0x7f.
bool AnyControl(uint64_t word) {
  const uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
  const uint64_t del = word ^ (kOnes * 0x7f);
  const uint64_t is_del = (del - kOnes) & ~del & kHighs;
  return (below_space | is_del) != 0;
}

bool IsValueByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

std::string_view NetErrorKindName(NetErrorKind kind) {
  switch (kind) {
    case NetErrorKind::kConnect:
      return "connect";
    case NetErrorKind::kReset:
      return "reset";
    case NetErrorKind::kTimeout:
      return "timeout";
    case NetErrorKind::kCancelled:
      return "cancelled";
    case NetErrorKind::kProtocol:
      return "protocol";
  }
  return "unknown";
}

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && LowerAscii(a[i]) != LowerAscii(b[i])) return false;
  }
  return true;
}

const std::string_view* HeaderList::Find(std::string_view name) const {
  for (const HeaderView& field : fields_) {
    if (EqualsIgnoreCase(field.name, name)) return &field.value;
  }
  return nullptr;
}

std::string_view HeaderList::Get(std::string_view name) const {
  const std::string_view* value = Find(name);
  return value == nullptr ? std::string_view() : *value;
}

int HeaderList::Count(std::string_view name) const {
  int count = 0;
  for (const HeaderView& field : fields_) count += EqualsIgnoreCase(field.name, name) ? 1 : 0;
  return count;
}

bool IsHopByHopHeader(std::string_view name) {
  switch (name.size()) {
    case 2:
      return EqualsIgnoreCase(name, "te");
    case 7:
      return EqualsIgnoreCase(name, "trailer") || EqualsIgnoreCase(name, "upgrade");
    case 10:
      return EqualsIgnoreCase(name, "connection") || EqualsIgnoreCase(name, "keep-alive");
    case 16:
      return EqualsIgnoreCase(name, "proxy-connection");
    case 17:
      return EqualsIgnoreCase(name, "transfer-encoding");
    case 18:
      return EqualsIgnoreCase(name, "proxy-authenticate");
    case 19:
      return EqualsIgnoreCase(name, "proxy-authorization");
    default:
      return false;
  }
}

bool IsValidHeaderValue(std::string_view value) {
  size_t i = 0;
  for (; i + 8 <= value.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, value.data() + i, 8);
    if (!AnyControl(word)) continue;
    for (size_t k = i; k < i + 8; ++k) {
      if (!IsValueByte(value[k])) return false;
    }
  }
  for (; i < value.size(); ++i) {
    if (!IsValueByte(value[i])) return false;
  }
  return true;
}

bool IsValidHeaderName(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (!kToken[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

}  // namespace junctor::net
