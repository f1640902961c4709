// Commands for a Redis server, as they stand on the wire: any number in one text, sent in one go.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::engine {

// Begin says how many words a command has; so many must follow. The text's memory is kept for the
// next commands.
class RedisCommands {
 public:
  void Begin(size_t words);
  void Word(std::string_view word);
  // A word of two parts.
  void Word(std::string_view first, std::string_view second);
  // As decimal text.
  void Number(uint64_t number);

  std::string_view text() const { return text_; }
  size_t size() const { return size_; }
  void Clear();

 private:
  void Length(char mark, size_t length);

  std::string text_;
  size_t size_ = 0;
};

}  // namespace junctor::engine
