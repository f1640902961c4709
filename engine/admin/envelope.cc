// What every answer of the admin API is wrapped in: see admin_request.h.
#include <charconv>

#include "engine/admin/admin_request.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// A page far beyond every list, so that no product of the two overflows.
constexpr int64_t kMaxPage = 1'000'000'000;

void AppendError(std::string* out, const ControlError& error) {
  *out += "{\"code\":";
  AppendJsonInteger(out, error.code);
  *out += ",\"message\":";
  AppendJsonString(out, error.message);
  if (!error.path.empty()) {
    *out += ",\"path\":[";
    for (size_t i = 0; i < error.path.size(); ++i) {
      if (i > 0) *out += ',';
      AppendJsonString(out, error.path[i]);
    }
    *out += ']';
  }
  if (!error.diagnostic.empty()) {
    *out += ",\"diagnostic\":";
    AppendJsonString(out, error.diagnostic);
  }
  if (error.line > 0) {
    *out += ",\"line\":";
    AppendJsonUnsigned(out, error.line);
    *out += ",\"column\":";
    AppendJsonUnsigned(out, error.column);
  }
  if (!error.fix.empty()) {
    *out += ",\"fix\":";
    AppendJsonString(out, error.fix);
  }
  *out += '}';
}

// The errors, or else the warnings, of `all` as an array.
std::string ErrorArray(const std::vector<ControlError>& all, bool warnings) {
  std::string out = "[";
  for (const ControlError& error : all) {
    if (error.is_warning != warnings) continue;
    if (out.size() > 1) out += ',';
    AppendError(&out, error);
  }
  return out + "]";
}

AdminAnswer Envelope(std::string_view messages, std::string_view members) {
  AdminAnswer answer;
  answer.body.reserve(messages.size() + members.size() + 64);
  answer.body += "{\"success\":true,\"errors\":[],\"messages\":";
  answer.body += messages;
  answer.body += ',';
  answer.body += members;
  answer.body += "}\n";
  return answer;
}

// A number of the query; `fallback` where it is not there.
bool ReadNumber(const AdminRequest& request, std::string_view name, int64_t most, int64_t* value,
                ControlErrors* errors) {
  const std::optional<std::string_view> text = request.Query(name);
  if (!text.has_value()) return true;
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failure == std::errc() && end == text->data() + text->size() && number >= 1 &&
      number <= most) {
    *value = number;
    return true;
  }
  *errors = ControlErrors::One(400, kCodeBadField,
                               "`" + std::string(name) + "` must be a whole number from 1 to " +
                                   std::to_string(most) + ", found `" + std::string(*text) + "`",
                               {"query", std::string(name)});
  return false;
}

}  // namespace

std::optional<std::string_view> AdminRequest::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

AdminAnswer Success(std::string_view result, const std::vector<ControlError>& warnings) {
  std::string members = "\"result\":";
  members += result;
  return Envelope(ErrorArray(warnings, true), members);
}

AdminAnswer SuccessPage(const std::vector<std::string>& results, PageOf page, int64_t total,
                        const std::vector<ControlError>& warnings) {
  std::string members = "\"result\":[";
  for (size_t i = 0; i < results.size(); ++i) {
    if (i > 0) members += ',';
    members += results[i];
  }
  members += "],\"result_info\":{\"page\":";
  AppendJsonInteger(&members, page.page);
  members += ",\"per_page\":";
  AppendJsonInteger(&members, page.per_page);
  members += ",\"count\":";
  AppendJsonUnsigned(&members, results.size());
  members += ",\"total_count\":";
  AppendJsonInteger(&members, total);
  members += ",\"total_pages\":";
  AppendJsonInteger(&members, (total + page.per_page - 1) / page.per_page);
  members += '}';
  return Envelope(ErrorArray(warnings, true), members);
}

AdminAnswer SuccessBeside(std::string_view members, const std::vector<ControlError>& warnings) {
  return Envelope(ErrorArray(warnings, true), members);
}

AdminAnswer Failure(const ControlErrors& errors) {
  AdminAnswer answer;
  answer.status = errors.status;
  answer.body = "{\"success\":false,\"errors\":" + ErrorArray(errors.errors, false) +
                ",\"messages\":" + ErrorArray(errors.errors, true) + ",\"result\":null}\n";
  if (errors.status == 503) {
    answer.headers.emplace_back("retry-after", "1");
  } else if (errors.status < 500) {
    answer.headers.emplace_back("x-should-retry", "false");
  }
  return answer;
}

ControlResult<PageOf> ReadPage(const AdminRequest& request, int64_t most) {
  PageOf page;
  ControlErrors errors;
  if (!ReadNumber(request, "page", kMaxPage, &page.page, &errors) ||
      !ReadNumber(request, "per_page", most, &page.per_page, &errors)) {
    return errors;
  }
  return page;
}

}  // namespace junctor::engine
