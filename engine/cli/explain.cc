// junctor explain: puts the request together from its file and the command line, and has the run
// explained.
#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "engine/cli/commands.h"
#include "engine/cli/route_input.h"
#include "engine/explain/explainer.h"
#include "engine/explain/recorded_request.h"
#include "engine/limits/limit_row_json.h"
#include "engine/observe/json_text.h"
#include "engine/serve/price_file.h"

namespace junctor::engine {
namespace {

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

// A header of the command line takes the place of the file's header of that name.
absl::Status AddHeader(const std::string& text, RequestParts* parts) {
  const size_t colon = text.find(':');
  const std::string_view name = Trim(std::string_view(text).substr(0, colon));
  if (colon == text.npos || name.empty()) {
    return Invalid("expected 'NAME: VALUE' in `--header`, found `" + text + "`");
  }
  std::erase_if(parts->headers,
                [&](const auto& header) { return Lower(header.first) == Lower(name); });
  parts->headers.emplace_back(name, Trim(std::string_view(text).substr(colon + 1)));
  return absl::OkStatus();
}

// A value that is JSON's number, true or false keeps its type; anything else is a string.
bool IsBareScalar(const std::string& value) {
  if (value == "true" || value == "false") return true;
  const bool number_like =
      !value.empty() &&
      (value.front() == '-' || std::isdigit(static_cast<unsigned char>(value.front())) != 0);
  return number_like && CheckJson(value).ok();
}

// Metadata of the command line: one JSON object, or entries that go over those of the file.
absl::Status AddMetadata(const std::vector<std::string>& texts, BodyScanner* scanner,
                         RequestParts* parts) {
  if (texts.empty()) return absl::OkStatus();
  std::vector<std::pair<std::string, std::string>> entries;  // key, value as JSON
  const auto set = [&entries](const std::string& key, const std::string& json) {
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&key](const auto& one) { return one.first == key; });
    if (entry == entries.end()) {
      entries.emplace_back(key, json);
    } else {
      entry->second = json;
    }
  };
  const auto add_object = [&](const std::string& text) -> absl::Status {
    if (const absl::Status status = CheckJson(text); !status.ok()) return status;
    std::string padded;
    padded.reserve(text.size() + kBodyPadding);
    padded = text;
    BodyIndex index;
    if (const absl::Status status = scanner->Scan(padded, &index); !status.ok()) return status;
    for (const BodyIndex::Entry& entry : index.entries()) {
      set(std::string(entry.key), std::string(entry.value));
    }
    return absl::OkStatus();
  };
  if (parts->metadata.has_value()) {
    if (const absl::Status status = add_object(*parts->metadata); !status.ok()) return status;
  }
  for (const std::string& text : texts) {
    if (text.starts_with('{')) {
      const absl::Status status = add_object(text);
      if (!status.ok()) return Invalid("`--metadata`: " + std::string(status.message()));
      continue;
    }
    const size_t equals = text.find('=');
    if (equals == text.npos || equals == 0) {
      return Invalid("expected KEY=VALUE or a JSON object in `--metadata`, found `" + text + "`");
    }
    const std::string value = text.substr(equals + 1);
    std::string json;
    if (IsBareScalar(value)) {
      json = value;
    } else {
      AppendJsonString(&json, value);
    }
    set(text.substr(0, equals), json);
  }
  std::string object = "{";
  for (const auto& [key, json] : entries) {
    if (object.size() > 1) object.push_back(',');
    AppendJsonString(&object, key);
    object += ":" + json;
  }
  parts->metadata = object + "}";
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> ParseTime(const std::string& text) {
  if (text.empty()) return absl::Now();
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return absl::FromUnixSeconds(seconds);
  }
  absl::Time time;
  std::string reason;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &reason)) return time;
  return Invalid("expected RFC 3339 (2026-11-21T06:30:00Z) or Unix seconds in `--at`, found `" +
                 text + "`");
}

absl::StatusOr<std::unique_ptr<RecordedRequest>> BuildRequest(const ExplainOptions& options,
                                                              int64_t unix_seconds,
                                                              const Console& console) {
  BodyScanner scanner;
  RequestParts parts;
  if (!options.request.empty()) {
    const absl::StatusOr<std::string> text =
        ReadInput(options.request, kMaxRecordedRequestBytes, console);
    if (!text.ok()) return text.status();
    absl::StatusOr<RequestParts> read = ParseRequestParts(*text, &scanner);
    if (!read.ok()) {
      return Invalid("`" + DisplayName(options.request) +
                     "`: " + std::string(read.status().message()));
    }
    parts = *std::move(read);
  }
  for (const std::string& header : options.headers) {
    if (const absl::Status status = AddHeader(header, &parts); !status.ok()) return status;
  }
  const absl::Status status = AddMetadata(options.metadata, &scanner, &parts);
  if (!status.ok()) return status;
  parts.unix_seconds = unix_seconds;
  return RecordedRequest::Make(std::move(parts), &scanner);
}

absl::StatusOr<std::vector<LimitRow>> ReadRows(const std::string& file, const Program& program,
                                               const Console& console) {
  const absl::StatusOr<std::string> text = ReadInput(file, kMaxLimitRowsBytes, console);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::vector<LimitRow>> rows = ReadLimitRows(*text, program);
  if (!rows.ok()) {
    return Invalid("`" + DisplayName(file) + "`: " + std::string(rows.status().message()));
  }
  return rows;
}

}  // namespace

int RunExplain(const ExplainOptions& options, const Console& console) {
  const auto fail = [&console](const absl::Status& status) {
    PrintError(console, std::string(status.message()));
    return kExitFailure;
  };
  const absl::StatusOr<absl::Time> time = ParseTime(options.at);
  if (!time.ok()) return fail(time.status());
  if (int{options.file == "-"} + int{options.request == "-"} + int{options.limits == "-"} > 1) {
    return fail(Invalid("standard input can be one of the route, the request and the limits"));
  }
  const absl::StatusOr<std::shared_ptr<const PriceTable>> prices = LoadPriceTable(options.prices);
  if (!prices.ok()) return fail(prices.status());
  const std::shared_ptr<const Program> program = LoadProgramInput(options.file, console, **prices);
  if (program == nullptr) return kExitFailure;
  const absl::StatusOr<Assumptions> assumptions = Assumptions::Parse(options.assumed, *program);
  if (!assumptions.ok()) return fail(assumptions.status());
  const absl::StatusOr<std::unique_ptr<RecordedRequest>> request =
      BuildRequest(options, absl::ToUnixSeconds(*time), console);
  if (!request.ok()) return fail(request.status());

  const std::vector<ProviderRecord> providers = BuiltInProviders();
  KnownLimits limits;
  limits.unix_nanoseconds = absl::ToUnixNanos(*time);
  limits.prices.table = prices->get();
  limits.providers = &providers;
  if (!options.limits.empty()) {
    absl::StatusOr<std::vector<LimitRow>> rows = ReadRows(options.limits, *program, console);
    if (!rows.ok()) return fail(rows.status());
    limits.rows = *std::move(rows);
  }
  Explanation explanation = Explain(program, (*request)->request(), *assumptions, options.seed,
                                    options.limits.empty() ? nullptr : &limits);
  explanation.time = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *time, absl::UTCTimeZone());
  explanation.seed = options.seed;
  console.out << (options.format == OutputFormat::kJson
                      ? RenderExplanationJson(explanation)
                      : RenderExplanationText(explanation, console.colour_out));
  return kExitOk;
}

}  // namespace junctor::engine
