#include "engine/control/custom_provider.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <iterator>

#include "absl/status/status.h"
#include "engine/config/base_url.h"
#include "engine/net/base64.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

constexpr size_t kMaxExtraHeaders = 64;
constexpr size_t kMaxHeaderBytes = 8 * 1024;  // what servers take of one header

// What the gateway says itself of a request, or of the connection.
constexpr std::string_view kOwnHeaders[] = {
    "connection", "content-length",    "expect", "host", "keep-alive", "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade"};

struct NamedField {
  std::string_view name;
  std::string CustomProviderFields::*field;
};

constexpr NamedField kNamedFields[] = {
    {"base_url", &CustomProviderFields::base_url},
    {"description", &CustomProviderFields::description},
    {"link", &CustomProviderFields::link},
    {"curl_example", &CustomProviderFields::curl_example},
    {"js_example", &CustomProviderFields::js_example},
    {"headers", &CustomProviderFields::headers},
    {"logo", &CustomProviderFields::logo},
};

std::string_view TextOf(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsHeaderValue(std::string_view value) {
  return value.size() <= kMaxHeaderBytes && std::all_of(value.begin(), value.end(), [](char c) {
           const unsigned char byte = static_cast<unsigned char>(c);
           return byte >= ' ' ? byte != 0x7F : c == '\t';
         });
}

// Whether a path ends in a version, as in `/v1`: then what providers of OpenAI's form have before
// `/chat/completions` is there already.
bool EndsInVersion(std::string_view path) {
  std::string_view last = path.substr(path.rfind('/') + 1);
  if (!last.starts_with('v')) return false;
  last.remove_prefix(1);
  return !last.empty() && last.front() >= '0' && last.front() <= '9';
}

}  // namespace

CustomProviderFields CustomProviderFields::FromStored(std::string_view text) {
  CustomProviderFields fields;
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (!document.IsObject()) return fields;
  for (const auto& member : document.GetObject()) {
    for (const NamedField& named : kNamedFields) {
      if (member.value.IsString() && TextOf(member.name) == named.name) {
        fields.*named.field = TextOf(member.value);
      }
    }
  }
  return fields;
}

std::string CustomProviderFields::Text() const {
  std::string text = "{";
  for (const NamedField& named : kNamedFields) {
    if ((this->*named.field).empty()) continue;
    if (text.size() > 1) text += ',';
    AppendJsonString(&text, named.name);
    text += ':';
    AppendJsonString(&text, this->*named.field);
  }
  return text + "}";
}

bool IsCustomSlug(std::string_view slug) {
  return !slug.empty() && slug.size() <= kMaxCustomSlugBytes &&
         std::all_of(slug.begin(), slug.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ParseExtraHeaders(
    std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return absl::InvalidArgumentError("must be a string that holds a JSON object of headers");
  }
  if (document.MemberCount() > kMaxExtraHeaders) {
    return absl::InvalidArgumentError("must have at most " + std::to_string(kMaxExtraHeaders) +
                                      " headers");
  }
  std::vector<std::pair<std::string, std::string>> headers;
  for (const auto& member : document.GetObject()) {
    std::string name(TextOf(member.name));
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (!IsHeaderName(name)) {
      return absl::InvalidArgumentError("has `" + name + "`, which is not a header's name");
    }
    if (std::find(std::begin(kOwnHeaders), std::end(kOwnHeaders), name) != std::end(kOwnHeaders)) {
      return absl::InvalidArgumentError("has `" + name + "`, which the gateway sets itself");
    }
    if (!member.value.IsString() || !IsHeaderValue(TextOf(member.value))) {
      return absl::InvalidArgumentError("has a value of `" + name +
                                        "` that is not a string that a header can carry");
    }
    headers.emplace_back(std::move(name), TextOf(member.value));
  }
  return headers;
}

std::string MaskExtraHeaders(std::string_view json) {
  const auto headers = ParseExtraHeaders(json);
  if (!headers.ok()) return "***";
  std::string masked = "{";
  for (const auto& [name, value] : *headers) {
    if (masked.size() > 1) masked += ',';
    AppendJsonString(&masked, name);
    masked += ":\"***\"";
  }
  return masked + "}";
}

std::string MakeLogo(std::string_view name) {
  // The first letter or digit, on a colour that the name decides.
  constexpr std::string_view kColours[] = {"#b91c1c", "#c2410c", "#4d7c0f", "#047857",
                                           "#0e7490", "#1d4ed8", "#6d28d9", "#be185d"};
  uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  char initial = '?';
  for (const char c : name) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
      initial = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
      break;
    }
  }
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">";
  svg += "<circle cx=\"16\" cy=\"16\" r=\"16\" fill=\"";
  svg += kColours[hash % std::size(kColours)];
  svg +=
      "\"/><text x=\"16\" y=\"22\" font-family=\"sans-serif\" font-size=\"18\" fill=\"#fff\" "
      "text-anchor=\"middle\">";
  svg += initial;
  svg += "</text></svg>";
  return net::EncodeBase64(svg);
}

absl::StatusOr<CustomProvider> MakeCustomProvider(const CustomProviderRow& row) {
  const CustomProviderFields fields = CustomProviderFields::FromStored(row.fields);
  absl::StatusOr<BaseUrl> base_url = ParseBaseUrl(fields.base_url);
  if (!base_url.ok()) return base_url.status();
  CustomProvider provider;
  provider.id = row.id;
  provider.enabled = row.enable;
  if (!fields.headers.empty()) {
    auto headers = ParseExtraHeaders(fields.headers);
    if (!headers.ok()) return headers.status();
    provider.headers = *std::move(headers);
  }
  ProviderRecord& record = provider.record;
  record.slug = "custom-" + row.slug;
  record.url_template = fields.base_url;
  // The base URL is the root of the provider's API; one that ends in a version is meant to be the
  // root of that version.
  const std::string prefix = EndsInVersion(base_url->path) ? "" : "/v1";
  record.chat_path = prefix + "/chat/completions";
  record.embeddings_path = prefix + "/embeddings";
  record.base_url = *std::move(base_url);
  return provider;
}

}  // namespace junctor::engine
