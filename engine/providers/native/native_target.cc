// The providers' rules, one function each for those that do more than append the path.
#include "engine/providers/native/native_target.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "engine/providers/native/native_path.h"

namespace junctor::engine {
namespace {

// The last dated version of Azure's API that is generally available.
constexpr std::string_view kAzureApiVersion = "2024-10-21";
constexpr std::string_view kAzureVersionParameter = "api-version";
constexpr size_t kMaxLabelLength = 63;  // DNS
constexpr std::string_view kBasetenHost = "inference.baseten.co";
constexpr std::string_view kBasetenPredict = "/environments/production/predict";
constexpr std::string_view kFalHost = "fal.run";

// What is asked, as the rules need it.
struct Call {
  const ProviderRecord& record;
  std::string_view rest;
  std::string_view query;
  const net::HeaderList& headers;

  // The operator gave a base URL of its own, which no rule may leave.
  bool keeps_host() const { return record.url_template.find('{') == std::string::npos; }
};

using Target = absl::StatusOr<NativeTarget>;

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::string Quoted(std::string_view text) { return "`" + std::string(text) + "`"; }

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What may become one label of a host's name.
bool IsLabel(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelLength && IsLetterOrDigit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

NativeTarget At(BaseUrl url, std::string path, std::string_view query) {
  NativeTarget target;
  target.url = std::move(url);
  target.path_and_query = std::move(path);
  if (target.path_and_query.empty()) target.path_and_query = "/";
  if (!query.empty()) target.path_and_query.append("?").append(query);
  return target;
}

// Appends the path, by the record's version rule: most providers.
Target Plain(const Call& call) {
  const absl::StatusOr<BaseUrl> base = ResolveBaseUrl(call.record, {});
  if (!base.ok()) return base.status();
  return At(*base, VersionedPath(call.record, *base, call.rest), call.query);
}

// The region stands in the path: `…/locations/{region}/…`.
Target Vertex(const Call& call) {
  std::string_view region;
  for (std::string_view rest = call.rest; !rest.empty();) {
    const auto [segment, after] = SplitFirstSegment(rest);
    if (segment == "locations") {
      region = SplitFirstSegment(after).first;
      break;
    }
    rest = after;
  }
  const absl::StatusOr<BaseUrl> base = ResolveBaseUrl(call.record, {.region = region});
  if (!base.ok()) return base.status();
  return At(*base, VersionedPath(call.record, *base, call.rest), call.query);
}

// `v1/…` is its form of OpenAI's endpoints, anything else the name of a model to run.
Target WorkersAi(const Call& call) {
  const std::string_view first = SplitFirstSegment(call.rest).first;
  if (first.empty() || first == "v1" || first == "run") return Plain(call);
  const absl::StatusOr<BaseUrl> base = ResolveBaseUrl(call.record, {});
  if (!base.ok()) return base.status();
  return At(*base, base->path + "/run" + std::string(call.rest), call.query);
}

// `v1/…` is OpenAI's form, anything else the name of a model.
Target HuggingFace(const Call& call) {
  const BaseUrl& base = call.record.base_url;
  const std::string_view first = SplitFirstSegment(call.rest).first;
  // The older service has its models right under such a base URL.
  const bool has_models_path = std::string_view(base.path).ends_with("/models");
  if (first.empty() || first == "v1" || first == "hf-inference" || has_models_path) {
    return Plain(call);
  }
  return At(base, base.path + "/hf-inference/models" + std::string(call.rest), call.query);
}

// `model/{id}` is a deployed model with a host of its own; anything else goes to the model APIs.
Target Baseten(const Call& call) {
  const auto [kind, after_kind] = SplitFirstSegment(call.rest);
  if (kind != "model") return Plain(call);
  const auto [id, tail] = SplitFirstSegment(after_kind);
  if (!IsLabel("model-" + std::string(id)) || id.empty()) {
    return Invalid("expected a Baseten model's id of letters, digits and `-`, found " + Quoted(id));
  }
  BaseUrl url = call.record.base_url;
  std::string path = url.path;
  if (url.host == kBasetenHost) {
    url.host = "model-" + std::string(id) + ".api.baseten.co";
    url.authority = url.host;
    path.clear();
  }
  path.append(tail.empty() || tail == "/" ? kBasetenPredict : tail);
  return At(std::move(url), std::move(path), call.query);
}

bool HasParameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    if (net::EqualsIgnoreCase(parameter.substr(0, parameter.find('=')), name)) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

// `{resource}/{deployment}/…`, or with `deployments/`, `openai/deployments/` or `openai/v1/` after
// the resource.
Target Azure(const Call& call) {
  const auto [resource, after_resource] = SplitFirstSegment(call.rest);
  if (!IsLabel(resource)) {
    return Invalid(
        "expected `{resource}/{deployment}/…` with a resource of 1 to 63 letters, digits and `-`, "
        "found the resource " +
        Quoted(resource));
  }
  const absl::StatusOr<BaseUrl> base = ResolveBaseUrl(call.record, {.resource = resource});
  if (!base.ok()) return base.status();

  std::string_view rest = after_resource;
  auto [first, after_first] = SplitFirstSegment(rest);
  bool has_deployment = true;
  if (first == "openai") {
    // The base URL's own last segment, as the official SDK writes it.
    rest = after_first;
    std::tie(first, after_first) = SplitFirstSegment(rest);
    if (IsVersionSegment(first)) return At(*base, base->path + std::string(rest), call.query);
    has_deployment = first == "deployments";
  }
  if (first.empty()) {
    return Invalid("expected `{resource}/{deployment}/…`, found no deployment after " +
                   Quoted(resource));
  }
  std::string path = base->path;
  if (has_deployment && first != "deployments") path.append("/deployments");
  path.append(rest);

  std::string query(call.query);
  if (!HasParameter(query, kAzureVersionParameter)) {
    const std::string& configured = call.record.settings.api_version;
    if (!query.empty()) query.append("&");
    query.append(kAzureVersionParameter).append("=");
    query.append(configured.empty() ? kAzureApiVersion : std::string_view(configured));
  }
  return At(*base, std::move(path), query);
}

// The name that a service's requests are signed for.
std::string_view SigningName(std::string_view service) {
  constexpr std::string_view kAgentCore = "bedrock-agentcore";
  return service.starts_with(kAgentCore) ? kAgentCore : std::string_view("bedrock");
}

// `{service}/{region}/…` with a service of Bedrock's.
Target Bedrock(const Call& call) {
  const auto [service, after_service] = SplitFirstSegment(call.rest);
  const auto [region, tail] = SplitFirstSegment(after_service);
  if (!IsLabel(service) || !service.starts_with("bedrock")) {
    return Invalid(
        "expected `bedrock-runtime/{region}/…`, or another service of Bedrock's, found " +
        Quoted(service));
  }
  if (!IsRegion(region)) {
    return Invalid("expected a region such as `us-east-1` after " + Quoted(service) + ", found " +
                   Quoted(region));
  }
  BaseUrl url = call.record.base_url;
  if (!call.keeps_host()) {
    url = BaseUrl();
    url.tls = true;
    url.port = 443;
    url.host = std::string(service) + "." + std::string(region) + ".amazonaws.com";
    url.authority = url.host;
  }
  std::string path = url.path + std::string(tail);
  NativeTarget target = At(std::move(url), std::move(path), call.query);
  target.client_signed = IsSignedByCaller(call.record, call.headers);
  target.aws_service = SigningName(service);
  target.aws_region = region;
  return target;
}

bool IsFalHost(std::string_view host) {
  for (const std::string_view domain : {"fal.run", "fal.ai"}) {
    if (net::EqualsIgnoreCase(host, domain)) return true;
    if (host.size() <= domain.size() + 1) continue;
    const std::string_view end = host.substr(host.size() - domain.size());
    if (host[host.size() - domain.size() - 1] == '.' && net::EqualsIgnoreCase(end, domain)) {
      return true;
    }
  }
  return false;
}

// A header may name the whole target, at Fal's own hosts.
Target Fal(const Call& call) {
  const std::string_view* header = call.headers.Find(kFalTargetHeader);
  if (header == nullptr) return Plain(call);
  constexpr std::string_view kHttps = "https://";
  const std::string name(kFalTargetHeader);
  if (call.headers.Count(kFalTargetHeader) > 1) return Invalid(name + " is given twice");
  if (header->size() < kHttps.size() ||
      !net::EqualsIgnoreCase(header->substr(0, kHttps.size()), kHttps)) {
    return Invalid(name + ": expected an https URL, found " + Quoted(*header));
  }
  const std::string_view rest = header->substr(kHttps.size());
  const size_t end_of_authority = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end_of_authority);
  const std::string_view target = rest.substr(end_of_authority);
  const size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  const std::string_view query = target.substr(std::min(question + 1, target.size()));

  absl::StatusOr<BaseUrl> url = ParseBaseUrl(std::string(kHttps) + std::string(authority));
  if (!url.ok()) return Invalid(name + ": " + std::string(url.status().message()));
  if (!IsFalHost(url->host) || url->authority != url->host) {
    return Invalid(name +
                   ": expected a URL at fal.run, *.fal.run, fal.ai or *.fal.ai without a port, "
                   "found " +
                   Quoted(authority));
  }
  for (const absl::Status& status : {CheckNativePath(path), CheckNativeQuery(query)}) {
    if (!status.ok()) return Invalid(name + ": " + std::string(status.message()));
  }
  const BaseUrl& base = call.record.base_url;
  if (base.host != kFalHost) return At(base, base.path + std::string(path), query);
  NativeTarget named = At(*std::move(url), std::string(path), query);
  named.public_only = true;
  return named;
}

struct Rule {
  std::string_view slug;
  Target (*make)(const Call& call);
};

constexpr std::array<Rule, 7> kRules = {{{"aws-bedrock", Bedrock},
                                         {"azure-openai", Azure},
                                         {"baseten", Baseten},
                                         {"fal", Fal},
                                         {"google-vertex-ai", Vertex},
                                         {"huggingface", HuggingFace},
                                         {"workers-ai", WorkersAi}}};

}  // namespace

bool IsSignedByCaller(const ProviderRecord& record, const net::HeaderList& headers) {
  return record.format == ChatFormat::kBedrock && headers.Get("authorization").starts_with("AWS4-");
}

absl::StatusOr<NativeTarget> MakeNativeTarget(const ProviderRecord& record, std::string_view rest,
                                              std::string_view query,
                                              const net::HeaderList& headers) {
  if (record.in_process) {
    return Invalid("the provider " + Quoted(record.slug) + " has no endpoint of its own");
  }
  if (absl::Status status = CheckNativePath(rest); !status.ok()) return status;
  if (absl::Status status = CheckNativeQuery(query); !status.ok()) return status;
  const Call call{record, rest, query, headers};
  if (record.built_in) {
    for (const Rule& rule : kRules) {
      if (rule.slug == record.slug) return rule.make(call);
    }
  }
  Target target = Plain(call);
  if (target.ok()) target->client_signed = IsSignedByCaller(record, headers);
  return target;
}

}  // namespace junctor::engine
