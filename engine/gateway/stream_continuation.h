// A stream that goes on with another answer after its first one broke: what the caller has already,
// and how the chunks of the next answer become chunks of the same stream (R22, `continue`).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/providers/chat/event_reader.h"

namespace junctor::engine {

// Most text of a broken answer that can be gone on from.
inline constexpr size_t kMaxContinuedBytes = 1024 * 1024;

// Watches one answer of a stream of chat completion chunks. The first answer passes unchanged and
// is remembered; those after it are rewritten to go on under its id. A value; not thread-safe.
class StreamContinuation {
 public:
  // For the first answer.
  StreamContinuation();
  ~StreamContinuation();
  StreamContinuation(StreamContinuation&&) noexcept;
  StreamContinuation& operator=(StreamContinuation&&) noexcept;

  // For the answer after this one broke. `continues_prefix`: it was asked to go on from text();
  // otherwise it begins afresh, and its beginning, which must be text(), is left out.
  StreamContinuation Next(bool continues_prefix) const;

  enum class Verdict {
    kUnchanged,  // the event goes to the caller as it is
    kRewritten,  // what was appended goes instead; it may be nothing
    kDiffers,    // the answer does not begin with what the caller has
  };
  // Takes an event that is a chunk (not `[DONE]`, no error).
  Verdict Take(const ServerSentEvent& event, std::string* out);

  // What the caller has of the answer's text.
  std::string_view text() const { return text_; }
  // Whether another answer can go on from it: nothing but text, of one choice, and not too much.
  bool can_continue() const { return can_continue_; }

 private:
  struct Parser;

  void Watch(std::string_view data);
  Verdict Rewrite(std::string_view data, std::string* out);
  // The part of `content` that is new to the caller; false: it differs.
  bool TakeNew(std::string_view content, std::string_view* fresh);

  std::unique_ptr<Parser> parser_;
  bool is_first_ = true;
  bool can_continue_ = true;
  bool reasoned_ = false;  // the caller has reasoning already
  std::string text_;
  // Of the first answer, as JSON text; empty: not told yet.
  std::string id_;
  std::string created_;
  std::string model_;
  // What the answer's text has to begin with, and how much of that has come.
  std::string expected_;
  size_t matched_ = 0;
  bool must_match_ = false;  // else what differs is simply new
};

}  // namespace junctor::engine
