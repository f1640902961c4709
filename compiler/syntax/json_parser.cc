// See json_parser.h.
#include "compiler/syntax/json_parser.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/source/limits.h"

namespace junctor::compiler {
namespace {

// Objects of at most so many members are searched pair by pair for duplicates: cheaper than a hash
// table.
constexpr size_t kFewMembers = 8;

// "50%" and the like: a key that a percentage element has.
bool LooksLikeShare(std::string_view key) {
  const size_t end = key.find_first_not_of("0123456789.");
  return end != 0 && end != std::string_view::npos && key[end] == '%';
}

template <typename T>
const T* CopyToArena(const T* from, size_t count, std::pmr::memory_resource* arena) {
  if (count == 0) return nullptr;
  T* copy = static_cast<T*>(arena->allocate(count * sizeof(T), alignof(T)));
  std::uninitialized_copy_n(from, count, copy);
  return copy;
}

}  // namespace

JsonParser::JsonParser(const Source& source, bool allow_comments, DiagnosticSink* sink)
    : source_(source),
      allow_comments_(allow_comments),
      sink_(sink),
      tree_(std::make_unique<JsonTree>()),
      lexer_(source.text(), allow_comments, sink),
      decoder_(source.text(), &tree_->arena, sink) {}

std::unique_ptr<JsonTree> JsonParser::Parse() {
  if (!CheckEncoding()) return nullptr;
  Advance();
  if (token_.kind == TokenKind::kEnd) {
    sink_->Report(Finding(DiagCode::kEmptyText, token_.span, "the text is empty",
                          "a route is a JSON object with `name` and `elements`"));
    return nullptr;
  }
  Step step = ParseValue();
  while (step == Step::kGoOn && !frames_.empty() && !sink_->full()) step = ParseChild();
  if (step == Step::kGiveUp || !frames_.empty()) return nullptr;
  if (token_.kind != TokenKind::kEnd && token_.kind != TokenKind::kBroken) {
    Diagnostic trailing =
        Finding(DiagCode::kTrailingText, token_.span,
                Text({"unexpected ", Quoted(TextOf(token_.span)), " after the document"}),
                "remove what follows, or the bracket that closes too early");
    trailing.label = "the document ended before this";
    trailing.related.push_back({previous_, "it ended here"});
    sink_->Report(std::move(trailing));
  }
  return std::move(tree_);
}

void JsonParser::Advance() {
  previous_ = token_.span;
  token_ = lexer_.Next([this] { return PointerHere(); });
}

std::string JsonParser::PointerHere() const {
  std::string pointer;
  for (const Frame& frame : frames_) {
    if (!frame.in_child) break;
    if (frame.value->is(JsonKind::kArray)) {
      pointer += "/" + std::to_string(frame.count - 1);
    } else {
      pointer += PointerStep(frame.key);
    }
  }
  return pointer;
}

Diagnostic JsonParser::Finding(DiagCode code, Span span, std::string message,
                               std::string help) const {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.span = span;
  diagnostic.message = std::move(message);
  diagnostic.help = std::move(help);
  diagnostic.pointer = PointerHere();
  return diagnostic;
}

void JsonParser::ReportUnclosed() {
  const Frame& innermost = frames_.back();
  const bool object = innermost.value->is(JsonKind::kObject);
  const Span opener = {innermost.value->span.begin, innermost.value->span.begin + 1};
  std::string closers;
  for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
    closers += frame->value->is(JsonKind::kObject) ? '}' : ']';
  }
  Diagnostic unclosed = Finding(
      DiagCode::kUnclosed, token_.span,
      Text({"unexpected end of file; the ", object ? "object" : "array", " opened at line ",
            source_.lines().PositionOf(opener.begin).line, " is not closed"}),
      frames_.size() == 1
          ? Text({"add ", Quoted(closers)})
          : Text({"add what is missing, then ", Quoted(closers), " to close all that is open"}));
  unclosed.related.push_back({opener, "opened here"});
  sink_->Report(std::move(unclosed));
}

void JsonParser::ReportUnescapedQuote() {
  const uint32_t quote = previous_.end - 1;
  Diagnostic finding =
      Finding(DiagCode::kUnexpectedToken, {quote, quote + 1},
              Text({"unexpected ", Quoted(TextOf(token_.span)), " right after a string"}),
              "a quote inside a string is written `\\\"`");
  finding.label = "the string ends with this quote";
  sink_->Report(std::move(finding));
}

