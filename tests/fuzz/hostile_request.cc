// HostileRequest of hostile_run.h.
#include <utility>

#include "tests/fuzz/hostile_run.h"

namespace junctor {
namespace {

// Levels of random JSON; deeper chains are made on purpose, by Json.
constexpr uint32_t kLevels = 4;
constexpr size_t kDeepChain = 300;

// Words are collected from so many levels of a constant.
constexpr uint32_t kWordLevels = 3;

// Enough to meet each constant of a small program, and a bound for a large one.
constexpr size_t kMaxWords = 200;

std::string Repeated(std::string_view text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace

HostileRequest::HostileRequest(const Program& program, uint64_t seed) : random_(seed) {
  CollectWords(program);
  request_.path = "/v1/chat/completions";
  request_.client_ip = "127.0.0.1";
  request_.unix_seconds = static_cast<int64_t>(random_() >> 20);
  AddHeaders(program);
  AddMetadata(program);
  if (Below(8) == 0) return;  // no body
  body_text_ = Body(program);
  const size_t size = body_text_.size();
  body_text_.append(kBodyPadding, '\0');
  BodyScanner scanner;
  const std::string_view body = std::string_view(body_text_).substr(0, size);
  request_.body_bytes = size;
  if (scanner.Scan(body, &body_).ok()) request_.body = &body_;
}

void HostileRequest::CollectWords(const Program& program) {
  words_ = {"", "a", "0", "1", "é", "\xff", "user"};
  for (const Field& field : program.fields()) {
    words_.insert(words_.end(), field.segments.begin(), field.segments.end());
  }
  for (uint32_t i = 0; i < program.parts().matchers.size(); ++i) {
    for (uint32_t node = 0; node < program.parts().matchers[i].nodes.size(); ++node) {
      const std::vector<std::string>& path = program.matcher_path(i, node);
      words_.insert(words_.end(), path.begin(), path.end());
      if (words_.size() > kMaxWords) return;
    }
  }
  for (const Value& constant : program.parts().constants) CollectWords(constant, kWordLevels);
}

void HostileRequest::CollectWords(const Value& value, uint32_t levels) {
  if (words_.size() > kMaxWords) return;
  if (value.kind() == ValueKind::kString) words_.emplace_back(value.string());
  if (levels == 0 || !value.is_compound()) return;
  for (uint32_t i = 0; i < value.size() && words_.size() <= kMaxWords; ++i) {
    if (value.kind() == ValueKind::kArray) {
      CollectWords(value.items()[i], levels - 1);
    } else {
      words_.emplace_back(value.members()[i].key);
      CollectWords(value.members()[i].value, levels - 1);
    }
  }
}

std::string HostileRequest::Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) quoted += c;
  }
  return quoted + '"';
}

std::string HostileRequest::Scalar() {
  static constexpr std::string_view kScalars[] = {"null",
                                                  "true",
                                                  "false",
                                                  "0",
                                                  "-0",
                                                  "5",
                                                  "5.0",
                                                  "5e0",
                                                  "0.5",
                                                  "-1",
                                                  "9223372036854775807",
                                                  "-9223372036854775808",
                                                  "9223372036854775808",
                                                  "18446744073709551616",
                                                  "1e308",
                                                  "1e999",
                                                  "-1e-400",
                                                  "2147483648",
                                                  "\"\"",
                                                  "\"\\u0000\"",
                                                  "\"\\ud83d\\ude00\"",
                                                  "\"\\ud800\"",
                                                  "\"5\"",
                                                  "01",
                                                  "nul",
                                                  "\"\\x\"",
                                                  "NaN",
                                                  "+1",
                                                  "-"};
  if (Below(3) == 0) return std::string(kScalars[Below(std::size(kScalars))]);
  if (Below(4) == 0) return std::to_string(static_cast<int64_t>(random_()) >> Below(64));
  return Quoted(Word());
}

std::string HostileRequest::Json(uint32_t levels) {
  const uint64_t kind = Below(levels == 0 ? 4 : 10);
  if (kind < 4) return Scalar();
  if (kind == 4 && Below(16) == 0) {
    return Repeated("[", kDeepChain) + Scalar() + Repeated("]", kDeepChain);
  }
  const bool is_array = kind < 7;
  std::string text(1, is_array ? '[' : '{');
  const uint64_t count = Below(5);
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) text += ',';
    if (!is_array) text += Quoted(Word()) + ':';
    text += Json(levels - 1);
  }
  text += is_array ? ']' : '}';
  return text;
}

std::string HostileRequest::Body(const Program& program) {
  std::string text = "{\"model\":\"dynamic/x\"";
  for (const Field& field : program.fields()) {
    if (field.root != FieldRoot::kBody || Below(4) == 0) continue;
    text += ',' + Quoted(field.segments[0]) + ':';
    // Half of them have the path that the field asks for, through documents and arrays.
    size_t open = 0;
    std::string closers;
    while (Below(4) != 0 && ++open < field.segments.size()) {
      const bool in_array = Below(3) == 0;
      text += in_array ? "[{" : "{";
      text += Quoted(field.segments[open]) + ':';
      closers.insert(0, in_array ? "}]" : "}");
    }
    text += Json(kLevels) + closers;
  }
  if (Below(4) == 0) text += ",\"messages\":" + Json(kLevels);
  text += '}';
  // Some are cut short or have a byte wrong.
  if (Below(10) == 0) text.resize(Below(text.size()));
  if (Below(10) == 0 && !text.empty()) text[Below(text.size())] = static_cast<char>(random_());
  return text;
}

void HostileRequest::AddHeaders(const Program& program) {
  header_texts_.reserve(2 * program.fields().size());  // views into it must stay
  for (const Field& field : program.fields()) {
    if (field.root != FieldRoot::kHeaders || Below(4) == 0) continue;
    header_texts_.push_back(Below(2) == 0 ? Word() : Scalar());
    headers_.push_back({field.segments[0], header_texts_.back()});
    if (Below(4) != 0) continue;
    header_texts_.push_back(Word());
    headers_.push_back({field.segments[0], header_texts_.back()});
  }
  request_.headers = headers_;
}

void HostileRequest::AddMetadata(const Program& program) {
  std::string text = "{";
  for (const Field& field : program.fields()) {
    if (field.root != FieldRoot::kMetadata || Below(4) == 0) continue;
    if (text.size() > 1) text += ',';
    text += Quoted(field.segments[0]) + ':' + Scalar();
  }
  absl::StatusOr<Metadata> metadata = Metadata::Parse(text + '}', kMaxMetadataEntries);
  if (!metadata.ok()) return;
  metadata_ = std::make_unique<Metadata>(*std::move(metadata));
  request_.metadata = metadata_.get();
}

}  // namespace junctor
