#include "engine/providers/native/native_path.h"

#include "engine/net/http_types.h"

namespace junctor::engine {
namespace {

// What the rule kStrip drops, and kDefault adds, where the base URL names no version.
constexpr std::string_view kUsualVersion = "v1";
constexpr size_t kEncodedByteLength = 3;  // "%2e"

bool IsControlOrSpace(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= ' ' || byte == 0x7f;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

absl::Status Refuse(std::string_view what, std::string_view why) {
  return absl::InvalidArgumentError("the " + std::string(what) + " " + std::string(why));
}

bool HasEncoded(std::string_view text, std::string_view lower_encoded) {
  return text.size() >= kEncodedByteLength &&
         net::EqualsIgnoreCase(text.substr(0, kEncodedByteLength), lower_encoded);
}

// Takes one separator, plain or percent-encoded, from the front of `text`; a server that decodes
// before it splits sees no difference.
bool TakeSeparator(std::string_view* text) {
  if (text->starts_with('/')) {
    text->remove_prefix(1);
    return true;
  }
  if (!HasEncoded(*text, "%2f") && !HasEncoded(*text, "%5c")) return false;
  text->remove_prefix(kEncodedByteLength);
  return true;
}

bool HasParentSegment(std::string_view path) {
  size_t dots = 0;
  bool only_dots = true;
  const auto is_parent = [&] { return only_dots && dots == 2; };
  while (!path.empty()) {
    if (TakeSeparator(&path)) {
      if (is_parent()) return true;
      dots = 0;
      only_dots = true;
    } else if (path.front() == '.' || HasEncoded(path, "%2e")) {
      path.remove_prefix(path.front() == '.' ? 1 : kEncodedByteLength);
      ++dots;
    } else {
      path.remove_prefix(1);
      only_dots = false;
    }
  }
  return is_parent();
}

// The version that `base_path` ends in, or an empty view.
std::string_view VersionAtEnd(std::string_view base_path) {
  const size_t slash = base_path.rfind('/');
  if (slash == base_path.npos) return {};
  const std::string_view last = base_path.substr(slash + 1);
  return IsVersionSegment(last) ? last : std::string_view();
}

std::string Joined(std::string_view base_path, std::string_view rest) {
  std::string path(base_path);
  path.append(rest);
  return path;
}

}  // namespace

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    decoded.push_back(text[i]);
  }
  return decoded;
}

absl::Status CheckNativePath(std::string_view path) {
  for (const char c : path) {
    if (IsControlOrSpace(c)) return Refuse("path", "holds a space or a control character");
    if (c == '\\') return Refuse("path", "holds a backslash");
    if (c == '#') return Refuse("path", "holds a `#`");
    if (c == '?') return Refuse("path", "holds a second `?`");
  }
  if (HasParentSegment(path)) return Refuse("path", "holds a `..` segment");
  return absl::OkStatus();
}

absl::Status CheckNativeQuery(std::string_view query) {
  for (const char c : query) {
    if (IsControlOrSpace(c)) return Refuse("query", "holds a space or a control character");
    if (c == '#') return Refuse("query", "holds a `#`");
  }
  return absl::OkStatus();
}

std::pair<std::string_view, std::string_view> SplitFirstSegment(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const size_t slash = path.find('/');
  if (slash == path.npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash)};
}

bool IsVersionSegment(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

std::string VersionedPath(const ProviderRecord& record, const BaseUrl& base,
                          std::string_view rest) {
  const std::string_view base_version = VersionAtEnd(base.path);
  const auto [first, after_first] = SplitFirstSegment(rest);
  switch (record.version_prefix) {
    case VersionPrefixRule::kNone:
      // An operator's own provider is called exactly as its base URL says.
      if (record.built_in && !base_version.empty() && first == base_version) {
        return Joined(base.path, after_first);
      }
      return Joined(base.path, rest);
    case VersionPrefixRule::kStrip:
      if (first == (base_version.empty() ? kUsualVersion : base_version)) {
        return Joined(base.path, after_first);
      }
      return Joined(base.path, rest);
    case VersionPrefixRule::kDefault: {
      if (first.empty()) return Joined(base.path, rest);
      if (IsVersionSegment(first)) {
        // The caller's version stands in the place of the base URL's.
        std::string_view root = base.path;
        if (!base_version.empty()) root.remove_suffix(base_version.size() + 1);
        return Joined(root, rest);
      }
      if (!base_version.empty()) return Joined(base.path, rest);
      return Joined(Joined(base.path, "/"), kUsualVersion).append(rest);
    }
  }
  return Joined(base.path, rest);
}

}  // namespace junctor::engine