JsonParser::Step JsonParser::GiveUp(std::string_view expected) {
  if (token_.kind == TokenKind::kBroken) return Step::kGiveUp;
  if (token_.kind == TokenKind::kEnd && !frames_.empty()) {
    ReportUnclosed();
    return Step::kGiveUp;
  }
  const bool closes =
      token_.kind == TokenKind::kRightBrace || token_.kind == TokenKind::kRightBracket;
  if (closes && !frames_.empty()) {
    const JsonValue& open = *frames_.back().value;
    const bool object = open.is(JsonKind::kObject);
    if (object != (token_.kind == TokenKind::kRightBrace)) {
      Diagnostic mismatch =
          Finding(DiagCode::kMismatchedBracket, token_.span,
                  Text({"unexpected ", Quoted(TextOf(token_.span)), "; the ",
                        object ? "object" : "array", " opened at line ",
                        source_.lines().PositionOf(open.span.begin).line, " is not closed yet"}),
                  Text({"close it with ", object ? "`}`" : "`]`", " first"}));
      mismatch.related.push_back({{open.span.begin, open.span.begin + 1}, "opened here"});
      sink_->Report(std::move(mismatch));
      return Step::kGiveUp;
    }
  }
  const std::string found =
      token_.kind == TokenKind::kEnd ? "the end of the file" : Quoted(TextOf(token_.span));
  sink_->Report(Finding(DiagCode::kUnexpectedToken, token_.span,
                        Text({"expected ", expected, ", found ", found}), ""));
  return Step::kGiveUp;
}

bool JsonParser::AtValue() const {
  return token_.kind == TokenKind::kLeftBrace || token_.kind == TokenKind::kLeftBracket ||
         token_.kind == TokenKind::kString || token_.kind == TokenKind::kNumber ||
         token_.kind == TokenKind::kWord;
}

bool JsonParser::AtKey() const {
  if (token_.kind != TokenKind::kString && token_.kind != TokenKind::kWord &&
      token_.kind != TokenKind::kNumber) {
    return false;
  }
  const size_t next = source_.text().find_first_not_of(" \t\r\n", token_.span.end);
  return next != std::string_view::npos &&
         (source_.text()[next] == ':' || source_.text()[next] == '=');
}

JsonValue* JsonParser::NewValue(JsonKind kind) {
  auto* value = new (tree_->arena.allocate(sizeof(JsonValue), alignof(JsonValue))) JsonValue();
  value->kind = kind;
  value->span = token_.span;
  if (!frames_.empty()) {
    Frame& frame = frames_.back();
    value->parent = frame.value;
    value->index = frame.count - 1;
    if (frame.value->is(JsonKind::kArray)) {
      items_.push_back(value);
    } else {
      members_.back().value = value;
    }
  } else {
    tree_->root = value;
  }
  return value;
}

// One child of the innermost open value, or its end.
JsonParser::Step JsonParser::ParseChild() {
  Frame& frame = frames_.back();
  const bool object = frame.value->is(JsonKind::kObject);
  const TokenKind closer = object ? TokenKind::kRightBrace : TokenKind::kRightBracket;
  if (frame.count > 0 && token_.kind != closer) {
    const Step step = Separate();
    if (step == Step::kGiveUp) return step;
  } else {
    SkipExtraCommas();
  }
  if (token_.kind == closer) {
    Close();
    return Step::kGoOn;
  }
  if (object) return ParseMember();
  if (!AtValue()) return GiveUp("a value or `]`");
  ++frame.count;
  frame.in_child = true;
  return ParseValue();
}

// What stands between two children: a comma, or one that is missing.
JsonParser::Step JsonParser::Separate() {
  const bool object = frames_.back().value->is(JsonKind::kObject);
  if (token_.kind == TokenKind::kComma) {
    const Span comma = token_.span;
    Advance();
    SkipExtraCommas();
    const bool ends = token_.kind == (object ? TokenKind::kRightBrace : TokenKind::kRightBracket);
    if (ends && !allow_comments_) {
      Diagnostic trailing =
          Finding(DiagCode::kExtraComma, comma, "a comma after the last value", "remove it");
      trailing.fix = Fix{comma, "", true};
      sink_->Report(std::move(trailing));
    }
    return Step::kGoOn;
  }
  const bool after_string = previous_.end > 0 && source_.text()[previous_.end - 1] == '"';
  if (after_string && token_.kind == TokenKind::kWord && token_.span.begin == previous_.end) {
    ReportUnescapedQuote();
    return Step::kGiveUp;
  }
  if (object ? !AtKey() : !AtValue()) return GiveUp(object ? "`,` or `}`" : "`,` or `]`");
  const Span place = {previous_.end, previous_.end};
  Diagnostic missing =
      Finding(DiagCode::kMissingComma, place,
              Text({"missing comma before ", Quoted(TextOf(token_.span))}), "add `,` here");
  missing.fix = Fix{place, ",", true};
  sink_->Report(std::move(missing));
  return Step::kGoOn;
}

void JsonParser::SkipExtraCommas() {
  while (token_.kind == TokenKind::kComma && !sink_->full()) {
    Diagnostic extra = Finding(DiagCode::kExtraComma, token_.span,
                               "a comma without a value before it", "remove it");
    extra.fix = Fix{token_.span, "", true};
    sink_->Report(std::move(extra));
    Advance();
  }
}

JsonParser::Step JsonParser::ParseMember() {
  const bool can_be_key = token_.kind == TokenKind::kString || AtKey();
  if (!can_be_key) return GiveUp("a key in double quotes or `}`");
  const Span key_span = token_.span;
  const std::string_view key = ReadKey();
  Frame& frame = frames_.back();
  ++frame.count;
  frame.key = key;
  frame.in_child = true;
  members_.push_back({key, key_span, nullptr});
  Advance();
  if (!ReadColon(key)) return Step::kGiveUp;
  if (!AtValue()) return GiveUp("a value");
  return ParseValue();
}

