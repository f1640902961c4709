// Requests from JSON. The runtime's own scanner finds the parts, so that bodies keep their bytes.
#include "engine/explain/recorded_request.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>

#include "compiler/syntax/suggest.h"

namespace junctor::engine {
namespace {

constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

constexpr std::array<std::string_view, 6> kPartNames = {"body",   "headers", "metadata",
                                                        "method", "path",    "client_ip"};
constexpr std::string_view kMetadataHeader = "cf-aig-metadata";

bool IsPartName(std::string_view key) {
  return std::find(kPartNames.begin(), kPartNames.end(), key) != kPartNames.end();
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [lower](char x, char y) {
           return lower(x) == lower(y);
         });
}

absl::Status ReadHeaders(std::string_view json, RequestParts* parts) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return absl::InvalidArgumentError("`headers` must be an object of strings");
  }
  for (auto member = document.MemberBegin(); member != document.MemberEnd(); ++member) {
    const std::string name(member->name.GetString(), member->name.GetStringLength());
    if (!member->value.IsString()) {
      return absl::InvalidArgumentError("the header `" + name +
                                        "` must be a string, as all headers are");
    }
    parts->headers.emplace_back(
        name, std::string(member->value.GetString(), member->value.GetStringLength()));
  }
  return absl::OkStatus();
}

absl::Status ReadText(const BodyIndex::Entry& entry, std::string* out) {
  absl::StatusOr<std::string> text = DecodeJsonString(entry.value);
  if (!text.ok())
    return absl::InvalidArgumentError("`" + std::string(entry.key) + "` must be a string");
  *out = *std::move(text);
  return absl::OkStatus();
}

absl::Status ReadPart(const BodyIndex::Entry& entry, RequestParts* parts) {
  const std::string_view value = entry.value;
  if (entry.key == "headers") return ReadHeaders(value, parts);
  if (entry.key == "method") return ReadText(entry, &parts->method);
  if (entry.key == "path") return ReadText(entry, &parts->path);
  if (entry.key == "client_ip") return ReadText(entry, &parts->client_ip);
  if (entry.key == "metadata") {
    if (value != "null") parts->metadata = std::string(value);
    return absl::OkStatus();
  }
  if (entry.key == "body") {
    if (value.starts_with('"')) return ReadText(entry, &parts->body.emplace());
    parts->body = std::string(value);
    return absl::OkStatus();
  }
  const std::string nearest(
      compiler::ClosestName(entry.key, {kPartNames.begin(), kPartNames.end()}));
  return absl::InvalidArgumentError(
      "unknown key `" + std::string(entry.key) + "` beside `body`" +
      (nearest.empty() ? std::string() : "; did you mean `" + nearest + "`?"));
}

}  // namespace

absl::Status CheckJson(std::string_view text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::EncodedInputStream<rapidjson::UTF8<>, rapidjson::MemoryStream> input(stream);
  rapidjson::BaseReaderHandler<> ignore;
  rapidjson::Reader reader;
  reader.Parse<kParseFlags>(input, ignore);
  if (!reader.HasParseError()) return absl::OkStatus();
  return absl::InvalidArgumentError("not JSON at byte " + std::to_string(reader.GetErrorOffset()) +
                                    ": " + rapidjson::GetParseError_En(reader.GetParseErrorCode()));
}

absl::StatusOr<std::string> DecodeJsonString(std::string_view json) {
  rapidjson::Document document;
  document.Parse<kParseFlags>(json.data(), json.size());
  if (document.HasParseError() || !document.IsString())
    return absl::InvalidArgumentError("expected a string");
  return std::string(document.GetString(), document.GetStringLength());
}

absl::StatusOr<RequestParts> ParseRequestParts(std::string_view text, BodyScanner* scanner) {
  if (const absl::Status status = CheckJson(text); !status.ok()) return status;
  return ParseCheckedRequestParts(text, scanner);
}

absl::StatusOr<RequestParts> ParseCheckedRequestParts(std::string_view text, BodyScanner* scanner) {
  std::string padded;
  padded.reserve(text.size() + kBodyPadding);
  padded.assign(text);
  BodyIndex index;
  if (const absl::Status status = scanner->Scan(padded, &index); !status.ok()) return status;

  const std::vector<BodyIndex::Entry>& entries = index.entries();
  const bool has_body = !index.Find("body").empty();
  const bool only_parts = std::all_of(entries.begin(), entries.end(),
                                      [](const auto& entry) { return IsPartName(entry.key); });
  RequestParts parts;
  if (!has_body && !(only_parts && !entries.empty())) {
    parts.body = std::string(text);
    return parts;
  }
  for (const BodyIndex::Entry& entry : entries) {
    if (index.IsDuplicate(entry.key)) {
      return absl::InvalidArgumentError("the key `" + std::string(entry.key) +
                                        "` stands there twice");
    }
    if (const absl::Status status = ReadPart(entry, &parts); !status.ok()) return status;
  }
  return parts;
}

absl::StatusOr<std::unique_ptr<RecordedRequest>> RecordedRequest::Make(RequestParts parts,
                                                                       BodyScanner* scanner) {
  std::unique_ptr<RecordedRequest> result(new RecordedRequest());
  result->parts_ = std::move(parts);
  RequestParts& own = result->parts_;
  Request& request = result->request_;
  for (const auto& [name, value] : own.headers) {
    result->headers_.push_back({name, value});
    if (!own.metadata.has_value() && EqualIgnoringCase(name, kMetadataHeader)) {
      own.metadata = value;
    }
  }
  request.method = own.method;
  request.path = own.path;
  request.client_ip = own.client_ip;
  request.headers = result->headers_;
  request.unix_seconds = own.unix_seconds;
  if (own.metadata.has_value()) {
    absl::StatusOr<Metadata> metadata = Metadata::Parse(*own.metadata);
    if (!metadata.ok()) return metadata.status();
    result->metadata_ = *std::move(metadata);
    request.metadata = &*result->metadata_;
  }
  if (own.body.has_value()) {
    own.body->reserve(own.body->size() + kBodyPadding);
    request.body_bytes = own.body->size();
    // A body that is no JSON object leaves every body field missing (R33).
    if (scanner->Scan(*own.body, &result->body_).ok()) request.body = &result->body_;
  }
  return result;
}

}  // namespace junctor::engine
