#include "engine/store/sql_session.h"

#include <utility>
#include <variant>

#include "compiler/source/utf8.h"

namespace junctor::engine {
namespace {

bool CanBeKept(const std::string& text) {
  return text.find('\0') == std::string::npos &&
         compiler::FindInvalidUtf8(text, 0) == std::string_view::npos;
}

}  // namespace

absl::StatusOr<SqlResult> SqlSession::Execute(std::string_view sql,
                                              const SqlParameters& parameters) {
  if (!failure_.ok()) return failure_;
  for (const SqlValue& parameter : parameters) {
    const auto* text = std::get_if<std::string>(&parameter);
    if (text == nullptr || CanBeKept(*text)) continue;
    if (sql.starts_with("SELECT")) return SqlResult();
    failure_ = absl::InvalidArgumentError(
        "a text that is not UTF-8, or has a NUL character in it, can't be stored");
    return failure_;
  }
  absl::StatusOr<SqlResult> result = Run(sql, parameters);
  if (!result.ok()) failure_ = result.status();
  return result;
}

std::string LikePattern(std::string_view text) {
  std::string pattern = "%";
  for (char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    pattern += c;
  }
  pattern += '%';
  return pattern;
}

std::string NumberPlaceholders(std::string_view sql) {
  std::string numbered;
  numbered.reserve(sql.size() + 16);
  int number = 0;
  bool quoted = false;
  for (const char c : sql) {
    if (c == '\'') quoted = !quoted;
    if (c == '?' && !quoted) {
      numbered += '$' + std::to_string(++number);
    } else {
      numbered += c;
    }
  }
  return numbered;
}

}  // namespace junctor::engine
