#include "engine/net/head_parser.h"

#include <cstring>
#include <optional>

namespace junctor::net {
namespace {

constexpr size_t kMaxMethodBytes = 32;   // the longest registered method has 17
constexpr size_t kMaxLengthDigits = 18;  // below 2^63

HeadError Bad(std::string_view message) { return {400, message}; }

// Takes the next line, without its CR LF. `data` ends in the empty line.
std::string_view TakeLine(std::string_view& data) {
  const size_t end = data.find('\n');
  const std::string_view line = data.substr(0, end - 1);
  data.remove_prefix(end + 1);
  return line;
}

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint64_t> ParseLength(std::string_view text) {
  if (text.empty() || text.size() > kMaxLengthDigits) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

// Whether the comma-separated list holds `token`.
bool HasListToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (EqualsIgnoreCase(TrimSpace(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// What the header fields say about the message's framing and connection.
struct MessageFacts {
  int content_length_count = 0;
  bool lengths_differ = false;
  std::string_view content_length;
  int transfer_encoding_count = 0;
  std::string_view transfer_encoding;
  int host_count = 0;
  std::string_view host;
  int expect_count = 0;
  std::string_view expect;
  bool close = false;
  bool keep_alive = false;
};

void NoteField(const HeaderView& field, MessageFacts& facts) {
  switch (field.name.size()) {
    case 4:
      if (EqualsIgnoreCase(field.name, "host")) {
        ++facts.host_count;
        facts.host = field.value;
      }
      break;
    case 6:
      if (EqualsIgnoreCase(field.name, "expect")) {
        ++facts.expect_count;
        facts.expect = field.value;
      }
      break;
    case 10:
      if (EqualsIgnoreCase(field.name, "connection")) {
        facts.close = facts.close || HasListToken(field.value, "close");
        facts.keep_alive = facts.keep_alive || HasListToken(field.value, "keep-alive");
      }
      break;
    case 14:
      if (EqualsIgnoreCase(field.name, "content-length")) {
        if (facts.content_length_count > 0 && field.value != facts.content_length) {
          facts.lengths_differ = true;
        }
        ++facts.content_length_count;
        facts.content_length = field.value;
      }
      break;
    case 17:
      if (EqualsIgnoreCase(field.name, "transfer-encoding")) {
        ++facts.transfer_encoding_count;
        facts.transfer_encoding = field.value;
      }
      break;
    default:
      break;
  }
}

HeadError ParseFields(std::string_view data, size_t max_headers, HeaderList& headers,
                      MessageFacts& facts) {
  headers.clear();
  for (std::string_view line = TakeLine(data); !line.empty(); line = TakeLine(data)) {
    if (headers.size() == max_headers) return {431, "too many header fields"};
    if (line.front() == ' ' || line.front() == '\t') {
      return Bad("a header field folded over several lines is not accepted");
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Bad("a header line has no colon");
    HeaderView field{line.substr(0, colon), TrimSpace(line.substr(colon + 1))};
    if (!IsValidHeaderName(field.name)) {
      return Bad("a header name is empty or has a character that names can't have");
    }
    if (!IsValidHeaderValue(field.value)) return Bad("a header value has a control character");
    NoteField(field, facts);
    headers.push_back(field);
  }
  return {};
}

// Reads "HTTP/1.x" into `minor`.
HeadError ParseVersion(std::string_view text, int& minor) {
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !IsDigit(text[5]) || text[6] != '.' ||
      !IsDigit(text[7])) {
    return Bad("the request line does not end in an HTTP version");
  }
  if (text[5] != '1') return {505, "only HTTP/1.1 and HTTP/1.0 are supported"};
  minor = text[7] == '0' ? 0 : 1;
  return {};
}

bool IsHostText(std::string_view host) {
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '/' || c == '?' || c == '#' || c == '@' || c == '\\' ||
        c == ',') {
      return false;
    }
  }
  return true;
}

// Checks the target and cuts an absolute form down to origin form.
HeadError ParseTarget(std::string_view method, std::string_view& target) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) {
      return Bad("the request target has a character that must be percent-encoded");
    }
  }
  if (target.find('#') != std::string_view::npos) return Bad("the request target has a fragment");
  if (target.front() == '/') return {};
  if (target == "*") {
    return method == "OPTIONS" ? HeadError{} : Bad("the request target * is for OPTIONS only");
  }
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (!EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const size_t slash = rest.find('/');
    const std::string_view authority = rest.substr(0, slash);
    if (authority.empty() || !IsHostText(authority)) break;
    target = slash == std::string_view::npos ? std::string_view("/") : rest.substr(slash);
    return {};
  }
  return Bad("the request target is not a path");
}

HeadError ParseRequestLine(std::string_view line, RequestHead& head) {
  const size_t first_space = line.find(' ');
  const size_t last_space = line.rfind(' ');
  if (first_space == std::string_view::npos || first_space == last_space) {
    return Bad("the request line is not \"METHOD target HTTP/1.1\"");
  }
  head.method = line.substr(0, first_space);
  head.target = line.substr(first_space + 1, last_space - first_space - 1);
  if (head.method.size() > kMaxMethodBytes || !IsValidHeaderName(head.method)) {
    return Bad("the request method is not a token");
  }
  if (head.target.empty()) return Bad("the request target is empty");
  if (HeadError error = ParseVersion(line.substr(last_space + 1), head.minor_version);
      !error.ok()) {
    return error;
  }
  return ParseTarget(head.method, head.target);
}

HeadError JudgeRequestFraming(const MessageFacts& facts, RequestHead& head) {
  head.framing = Framing::kNone;
  head.content_length = 0;
  if (facts.transfer_encoding_count > 0) {
    if (facts.content_length_count > 0) {
      return Bad("a request can't have both Content-Length and Transfer-Encoding");
    }
    if (head.minor_version == 0) return Bad("Transfer-Encoding is not known to HTTP/1.0");
    if (facts.transfer_encoding_count > 1 ||
        !EqualsIgnoreCase(facts.transfer_encoding, "chunked")) {
      return Bad("the only Transfer-Encoding accepted is \"chunked\"");
    }
    head.framing = Framing::kChunked;
  } else if (facts.content_length_count > 0) {
    if (facts.content_length_count > 1) return Bad("Content-Length is given more than once");
    const std::optional<uint64_t> length = ParseLength(facts.content_length);
    if (!length) return Bad("Content-Length is not a decimal number");
    head.content_length = *length;
    if (*length > 0) head.framing = Framing::kLength;
  }
  return {};
}

}  // namespace

