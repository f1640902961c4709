#include "engine/store/redis_commands.h"

#include <charconv>

namespace junctor::engine {
namespace {

constexpr size_t kMaxDigits = 20;

}  // namespace

void RedisCommands::Length(char mark, size_t length) {
  char line[kMaxDigits + 3];
  line[0] = mark;
  char* end = std::to_chars(line + 1, line + 1 + kMaxDigits, length).ptr;
  *end++ = '\r';
  *end++ = '\n';
  text_.append(line, static_cast<size_t>(end - line));
}

void RedisCommands::Begin(size_t words) {
  ++size_;
  Length('*', words);
}

void RedisCommands::Word(std::string_view word) {
  Length('$', word.size());
  text_.append(word);
  text_.append("\r\n");
}

void RedisCommands::Word(std::string_view first, std::string_view second) {
  Length('$', first.size() + second.size());
  text_.append(first);
  text_.append(second);
  text_.append("\r\n");
}

void RedisCommands::Number(uint64_t number) {
  char digits[kMaxDigits];
  const char* end = std::to_chars(digits, digits + kMaxDigits, number).ptr;
  Word({digits, static_cast<size_t>(end - digits)});
}

void RedisCommands::Clear() {
  text_.clear();
  size_ = 0;
}

}  // namespace junctor::engine
