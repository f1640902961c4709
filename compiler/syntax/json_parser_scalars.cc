// Keys, strings, numbers and words, and the text's encoding. See json_parser.h.
#include <array>
#include <string>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/limits.h"
#include "compiler/source/utf8.h"
#include "compiler/syntax/json_parser.h"
#include "compiler/syntax/number_text.h"

namespace junctor::compiler {
namespace {

// A word that other languages or careless spelling have for one of JSON's literals.
struct LiteralSpelling {
  std::string_view word;
  JsonKind kind;
  bool boolean;
  std::string_view literal;  // empty: there is none in JSON
};

constexpr std::array kForeignLiterals = {
    LiteralSpelling{"True", JsonKind::kBool, true, "true"},
    LiteralSpelling{"TRUE", JsonKind::kBool, true, "true"},
    LiteralSpelling{"False", JsonKind::kBool, false, "false"},
    LiteralSpelling{"FALSE", JsonKind::kBool, false, "false"},
    LiteralSpelling{"None", JsonKind::kNull, false, "null"},
    LiteralSpelling{"Null", JsonKind::kNull, false, "null"},
    LiteralSpelling{"NULL", JsonKind::kNull, false, "null"},
    LiteralSpelling{"nil", JsonKind::kNull, false, "null"},
    LiteralSpelling{"undefined", JsonKind::kNull, false, "null"},
    LiteralSpelling{"NaN", JsonKind::kInvalid, false, ""},
    LiteralSpelling{"nan", JsonKind::kInvalid, false, ""},
    LiteralSpelling{"Infinity", JsonKind::kInvalid, false, ""},
    LiteralSpelling{"inf", JsonKind::kInvalid, false, ""},
};

const LiteralSpelling* FindForeignLiteral(std::string_view word) {
  for (const LiteralSpelling& literal : kForeignLiterals) {
    if (literal.word == word) return &literal;
  }
  return nullptr;
}

}  // namespace

// Reports what is not UTF-8. False for other encodings, of which nothing else could be said.
bool JsonParser::CheckEncoding() {
  std::string_view text = source_.text();
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  const std::string_view start = text.substr(0, 2);
  if (start == "\xFE\xFF" || start == "\xFF\xFE") {
    sink_->Report(Finding(DiagCode::kInvalidUtf8, {0, 2}, "the text is UTF-16, not UTF-8",
                          "save the file as UTF-8 without a byte order mark"));
    return false;
  }
  if (text.substr(0, kMark.size()) == kMark) {
    Diagnostic mark =
        Finding(DiagCode::kByteOrderMark, {0, 3}, "the text begins with a byte order mark",
                "save the file as UTF-8 without a byte order mark");
    mark.fix = Fix{{0, 3}, "", true};
    sink_->Report(std::move(mark));
    lexer_.SkipBytes(kMark.size());
  }
  for (size_t at = FindInvalidUtf8(text, 0); at != std::string_view::npos && !sink_->full();
       at = FindInvalidUtf8(text, at + 1)) {
    decoder_.set_has_invalid_utf8();
    static constexpr char kHex[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::string hex = {'0', 'x', kHex[byte >> 4], kHex[byte & 0xf]};
    Diagnostic invalid = Finding(
        DiagCode::kInvalidUtf8, {static_cast<uint32_t>(at), static_cast<uint32_t>(at + 1)},
        Text({"invalid UTF-8: the byte ", hex, " at offset ", at}), "save the file as UTF-8");
    sink_->Report(std::move(invalid));
  }
  return true;
}

std::string_view JsonParser::ReadKey() {
  if (token_.kind == TokenKind::kString) return DecodeString(token_);
  const std::string_view word = TextOf(token_.span);
  Diagnostic unquoted = Finding(DiagCode::kMissingQuotes, token_.span,
                                Text({"the key ", Quoted(word), " stands without quotes"}),
                                Text({"write ", Quoted("\"" + std::string(word) + "\"")}));
  unquoted.fix = Fix{token_.span, "\"" + std::string(word) + "\"", true};
  sink_->Report(std::move(unquoted));
  return word;
}

std::string_view JsonParser::DecodeString(const Token& token) {
  const std::string_view decoded = decoder_.IsPlain(token.inner)
                                       ? TextOf(token.inner)
                                       : decoder_.Decode(token.inner, PointerHere());
  if (decoded.size() > kMaxStringBytes) {
    sink_->Report(Finding(DiagCode::kStringTooLong, token.span,
                          Text({"the string is too long (limit is ", Grouped(kMaxStringBytes),
                                " bytes, this one has ", Grouped(decoded.size()), ")"}),
                          "shorten it"));
  }
  return decoded;
}

void JsonParser::ReadNumber(JsonValue* value) {
  value->text = TextOf(token_.span);
  if (const std::string_view unsigned_text = value->text.substr(value->text[0] == '-' ? 1 : 0);
      FindForeignLiteral(unsigned_text) != nullptr) {
    value->kind = JsonKind::kInvalid;
    sink_->Report(Finding(DiagCode::kNotANumber, token_.span,
                          Text({Quoted(value->text), " is not a number in JSON"}),
                          "leave the bound out, or write a finite number"));
    return;
  }
  const std::optional<NumberFault> fault = FindNumberFault(value->text);
  if (!fault.has_value()) return;
  value->kind = JsonKind::kInvalid;
  Diagnostic malformed = Finding(
      DiagCode::kMalformedNumber, token_.span, Text({"malformed number ", Quoted(value->text)}),
      fault->replacement.empty() ? std::string("for a string, write it in double quotes")
                                 : Text({"write ", Quoted(fault->replacement)}));
  malformed.label = fault->label;
  if (!fault->replacement.empty()) malformed.fix = Fix{token_.span, fault->replacement, true};
  sink_->Report(std::move(malformed));
}

void JsonParser::ReadWord(JsonValue* value) {
  const std::string_view word = TextOf(token_.span);
  if (word == "true" || word == "false") {
    value->kind = JsonKind::kBool;
    value->boolean = word == "true";
    return;
  }
  if (word == "null") {
    value->kind = JsonKind::kNull;
    return;
  }
  const LiteralSpelling* foreign = FindForeignLiteral(word);
  if (foreign == nullptr) {
    value->kind = JsonKind::kString;
    value->text = word;
    Diagnostic unquoted = Finding(DiagCode::kMissingQuotes, token_.span,
                                  Text({"the string ", Quoted(word), " stands without quotes"}),
                                  Text({"write ", Quoted("\"" + std::string(word) + "\"")}));
    unquoted.fix = Fix{token_.span, "\"" + std::string(word) + "\"", true};
    sink_->Report(std::move(unquoted));
    return;
  }
  value->kind = foreign->kind;
  value->boolean = foreign->boolean;
  if (foreign->literal.empty()) {
    sink_->Report(Finding(DiagCode::kNotANumber, token_.span,
                          Text({Quoted(word), " is not a number in JSON"}),
                          "leave the bound out, or write a finite number"));
    return;
  }
  Diagnostic literal = Finding(DiagCode::kForeignLiteral, token_.span,
                               Text({Quoted(word), " is not a literal of JSON"}),
                               Text({"write ", Quoted(foreign->literal)}));
  literal.fix = Fix{token_.span, std::string(foreign->literal), true};
  sink_->Report(std::move(literal));
}

}  // namespace junctor::compiler
