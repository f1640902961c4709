// See patterns.h.
#include "compiler/sema/patterns.h"

#include <array>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/syntax/shape.h"
#include "runtime/program/pattern.h"
#include "runtime/program/program_limits.h"

namespace junctor::compiler {
namespace {

// What RE2 leaves out on purpose, by the beginning of how it is written.
struct Unsupported {
  std::string_view start;
  std::string_view name;
};

constexpr std::array kUnsupported = {
    Unsupported{"(?=", "look-ahead"},       Unsupported{"(?!", "look-ahead"},
    Unsupported{"(?<=", "look-behind"},     Unsupported{"(?<!", "look-behind"},
    Unsupported{"(?>", "an atomic group"},  Unsupported{"(?P=", "a back-reference"},
    Unsupported{"\\k", "a back-reference"},
};

// One fault of a pattern: which part of it is not supported.
struct Found {
  std::string_view text;  // empty: none
  std::string_view name;
};

// The first part of `pattern` that RE2 leaves out on purpose, outside of character classes.
Found FindUnsupported(std::string_view pattern) {
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view rest = pattern.substr(i);
    if (in_class) {
      if (rest[0] == '\\') ++i;
      in_class = rest[0] != ']';
      continue;
    }
    for (const Unsupported& unsupported : kUnsupported) {
      if (rest.substr(0, unsupported.start.size()) == unsupported.start) {
        return {rest.substr(0, unsupported.start.size()), unsupported.name};
      }
    }
    if (rest[0] == '\\' && rest.size() > 1) {
      if (rest[1] >= '1' && rest[1] <= '9') return {rest.substr(0, 2), "a back-reference"};
      ++i;
    } else if (rest[0] == '[') {
      in_class = true;
    } else if (rest.size() > 1 && rest[1] == '+' &&
               (rest[0] == '*' || rest[0] == '+' || rest[0] == '?')) {
      return {rest.substr(0, 2), "a possessive repetition"};
    }
  }
  return {};
}

// Where `part` of a pattern stands in the text, or all of the string where that is not certain.
Span Narrow(const JsonValue& value, std::string_view part, const Source& source) {
  const std::string_view written = source.TextOf(value.span);
  std::string escaped;
  for (const char c : part) {
    if (c == '\\') escaped += '\\';
    escaped += c;
  }
  const size_t at = written.find(escaped);
  if (part.empty() || at == std::string_view::npos ||
      written.find(escaped, at + 1) != std::string_view::npos) {
    return value.span;
  }
  const uint32_t begin = value.span.begin + static_cast<uint32_t>(at);
  return {begin, begin + static_cast<uint32_t>(escaped.size())};
}

void ReportTooMany(const JsonValue& value, std::string message, SemaContext* context) {
  if (context->patterns_exceeded) return;
  context->patterns_exceeded = true;
  context->sink->Report(FindingAt(DiagCode::kTooManyPatterns, value, std::move(message),
                                  "join patterns with `|`, or use `$contains` and `$startsWith`"));
}

// Takes a pattern that is fine into account.
void Count(std::string key, int64_t size, const JsonValue& value, SemaContext* context) {
  context->patterns.insert(std::move(key));
  context->pattern_size += size;
  if (context->patterns.size() > kMaxPatterns) {
    ReportTooMany(value,
                  Text({"too many different patterns (limit is ", Grouped(kMaxPatterns), ")"}),
                  context);
  } else if (context->pattern_size > kMaxPatternProgram) {
    ReportTooMany(value, "the patterns of the route are too large together", context);
  }
}

}  // namespace

std::string StripExtended(std::string_view pattern) {
  std::string stripped;
  bool in_class = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      stripped += pattern.substr(i++, 2);
    } else if (in_class) {
      const size_t close =
          pattern.substr(i, 2) == "[:" ? pattern.find(":]", i + 2) : std::string_view::npos;
      if (close != std::string_view::npos) {
        stripped += pattern.substr(i, close + 2 - i);
        i = close + 1;
        continue;
      }
      stripped += c;
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      stripped += c;
      // A `]` that comes first in a class is a letter of it.
      if (pattern.substr(i + 1, 1) == "^") stripped += pattern[++i];
      if (pattern.substr(i + 1, 1) == "]") stripped += pattern[++i];
    } else if (c == '#') {
      const size_t end = pattern.find('\n', i);
      i = end == std::string_view::npos ? pattern.size() : end;
    } else if (c != ' ' && !(c >= '\t' && c <= '\r')) {
      stripped += c;
    }
  }
  return stripped;
}

bool ReadPatternOptions(const JsonValue& options, std::string* kept, bool* extended,
                        SemaContext* context) {
  for (const char c : options.text) {
    if (c == 'x') {
      *extended = true;
    } else if (c == 'i' || c == 'm' || c == 's') {
      if (kept->find(c) == std::string::npos) *kept += c;
    } else {
      context->sink->Report(
          FindingAt(DiagCode::kInvalidOptions, options,
                    Text({"unknown option in `$options`: ", Quoted(options.text)}),
                    "the options are i, m, s and x"));
      return false;
    }
  }
  return true;
}

bool CheckPattern(const std::string& pattern, const std::string& options, const JsonValue& value,
                  SemaContext* context) {
  std::string key = options + "/" + pattern;
  if (context->patterns.contains(key)) return true;
  if (context->patterns_exceeded) return true;
  const absl::StatusOr<std::unique_ptr<re2::RE2>> compiled = CompilePattern(pattern, options);
  if (compiled.ok()) {
    Count(std::move(key), (*compiled)->ProgramSize(), value, context);
    return true;
  }
  const std::string reason(compiled.status().message());
  const Found found = FindUnsupported(pattern);
  Diagnostic invalid;
  if (found.text.empty()) {
    invalid = FindingAt(DiagCode::kInvalidPattern, value,
                        Text({"invalid pattern ", Quoted(pattern), ": ", reason}));
    invalid.help =
        "patterns have RE2's syntax; a letter with a meaning of its own is escaped with `\\\\`";
  } else {
    invalid = FindingAt(DiagCode::kUnsupportedPattern, value,
                        Text({"the pattern ", Quoted(pattern), " uses ", found.name,
                              ", which RE2 does not have: ", reason}));
    invalid.span = Narrow(value, found.text, context->source);
    invalid.label = found.name;
    invalid.help =
        "patterns run in linear time; say it with two tests, such as `$regex` and `$not`";
  }
  context->sink->Report(std::move(invalid));
  return false;
}

}  // namespace junctor::compiler