bool JsonParser::ReadColon(std::string_view key) {
  if (token_.kind == TokenKind::kColon) {
    Advance();
    return true;
  }
  if (token_.kind == TokenKind::kEquals) {
    Diagnostic equals = Finding(
        DiagCode::kMissingColon, token_.span,
        Text({"expected `:` after the key ", Quoted(key), ", found ", Quoted(TextOf(token_.span))}),
        "write `:`");
    equals.fix = Fix{token_.span, ":", true};
    sink_->Report(std::move(equals));
    Advance();
    return true;
  }
  const bool adjacent_word = token_.kind == TokenKind::kWord && token_.span.begin == previous_.end;
  if (!AtValue() || adjacent_word) {
    GiveUp(Text({"`:` after the key ", Quoted(key)}));
    return false;
  }
  const Span place = {previous_.end, previous_.end};
  Diagnostic missing = Finding(DiagCode::kMissingColon, place,
                               Text({"missing colon after the key ", Quoted(key)}), "add `:` here");
  missing.fix = Fix{place, ":", true};
  sink_->Report(std::move(missing));
  return true;
}

// The value at the current token, which AtValue(); objects and arrays are only opened.
JsonParser::Step JsonParser::ParseValue() {
  if (!AtValue()) return GiveUp("a value");
  if (++value_count_ > kMaxJsonValues) {
    sink_->Report(Finding(DiagCode::kTooManyValues, token_.span,
                          Text({"too many values (limit is ", Grouped(kMaxJsonValues), ")"}),
                          "split the route into several"));
    return Step::kGiveUp;
  }
  switch (token_.kind) {
    case TokenKind::kLeftBrace:
      return Open(JsonKind::kObject);
    case TokenKind::kLeftBracket:
      return Open(JsonKind::kArray);
    case TokenKind::kString:
      NewValue(JsonKind::kString)->text = DecodeString(token_);
      break;
    case TokenKind::kNumber:
      ReadNumber(NewValue(JsonKind::kNumber));
      break;
    default:
      ReadWord(NewValue(JsonKind::kInvalid));
      break;
  }
  if (!frames_.empty()) frames_.back().in_child = false;
  Advance();
  return Step::kGoOn;
}

JsonParser::Step JsonParser::Open(JsonKind kind) {
  if (frames_.size() >= kMaxJsonDepth) {
    sink_->Report(Finding(
        DiagCode::kNestingTooDeep, token_.span,
        Text({"the text is nested too deep (limit is ", Grouped(kMaxJsonDepth), " levels)"}),
        "flatten it"));
    return Step::kGiveUp;
  }
  JsonValue* value = NewValue(kind);
  Frame frame;
  frame.value = value;
  frame.first_child = kind == JsonKind::kArray ? items_.size() : members_.size();
  frames_.push_back(frame);
  Advance();
  return Step::kGoOn;
}

void JsonParser::Close() {
  const Frame frame = frames_.back();
  JsonValue* value = frame.value;
  value->span.end = token_.span.end;
  value->count = frame.count;
  if (value->is(JsonKind::kArray)) {
    value->item_data = CopyToArena(items_.data() + frame.first_child, frame.count, &tree_->arena);
    items_.resize(frame.first_child);
  } else {
    value->member_data =
        CopyToArena(members_.data() + frame.first_child, frame.count, &tree_->arena);
    members_.resize(frame.first_child);
    CheckDuplicateKeys(*value);
  }
  frames_.pop_back();
  if (!frames_.empty()) frames_.back().in_child = false;
  Advance();
}

void JsonParser::CheckDuplicateKeys(const JsonValue& object) {
  const std::span<const JsonMember> members = object.members();
  if (members.size() <= kFewMembers) {
    for (size_t i = 1; i < members.size(); ++i) {
      for (size_t k = 0; k < i; ++k) {
        if (members[k].key != members[i].key) continue;
        ReportDuplicate(members[k], members[i]);
        break;
      }
    }
    return;
  }
  std::unordered_map<std::string_view, const JsonMember*> seen;
  seen.reserve(members.size());
  for (const JsonMember& member : members) {
    const auto [first, inserted] = seen.emplace(member.key, &member);
    if (!inserted) ReportDuplicate(*first->second, member);
  }
}

void JsonParser::ReportDuplicate(const JsonMember& first, const JsonMember& second) {
  const bool share = LooksLikeShare(second.key);
  const std::string key(second.key);
  Diagnostic duplicate =
      Finding(DiagCode::kDuplicateKey, second.key_span,
              Text({"duplicate key ", Quoted(key), " in an object"}),
              share ? Text({"tell equal shares apart by a label: ", Quoted("\"" + key + " a\""),
                            " and ", Quoted("\"" + key + " b\"")})
                    : std::string("remove or rename one of the two"));
  duplicate.related.push_back({first.key_span, "first given here"});
  duplicate.pointer += PointerStep(key);
  sink_->Report(std::move(duplicate));
}

}  // namespace junctor::compiler
