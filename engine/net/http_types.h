// What HTTP messages are made of, shared by server and client.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace junctor::net {

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// ASCII only, as header names are.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// A list of header fields in the order of the message. The views belong to the connection's buffer.
class HeaderList {
 public:
  // The first field of that name (any case), or null.
  const std::string_view* Find(std::string_view name) const;
  // Its value, or "".
  std::string_view Get(std::string_view name) const;
  // How many fields have that name.
  int Count(std::string_view name) const;

  std::vector<HeaderView>::const_iterator begin() const { return fields_.begin(); }
  std::vector<HeaderView>::const_iterator end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }
  const HeaderView& operator[](size_t i) const { return fields_[i]; }
  void clear() { fields_.clear(); }
  void push_back(HeaderView field) { fields_.push_back(field); }

 private:
  std::vector<HeaderView> fields_;
};

// How the end of a body is known.
enum class Framing : uint8_t {
  kNone,        // no body: HEAD, 204, 304, or a request without one
  kLength,      // Content-Length
  kChunked,     // Transfer-Encoding: chunked
  kUntilClose,  // responses only: the body ends with the connection
};

// A checked request head. Views are valid until the exchange ends.
struct RequestHead {
  std::string_view method;
  std::string_view
      target;             // origin form, "/path?query" (an absolute form is cut down to it), or "*"
  int minor_version = 1;  // HTTP/1.minor
  HeaderList headers;
  bool keep_alive = true;            // what the client wants
  Framing framing = Framing::kNone;  // kNone, kLength or kChunked
  uint64_t content_length = 0;       // when kLength
  bool expect_continue = false;      // waits for "100 Continue"; reading the body answers it
  std::string_view remote_address;   // numeric, without the port

  // The target without its query.
  std::string_view path() const { return target.substr(0, target.find('?')); }
  // The value of the first header of that name (any case), or null.
  const std::string_view* Find(std::string_view name) const { return headers.Find(name); }
};

// A checked response head. Views are valid until the exchange ends.
struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  std::string_view reason;
  HeaderList headers;
  Framing framing = Framing::kNone;
  uint64_t content_length = 0;  // when kLength
  bool keep_alive = false;

  const std::string_view* Find(std::string_view name) const { return headers.Find(name); }
};

// A field that belongs to one connection, not to the message, and so is never passed on by a proxy:
// Connection, Keep-Alive, Proxy-Connection, TE, Trailer, Transfer-Encoding, Upgrade,
// Proxy-Authenticate, Proxy-Authorization.
bool IsHopByHopHeader(std::string_view name);

// True when `value` may stand in a header: no CR, LF, NUL or other control character but tab.
bool IsValidHeaderValue(std::string_view value);
// True when `name` is a token.
bool IsValidHeaderName(std::string_view name);

}  // namespace junctor::net
