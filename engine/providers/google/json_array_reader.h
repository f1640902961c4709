// Objects cut out of one JSON array that comes in pieces: how Google streams an answer without
// `alt=sse`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace junctor::engine {

// Reads `[{…},{…}]`, or one object by itself, as its bytes come. Knows where objects end, not
// whether they are JSON. Memory is bounded by one object of kMaxEventBytes. Not thread-safe.
class JsonArrayReader {
 public:
  // Adds `bytes`, which must stay valid until the next Feed. Call Next until it yields nothing
  // before feeding again.
  void Feed(std::string_view bytes);

  // The next whole object, valid until the next call; or nothing until more bytes are fed.
  std::optional<std::string_view> Next();

  // Whether an object has outgrown its bound; nothing more is read then.
  bool too_large() const { return too_large_; }
  // Whether something stands between the objects that belongs to no array; nothing more is read
  // then.
  bool malformed() const { return malformed_; }

 private:
  std::string_view input_;
  std::string object_;  // the part of the current object that came with earlier feeds
  std::string whole_;   // backs what Next() returned
  uint64_t depth_ = 0;  // of braces and brackets inside the current object; 0: between objects
  bool in_string_ = false;
  bool escaped_ = false;
  bool too_large_ = false;
  bool malformed_ = false;
};

}  // namespace junctor::engine
