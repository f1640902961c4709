#include "engine/net/response_writer.h"

#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <ctime>

namespace junctor::net {
namespace {

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", formatted once a second and thread.
std::string_view DateField() {
  thread_local time_t second = 0;
  thread_local std::array<char, 64> text{};
  thread_local size_t size = 0;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != second) {
    second = now.tv_sec;
    tm parts{};
    ::gmtime_r(&second, &parts);
    size = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  }
  return {text.data(), size};
}

// The fields that this writer answers for.
bool IsOwnField(std::string_view name) {
  switch (name.size()) {
    case 4:
      return EqualsIgnoreCase(name, "date");
    case 10:
      return EqualsIgnoreCase(name, "connection") || EqualsIgnoreCase(name, "keep-alive");
    case 14:
      return EqualsIgnoreCase(name, "content-length");
    case 17:
      return EqualsIgnoreCase(name, "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace

void AppendNumber(uint64_t value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

bool IsBodilessStatus(int status) { return status < 200 || status == 204 || status == 304; }

std::string ErrorBody(std::string_view message, std::string_view type) {
  std::string body = "{\"error\":{\"message\":\"";
  for (const char c : message) {
    if (c == '"' || c == '\\') body += '\\';
    body += c;
  }
  body += "\",\"type\":\"";
  body += type;
  body += "\",\"param\":null,\"code\":null}}";
  return body;
}

absl::Status AppendResponseHead(int status, std::span<const HeaderView> headers,
                                const ResponseFraming& framing, std::string& out) {
  if (status < 100 || status > 999) {
    return absl::InvalidArgumentError("response status " + std::to_string(status) +
                                      " is not between 100 and 999");
  }
  if (status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    namespace http = boost::beast::http;
    const auto reason = http::obsolete_reason(static_cast<http::status>(status));
    out += "HTTP/1.1 ";
    AppendNumber(static_cast<uint64_t>(status), out);
    out += ' ';
    out.append(reason.data(), reason.size());
    out += "\r\n";
  }
  for (const HeaderView& field : headers) {
    if (IsOwnField(field.name)) continue;
    if (!IsValidHeaderName(field.name)) {
      return absl::InvalidArgumentError("response header name \"" + std::string(field.name) +
                                        "\" is not a token");
    }
    if (!IsValidHeaderValue(field.value)) {
      return absl::InvalidArgumentError("the value of response header " + std::string(field.name) +
                                        " has a control character");
    }
    out += field.name;
    out += ": ";
    out += field.value;
    out += "\r\n";
  }
  out += DateField();
  if (framing.framing == Framing::kLength) {
    out += "Content-Length: ";
    AppendNumber(framing.content_length, out);
    out += "\r\n";
  } else if (framing.framing == Framing::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!framing.keep_alive) {
    out += "Connection: close\r\n";
  } else if (framing.http_1_0) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return absl::OkStatus();
}

}  // namespace junctor::net
