#include "engine/providers/chat/data_url.h"

#include "engine/net/http_types.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kScheme = "data:";
constexpr std::string_view kBase64Marker = ";base64";

}  // namespace

bool IsDataUrl(std::string_view url) {
  return net::EqualsIgnoreCase(url.substr(0, kScheme.size()), kScheme);
}

std::optional<DataUrl> ParseDataUrl(std::string_view url) {
  if (!IsDataUrl(url)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view head = url.substr(0, comma);
  if (head.size() < kBase64Marker.size() ||
      !net::EqualsIgnoreCase(head.substr(head.size() - kBase64Marker.size()), kBase64Marker)) {
    return std::nullopt;
  }
  DataUrl parsed;
  parsed.mime_type = head.substr(0, head.find(';'));
  parsed.base64 = url.substr(comma + 1);
  return parsed;
}

}  // namespace junctor::engine