HeadScanner::State HeadScanner::Scan(std::string_view data) {
  while (scanned_ < data.size()) {
    const void* found = std::memchr(data.data() + scanned_, '\n', data.size() - scanned_);
    if (found == nullptr) {
      scanned_ = data.size();
      if (!first_line_complete_) first_line_size_ = data.size();
      return State::kNeedMore;
    }
    const auto at = static_cast<size_t>(static_cast<const char*>(found) - data.data());
    scanned_ = at + 1;
    if (at == line_start_ || data[at - 1] != '\r') return State::kBareLineFeed;
    const bool empty_line = at == line_start_ + 1;
    line_start_ = at + 1;
    if (empty_line) return State::kComplete;
    if (!first_line_complete_) first_line_size_ = line_start_;
    first_line_complete_ = true;
  }
  return State::kNeedMore;
}

HeadError ParseRequestHead(std::string_view data, size_t max_headers, RequestHead& head) {
  if (HeadError error = ParseRequestLine(TakeLine(data), head); !error.ok()) return error;
  MessageFacts facts;
  if (HeadError error = ParseFields(data, max_headers, head.headers, facts); !error.ok()) {
    return error;
  }
  if (facts.host_count == 0 && head.minor_version == 1) return Bad("the Host header is missing");
  if (facts.host_count > 1) return Bad("the Host header is given more than once");
  if (!IsHostText(facts.host)) return Bad("the Host header is not a host");
  if (HeadError error = JudgeRequestFraming(facts, head); !error.ok()) return error;
  head.expect_continue = false;
  if (facts.expect_count > 0) {
    if (facts.expect_count > 1 || !EqualsIgnoreCase(facts.expect, "100-continue")) {
      return {417, "the only Expect accepted is \"100-continue\""};
    }
    head.expect_continue = head.minor_version == 1;
  }
  head.keep_alive = head.minor_version == 1 ? !facts.close : facts.keep_alive && !facts.close;
  return {};
}

HeadError ParseResponseHead(std::string_view data, size_t max_headers, bool to_head_request,
                            ResponseHead& head) {
  const std::string_view line = TakeLine(data);
  const auto bad = [](std::string_view message) { return HeadError{502, message}; };
  if (line.size() < 12 || line.substr(0, 7) != "HTTP/1." || !IsDigit(line[7]) || line[8] != ' ' ||
      !IsDigit(line[9]) || !IsDigit(line[10]) || !IsDigit(line[11]) ||
      (line.size() > 12 && line[12] != ' ')) {
    return bad("the status line is not \"HTTP/1.1 status reason\"");
  }
  head.minor_version = line[7] == '0' ? 0 : 1;
  head.status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  head.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  if (head.status < 100) return bad("the status is below 100");
  if (!IsValidHeaderValue(head.reason)) return bad("the status line has a control character");
  MessageFacts facts;
  if (HeadError error = ParseFields(data, max_headers, head.headers, facts); !error.ok()) {
    return bad(error.message);
  }
  head.keep_alive = head.minor_version == 1 ? !facts.close : facts.keep_alive && !facts.close;
  head.content_length = 0;
  if (head.status < 200 && (facts.transfer_encoding_count > 0 || facts.content_length_count > 0)) {
    return bad("an interim answer has a body");
  }
  if (facts.transfer_encoding_count > 0 && facts.content_length_count > 0) {
    return bad("the response has both Content-Length and Transfer-Encoding");
  }
  if (facts.transfer_encoding_count > 0 && head.minor_version == 0) {
    return bad("Transfer-Encoding is not known to HTTP/1.0");
  }
  if (facts.lengths_differ) {
    return bad("the response has several Content-Length headers that differ");
  }
  std::optional<uint64_t> length;
  if (facts.content_length_count > 0) {
    length = ParseLength(facts.content_length);
    if (!length) return bad("Content-Length is not a decimal number");
    head.content_length = *length;
  }
  if (facts.transfer_encoding_count > 0 &&
      (facts.transfer_encoding_count > 1 ||
       !EqualsIgnoreCase(facts.transfer_encoding, "chunked"))) {
    return bad("the Transfer-Encoding is not \"chunked\"");
  }
  if (to_head_request || head.status < 200 || head.status == 204 || head.status == 304) {
    head.framing = Framing::kNone;
    // A 204 cannot have a body; one that announces it is followed by who knows what.
    if (head.status == 204 && (facts.transfer_encoding_count > 0 || head.content_length > 0)) {
      head.keep_alive = false;
    }
  } else if (facts.transfer_encoding_count > 0) {
    head.framing = Framing::kChunked;
  } else if (length) {
    head.framing = Framing::kLength;
  } else {
    head.framing = Framing::kUntilClose;
    head.keep_alive = false;
  }
  return {};
}

}  // namespace junctor::net
