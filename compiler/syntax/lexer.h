// From text to tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compiler/diag/sink.h"
#include "compiler/source/span.h"

namespace junctor::compiler {

enum class TokenKind : uint8_t {
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kColon,
  kComma,
  kEquals,  // `=` or `=>`: what other languages write for a colon
  kString,  // in double quotes, or in others (reported)
  kNumber,  // anything that begins like one; its spelling is checked by the parser
  kWord,    // letters and digits without quotes: a literal, or text without quotes
  kEnd,     // end of the text
  kBroken,  // reported: nothing certain can be said of what follows
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  Span inner;  // kString: the bytes between the quotes, escapes as written
};

// Splits one text into tokens. Reports what is wrong below the level of tokens: characters,
// comments, quotes. Linear; holds nothing but its place.
class Lexer {
 public:
  Lexer(std::string_view text, bool allow_comments, DiagnosticSink* sink)
      : text_(text), allow_comments_(allow_comments), sink_(sink) {}

  // Passes over the first `count` bytes.
  void SkipBytes(size_t count) { at_ += count; }

  // The next token; kEnd again and again at the end, kBroken again and again after it.
  // `pointer` names the place in the document, for what is reported.
  template <typename PointerFunction>
  Token Next(PointerFunction pointer) {
    pending_ = false;
    const Token token = Scan();
    if (pending_) {
      diagnostic_.pointer = pointer();
      sink_->Report(std::move(diagnostic_));
    }
    return token;
  }

 private:
  Token Scan();
  // Skips white space and comments. False where a comment is not closed.
  bool SkipSpace();
  bool SkipComment();
  // Skips a character that has no place outside strings, and reports it.
  void SkipStray();
  Token ScanString();
  Token ScanForeignString(std::string_view open, std::string_view close);
  Token ScanRun(TokenKind kind);
  Token Broken();

  // Holds back a finding until Next() has its pointer; a second one in the same token goes out
  // without.
  void Note(DiagCode code, size_t begin, size_t end, std::string message, std::string label,
            std::string help);

  bool At(std::string_view what) const { return text_.substr(at_, what.size()) == what; }
  Token Make(TokenKind kind, size_t begin) const {
    return {kind, {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)}, {}};
  }

  std::string_view text_;
  bool allow_comments_;
  DiagnosticSink* sink_;
  size_t at_ = 0;
  bool broken_ = false;
  bool pending_ = false;
  Diagnostic diagnostic_;
};

}  // namespace junctor::compiler
