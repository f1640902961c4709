#include "runtime/program/json_text.h"

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/program/utf8.h"

namespace junctor {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(uint32_t code_point, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3f));
    put(0x80 | ((code_point >> 6) & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

// Walks one text from its begin to its end. Each Skip… moves past what it names, or sets the error
// and returns false.
class Checker {
 public:
  Checker(std::string_view text, uint32_t max_nesting) : text_(text), max_nesting_(max_nesting) {}

  absl::StatusOr<std::vector<std::string>> Run() {
    if (!IsValidUtf8(text_)) return absl::InvalidArgumentError("not valid UTF-8");
    SkipSpace();
    if (Peek() != '{') {
      Fail("expected an object");
    } else if (SkipTree()) {
      SkipSpace();
      if (at_ != text_.size()) Fail("text follows the object");
    }
    if (!error_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(error_, " at byte ", at_));
    }
    return std::move(keys_);
  }

 private:
  // The next character, or NUL at the end (NUL is no JSON either).
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool Fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }

  void SkipSpace() {
    while (Peek() == ' ' || Peek() == '\t' || Peek() == '\n' || Peek() == '\r') ++at_;
  }

  bool SkipCharacter(char c) {
    SkipSpace();
    if (Peek() != c) return Fail(absl::StrCat("expected `", std::string(1, c), "`"));
    ++at_;
    return true;
  }

  // The object at the cursor with all that is in it. `open_` holds the brackets that are open.
  bool SkipTree() {
    do {
      // At the begin of a value.
      SkipSpace();
      const char c = Peek();
      if (c == '{' || c == '[') {
        if (open_.size() == max_nesting_) {
          return Fail(absl::StrCat("nested more than ", max_nesting_, " deep"));
        }
        ++at_;
        open_.push_back(c);
        SkipSpace();
        if (Peek() != Closer()) {
          if (c == '{' && !SkipKey()) return false;
          continue;
        }
      } else if (!SkipScalar()) {
        return false;
      }
      // Behind a value, or before the closer of an empty one.
      if (!SkipToNextValue()) return false;
    } while (!open_.empty());
    return true;
  }

  char Closer() const { return open_.back() == '{' ? '}' : ']'; }

  // Closes all that ends here, and stops before the next value, or where nothing is open.
  bool SkipToNextValue() {
    while (!open_.empty()) {
      SkipSpace();
      if (Peek() == Closer()) {
        ++at_;
        open_.pop_back();
        continue;
      }
      if (!SkipCharacter(',')) return false;
      return open_.back() == '[' || SkipKey();
    }
    return true;
  }

  bool SkipKey() {
    SkipSpace();
    std::string key;
    if (!SkipString(&key) || !SkipCharacter(':')) return false;
    if (open_.size() == 1) {
      if (!seen_.insert(key).second) return Fail(absl::StrCat("key `", key, "` comes twice"));
      keys_.push_back(std::move(key));
    }
    return true;
  }

  bool SkipScalar() {
    switch (Peek()) {
      case '"': {
        std::string ignored;
        return SkipString(&ignored);
      }
      case 't':
        return SkipWord("true");
      case 'f':
        return SkipWord("false");
      case 'n':
        return SkipWord("null");
      default:
        return SkipNumber();
    }
  }

  bool SkipWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return Fail("expected a value");
    at_ += word.size();
    return true;
  }

  bool SkipDigits() {
    if (!IsDigit(Peek())) return Fail("expected a digit or another value");
    while (IsDigit(Peek())) ++at_;
    return true;
  }

  bool SkipNumber() {
    if (Peek() == '-') ++at_;
    if (Peek() == '0') {
      ++at_;
    } else if (!SkipDigits()) {
      return false;
    }
    if (Peek() == '.') {
      ++at_;
      if (!SkipDigits()) return false;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      return SkipDigits();
    }
    return true;
  }

  bool SkipString(std::string* unescaped) {
    if (Peek() != '"') return Fail("expected a string");
    ++at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<uint8_t>(c) < 0x20) return Fail("control character in a string");
      ++at_;
      if (c != '\\') {
        unescaped->push_back(c);
      } else if (!SkipEscape(unescaped)) {
        return false;
      }
    }
    return Fail("the string does not end");
  }

  // What follows a backslash.
  bool SkipEscape(std::string* out) {
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = Peek();
    if (c == 'u') {
      uint32_t code_point = 0;
      if (!SkipCodeUnit(&code_point)) return false;
      if (code_point >= 0xdc00 && code_point <= 0xdfff) return Fail("lone surrogate");
      if (code_point >= 0xd800 && code_point <= 0xdbff) {
        uint32_t low = 0;
        if (Peek() != '\\') return Fail("lone surrogate");
        ++at_;
        if (Peek() != 'u' || !SkipCodeUnit(&low) || low < 0xdc00 || low > 0xdfff) {
          return Fail("lone surrogate");
        }
        code_point = 0x10000 + ((code_point - 0xd800) << 10) + (low - 0xdc00);
      }
      AppendUtf8(code_point, out);
      return true;
    }
    const size_t position = kEscapes.find(c);
    if (c == '\0' || position == std::string_view::npos) return Fail("unknown escape");
    out->push_back(kMeanings[position]);
    ++at_;
    return true;
  }

  // `u` and four hexadecimal digits.
  bool SkipCodeUnit(uint32_t* unit) {
    ++at_;
    *unit = 0;
    for (int i = 0; i < 4; ++i) {
      constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
      const size_t digit = kDigits.find(Peek());
      if (Peek() == '\0' || digit == std::string_view::npos) {
        return Fail("expected four hexadecimal digits");
      }
      *unit = *unit * 16 + static_cast<uint32_t>(digit % 16);
      ++at_;
    }
    return true;
  }

  const std::string_view text_;
  const uint32_t max_nesting_;
  size_t at_ = 0;
  std::string open_;  // the brackets that are open, outermost first
  std::vector<std::string> keys_;
  absl::flat_hash_set<std::string> seen_;
  std::string error_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> JsonObjectKeys(std::string_view text,
                                                        uint32_t max_nesting) {
  return Checker(text, max_nesting).Run();
}

}  // namespace junctor
