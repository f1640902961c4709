// From tokens to a JSON tree, without recursion.
#pragma once

#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diag/sink.h"
#include "compiler/source/source.h"
#include "compiler/syntax/json_tree.h"
#include "compiler/syntax/lexer.h"
#include "compiler/syntax/string_decoder.h"

namespace junctor::compiler {

// Parses one text. Where a fault is certain and cheap to mend (a comma, quotes, a literal of
// another language), it is reported and the parser goes on; otherwise it reports that one and gives
// up.
class JsonParser {
 public:
  // `allow_comments` goes for trailing commas too (R3).
  JsonParser(const Source& source, bool allow_comments, DiagnosticSink* sink);

  // The tree, or null where the parser gave up. Call once.
  std::unique_ptr<JsonTree> Parse();

 private:
  // An object or array that is open.
  struct Frame {
    JsonValue* value;
    size_t first_child;     // in items_ or members_
    uint32_t count = 0;     // children begun so far
    std::string_view key;   // objects: the key of the member that is being read
    bool in_child = false;  // between the key (or the comma) and the end of the value
  };
  // How one step of the parser ended.
  enum class Step : uint8_t { kGoOn, kGiveUp };

  bool CheckEncoding();
  void Advance();

  Step ParseChild();
  Step ParseMember();
  Step ParseValue();
  Step Separate();
  Step Open(JsonKind kind);
  void Close();
  void SkipExtraCommas();

  void ReadNumber(JsonValue* value);
  void ReadWord(JsonValue* value);
  std::string_view DecodeString(const Token& token);
  std::string_view ReadKey();
  bool ReadColon(std::string_view key);
  void CheckDuplicateKeys(const JsonValue& object);
  void ReportDuplicate(const JsonMember& first, const JsonMember& second);

  // A new value as the next child of the innermost frame, at the current token.
  JsonValue* NewValue(JsonKind kind);
  // Whether the current token can begin a key that a colon follows.
  bool AtKey() const;
  // Whether the current token can begin a value.
  bool AtValue() const;
  // The pointer of the innermost value that has begun.
  std::string PointerHere() const;
  // A finding at `span`, to be amended and reported.
  Diagnostic Finding(DiagCode code, Span span, std::string message, std::string help) const;
  std::string_view TextOf(Span span) const { return source_.TextOf(span); }
  Step GiveUp(std::string_view expected);
  void ReportUnclosed();
  void ReportUnescapedQuote();

  const Source& source_;
  bool allow_comments_;
  DiagnosticSink* sink_;
  std::unique_ptr<JsonTree> tree_;
  Lexer lexer_;
  StringDecoder decoder_;
  Token token_;
  Span previous_;  // of the token before
  std::vector<Frame> frames_;
  std::vector<const JsonValue*> items_;  // children of open arrays
  std::vector<JsonMember> members_;      // members of open objects
  size_t value_count_ = 0;
};

}  // namespace junctor::compiler
