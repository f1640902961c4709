// See lexer.h.
#include "compiler/syntax/lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/utf8.h"

namespace junctor::compiler {
namespace {

// A pair of quotes that JSON doesn't know.
struct ForeignQuotes {
  std::string_view open;
  std::string_view close;
};

constexpr std::array<ForeignQuotes, 6> kForeignQuotes = {{
    {"'", "'"},
    {"`", "`"},
    {"\xE2\x80\x9C", "\xE2\x80\x9D"},  // “ ”
    {"\xE2\x80\x9D", "\xE2\x80\x9D"},  // ” ”
    {"\xE2\x80\x98", "\xE2\x80\x99"},  // ‘ ’
    {"\xE2\x80\x9E", "\xE2\x80\x9C"},  // „ “
}};

// White space of Unicode that editors and web pages insert, with its name.
struct ForeignSpace {
  std::string_view bytes;
  std::string_view name;
};

constexpr std::array<ForeignSpace, 6> kForeignSpaces = {{
    {"\xC2\xA0", "a no-break space"},
    {"\xE2\x80\x8B", "a zero-width space"},
    {"\xE2\x80\xA8", "a line separator (U+2028)"},
    {"\xEF\xBB\xBF", "a byte order mark"},
    {"\x0C", "a form feed"},
    {"\x0B", "a vertical tab"},
}};

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool InRun(char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == '+'; }

}  // namespace

void Lexer::Note(DiagCode code, size_t begin, size_t end, std::string message, std::string label,
                 std::string help) {
  if (pending_) sink_->Report(std::move(diagnostic_));
  diagnostic_ = {};
  diagnostic_.code = code;
  diagnostic_.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
  diagnostic_.message = std::move(message);
  diagnostic_.label = std::move(label);
  diagnostic_.help = std::move(help);
  pending_ = true;
}

Token Lexer::Broken() {
  broken_ = true;
  return Make(TokenKind::kBroken, at_);
}

bool Lexer::SkipComment() {
  const size_t begin = at_;
  const bool block = At("/*");
  if (block) {
    const size_t close = text_.find("*/", at_ + 2);
    if (close == std::string_view::npos) {
      Note(DiagCode::kUnclosedComment, begin, begin + 2, "the comment is not closed", "opened here",
           "add `*/` where it ends");
      return false;
    }
    at_ = close + 2;
  } else {
    at_ = std::min(text_.find('\n', at_), text_.size());
  }
  if (text_[begin] == '#') {
    Note(DiagCode::kCommentNotAllowed, begin, begin + 1, "`#` does not begin a comment", "",
         allow_comments_ ? "write `//`" : "remove the comment");
  } else if (!allow_comments_) {
    Note(DiagCode::kCommentNotAllowed, begin, begin + 2, "a comment is not allowed here", "",
         "remove it, or put the text into `description`");
  }
  return true;
}

bool Lexer::SkipSpace() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++at_;
    } else if (c == '#' || At("//") || At("/*")) {
      if (sink_->full() || !SkipComment()) return false;
    } else {
      return true;
    }
  }
  return true;
}

void Lexer::SkipStray() {
  for (const ForeignSpace& space : kForeignSpaces) {
    if (!At(space.bytes)) continue;
    Note(DiagCode::kUnexpectedCharacter, at_, at_ + space.bytes.size(),
         Text({space.name, " outside a string"}), "", "replace it by an ordinary space");
    at_ += space.bytes.size();
    return;
  }
  const size_t begin = at_;
  at_ += std::max<size_t>(1, Utf8SequenceLength(text_.substr(at_, 4)));
  Note(DiagCode::kUnexpectedCharacter, begin, at_,
       Text({"unexpected character ", Quoted(text_.substr(begin, at_ - begin))}), "", "remove it");
}

Token Lexer::ScanString() {
  const size_t begin = at_++;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      Token token;
      token.kind = TokenKind::kString;
      token.inner = {static_cast<uint32_t>(begin + 1), static_cast<uint32_t>(at_)};
      ++at_;
      token.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
      return token;
    }
    if (c == '\n') break;
    at_ += c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n' ? 2 : 1;
  }
  at_ = std::min(at_, text_.size());
  Note(DiagCode::kUnclosedString, begin, begin + 1,
       at_ == text_.size() ? "unexpected end of file in a string"
                           : "the string is not closed on its line",
       "the string begins here",
       "add the closing `\"`; a line break inside a string is written `\\n`");
  return Broken();
}

Token Lexer::ScanForeignString(std::string_view open, std::string_view close) {
  const size_t begin = at_;
  const size_t inner_begin = at_ + open.size();
  size_t end = inner_begin;
  while (end < text_.size() && text_[end] != '\n' && text_.substr(end, close.size()) != close) {
    end += text_[end] == '\\' && end + 1 < text_.size() && text_[end + 1] != '\n' ? 2 : 1;
  }
  end = std::min(end, text_.size());
  if (end == text_.size() || text_[end] == '\n') {
    Note(DiagCode::kWrongQuotes, begin, inner_begin,
         Text({"a string begins with ", Quoted(open), ", not with a double quote"}), "",
         "write `\"`");
    return Broken();
  }
  Token token;
  token.kind = TokenKind::kString;
  token.inner = {static_cast<uint32_t>(inner_begin), static_cast<uint32_t>(end)};
  at_ = end + close.size();
  token.span = {static_cast<uint32_t>(begin), static_cast<uint32_t>(at_)};
  const std::string inner(text_.substr(inner_begin, end - inner_begin));
  Note(DiagCode::kWrongQuotes, begin, at_, "a string stands in double quotes", "",
       Text({"write ", Quoted("\"" + inner + "\"")}));
  if (inner.find_first_of("\"\\") == std::string::npos) {
    diagnostic_.fix = Fix{token.span, "\"" + inner + "\"", true};
  }
  return token;
}

Token Lexer::ScanRun(TokenKind kind) {
  const size_t begin = at_;
  while (at_ < text_.size() && InRun(text_[at_])) ++at_;
  return Make(kind, begin);
}

Token Lexer::Scan() {
  while (true) {
    if (broken_) return Make(TokenKind::kBroken, at_);
    if (sink_->full() || !SkipSpace()) return Broken();
    if (at_ >= text_.size()) return Make(TokenKind::kEnd, at_);
    const size_t begin = at_;
    const char c = text_[at_];
    auto punctuation = [this, begin](TokenKind kind) {
      ++at_;
      return Make(kind, begin);
    };
    switch (c) {
      case '{':
        return punctuation(TokenKind::kLeftBrace);
      case '}':
        return punctuation(TokenKind::kRightBrace);
      case '[':
        return punctuation(TokenKind::kLeftBracket);
      case ']':
        return punctuation(TokenKind::kRightBracket);
      case ':':
        return punctuation(TokenKind::kColon);
      case ',':
        return punctuation(TokenKind::kComma);
      case '=':
        at_ += At("=>") ? 2 : 1;
        return Make(TokenKind::kEquals, begin);
      case '"':
        return ScanString();
      default:
        break;
    }
    if (IsLetter(c)) return ScanRun(TokenKind::kWord);
    if (IsDigit(c) || c == '-' || c == '+' || c == '.') return ScanRun(TokenKind::kNumber);
    for (const ForeignQuotes& quotes : kForeignQuotes) {
      if (At(quotes.open)) return ScanForeignString(quotes.open, quotes.close);
    }
    SkipStray();
  }
}

}  // namespace junctor::compiler
