// Parses the heads of HTTP/1.1 messages, strictly: what two parsers could read differently is
// refused, since that is what request smuggling is made of.
#pragma once

#include <cstddef>
#include <string_view>

#include "engine/net/http_types.h"

namespace junctor::net {

// Finds the end of a head in a buffer that grows. Every line must end in CR LF.
class HeadScanner {
 public:
  enum class State { kNeedMore, kComplete, kBareLineFeed };

  // `data` is the message from its first byte on, each time at least as long as the time before.
  // Looks at new bytes only.
  State Scan(std::string_view data);
  // After kComplete: the length of the head, with its empty line.
  size_t head_size() const { return line_start_; }
  // The length of the first line so far, whether or not it is complete.
  size_t first_line_size() const { return first_line_size_; }
  void Reset() { *this = HeadScanner(); }

 private:
  size_t scanned_ = 0;
  size_t line_start_ = 0;
  size_t first_line_size_ = 0;
  bool first_line_complete_ = false;
};

// Why a request head is refused: the status to answer, and what was wrong.
struct HeadError {
  int status = 0;  // 0: no error
  std::string_view message;

  bool ok() const { return status == 0; }
};

// Parses a complete request head (as HeadScanner measured it) into `head`, whose views then point
// into `data`. Leaves remote_address alone.
HeadError ParseRequestHead(std::string_view data, size_t max_headers, RequestHead& head);

// Parses a complete response head. `to_head_request`: the answer has no body whatever it says. An
// interim (1xx) head is parsed too. Errors have status 502.
HeadError ParseResponseHead(std::string_view data, size_t max_headers, bool to_head_request,
                            ResponseHead& head);

}  // namespace junctor::net
