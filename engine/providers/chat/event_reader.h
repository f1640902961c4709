// Server-sent events, cut out of a byte stream as they come: the raw bytes of each event, and the
// data in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace junctor::engine {

// Longest event that is read: Gemini sends whole images as one line.
inline constexpr size_t kMaxEventBytes = 16 * 1024 * 1024;

// One event, or a block of comments. Views are valid until the next Feed or Finish, and as long as
// the bytes that were fed.
struct ServerSentEvent {
  std::string_view raw;   // its bytes as they came, with the empty line that ends it
  std::string_view name;  // of the `event:` line; empty where there is none
  std::string_view data;  // the `data:` lines, joined by line feeds
  bool has_data = false;  // false: comments or fields only, nothing is dispatched
};

// Reads events by the rules of the WHATWG EventSource parser: LF, CRLF and CR end a line, one
// leading byte order mark is no part of the first line, one space after the colon is dropped. The
// raw bytes of all events together are the stream's bytes, so that a proxy can pass them on
// unchanged. Not thread-safe.
class EventReader {
 public:
  // Adds `bytes`, which must stay valid until the next Feed or Finish. Call Next until it yields
  // nothing before feeding again.
  void Feed(std::string_view bytes);

  // The next whole event, or nothing until more bytes are fed.
  std::optional<ServerSentEvent> Next();

  // At the end of the stream: what is left without an empty line after it, if anything. The caller
  // decides whether it counts.
  std::optional<ServerSentEvent> Finish();

  // Whether an event has outgrown kMaxEventBytes; nothing more is read then.
  bool too_large() const { return too_large_; }

  // What was fed and has not come out of Next; valid until the next Feed or Finish.
  std::string_view unread() const { return window_.substr(begin_); }

 private:
  void TakeLine(std::string_view line);
  void CarryUnfinished();
  // Makes all offsets relative to the byte at `begin`.
  void ShiftTo(size_t begin);
  ServerSentEvent Dispatch(size_t end);

  std::string carried_;  // backs `window_` when an event spans feeds
  std::string_view window_;
  size_t begin_ = 0;    // where the current event's raw bytes begin
  size_t line_ = 0;     // where the current line begins
  size_t scanned_ = 0;  // no line end stands before this in the current line
  bool skip_line_feed_ =
      false;              // the last line ended with CR: a LF right after it is part of that end
  bool at_start_ = true;  // a byte order mark may come
  bool too_large_ = false;

  // Fields of the current event, as offsets into the window (the window may move between feeds).
  struct Range {
    size_t begin = 0;
    size_t size = 0;
  };
  Range name_;
  Range data_;
  size_t data_lines_ = 0;
  std::string joined_;  // data of several lines
};

}  // namespace junctor::engine
