#include "engine/providers/google/vertex_format.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/providers/anthropic/anthropic_answer.h"
#include "engine/providers/anthropic/anthropic_errors.h"
#include "engine/providers/anthropic/anthropic_request.h"
#include "engine/providers/anthropic/anthropic_stream.h"
#include "engine/providers/anthropic/claude_models.h"
#include "engine/providers/chat/body_splice.h"
#include "engine/providers/chat/stream_usage.h"
#include "engine/providers/google/google_answer.h"
#include "engine/providers/google/google_errors.h"
#include "engine/providers/google/google_request.h"
#include "engine/providers/google/google_stream.h"
#include "engine/providers/google/open_model_translator.h"
#include "engine/providers/google/vertex_names.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kVertexAnthropicVersion = "vertex-2023-10-16";

// A model's name, taken apart.
struct VertexModel {
  std::string_view publisher = "google";
  std::string_view name;

  bool google() const { return publisher == "google"; }
  bool anthropic() const { return publisher == "anthropic"; }
};

VertexModel ReadModel(std::string_view model) {
  VertexModel read;
  const size_t slash = model.find('/');
  if (slash != std::string_view::npos) read.publisher = model.substr(0, slash);
  read.name = slash == std::string_view::npos ? model : model.substr(slash + 1);
  return read;
}

// Vertex writes dates with an at sign: claude-sonnet-4-5-20250929 is claude-sonnet-4-5@20250929.
std::string VertexClaudeName(std::string_view name) {
  constexpr size_t kDateDigits = 8;
  std::string native = NativeClaudeName(name);
  if (native.size() > kDateDigits + 1) {
    const size_t dash = native.size() - kDateDigits - 1;
    if (native[dash] == '-' &&
        std::all_of(native.begin() + static_cast<std::ptrdiff_t>(dash) + 1, native.end(),
                    [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); })) {
      native[dash] = '@';
    }
  }
  return native;
}

// "/v1/projects/{p}/locations/{r}".
absl::StatusOr<std::string> LocationPath(const FormatSettings& settings) {
  if (settings.project.empty() || settings.region.empty()) {
    return absl::InvalidArgumentError(
        std::string("Vertex AI needs a ") + (settings.project.empty() ? "project" : "region") +
        ": it stands in the service account's key, or in the provider's settings");
  }
  if (!IsVertexProject(settings.project))
    return absl::InvalidArgumentError("Vertex AI's project is none that can exist");
  if (!IsVertexRegion(settings.region)) {
    return absl::InvalidArgumentError(
        "Vertex AI's region is none: expected one like \"us-central1\" or \"global\"");
  }
  return "/v1/projects/" + settings.project + "/locations/" + settings.region;
}

// The caller's own body, with the model that Vertex knows, and usage asked for in streams.
absl::Status WriteOpenModelBody(const ChatRequest& chat, std::string_view model, bool stream,
                                std::string* body) {
  if (chat.source.empty())
    return absl::InternalError("the request's source is missing: Vertex's open models take it");
  BodyScanner scanner;
  BodyIndex index;
  if (absl::Status status = scanner.Scan(chat.source, &index); !status.ok()) return status;
  std::string params;
  const std::string asking = stream ? WithUsageAsked(index.Find("stream_options")) : std::string();
  if (!asking.empty()) params = "{\"stream_options\":" + asking + "}";
  absl::StatusOr<SplicedBody> spliced = SplicedBody::Make(chat.source, index, model, params);
  if (!spliced.ok()) return spliced.status();
  body->reserve(spliced->size());
  for (const std::string_view piece : spliced->pieces()) body->append(piece);
  return absl::OkStatus();
}

class Format final : public WireFormat {
 public:
  absl::StatusOr<TranslatedRequest> MakeRequest(const ChatRequest& chat,
                                                const ChatTarget& target) const override {
    const VertexModel model = ReadModel(target.model);
    if (absl::Status status = CheckModelPathSegment(model.publisher); !status.ok()) return status;
    if (absl::Status status = CheckModelPathSegment(model.name); !status.ok()) return status;
    absl::StatusOr<std::string> location = LocationPath(*target.settings);
    if (!location.ok()) return location.status();
    TranslatedRequest made;
    made.request.path = *std::move(location);
    made.request.headers = "content-type: application/json\r\n";
    absl::Status status;
    if (model.google()) {
      made.request.path.append("/publishers/google/models/").append(model.name);
      made.request.path.append(target.stream ? ":streamGenerateContent?alt=sse"
                                             : ":generateContent");
      status = WriteGoogleRequest(chat, model.name, &made.request.body);
    } else if (model.anthropic()) {
      status = MakeAnthropicRequest(chat, model, target, &made);
    } else {
      made.request.path.append("/endpoints/openapi/chat/completions");
      status = WriteOpenModelBody(chat, target.model, target.stream, &made.request.body);
    }
    if (!status.ok()) return status;
    return made;
  }

  std::unique_ptr<AnswerTranslator> MakeTranslator(std::string_view model,
                                                   const AnswerContext& context) const override {
    const VertexModel read = ReadModel(model);
    if (read.google()) {
      return context.stream ? MakeGoogleStreamTranslator(context)
                            : MakeGoogleAnswerTranslator(context);
    }
    if (read.anthropic()) {
      return context.stream ? MakeAnthropicStreamTranslator(context)
                            : MakeAnthropicAnswerTranslator(context);
    }
    return MakeOpenModelTranslator(context);
  }

  // All publishers' errors come in Google's form where Vertex itself refuses; Anthropic's models
  // also send their own, which reads the rest as the default does.
  Failure Classify(int status, const net::HeaderList& headers, std::string_view body,
                   int64_t unix_seconds) const override {
    std::optional<Failure> failure = ClassifyGoogleAnswer(status, headers, body, unix_seconds);
    return failure ? *std::move(failure)
                   : ClassifyAnthropicAnswer(status, headers, body, unix_seconds);
  }

  bool TakesAssistantPrefix(std::string_view model) const override {
    const VertexModel read = ReadModel(model);
    return read.anthropic() && ClaudeModelOf(read.name).takes_prefill;
  }

 private:
  static absl::Status MakeAnthropicRequest(const ChatRequest& chat, const VertexModel& model,
                                           const ChatTarget& target, TranslatedRequest* made) {
    made->request.path.append("/publishers/anthropic/models/").append(VertexClaudeName(model.name));
    made->request.path.append(target.stream ? ":streamRawPredict" : ":rawPredict");
    AnthropicRequestOptions options;
    options.model_in_body = false;
    options.version_in_body = kVertexAnthropicVersion;
    options.default_max_tokens = target.settings->default_max_tokens;
    options.stream = target.stream;
    absl::StatusOr<AnthropicBody> body = MakeAnthropicBody(chat, model.name, options);
    if (!body.ok()) return body.status();
    made->request.body = std::move(body->json);
    made->json_tool_as_content = body->json_tool_as_content;
    return absl::OkStatus();
  }
};

}  // namespace

const WireFormat& VertexFormat() {
  static const Format format;
  return format;
}

}  // namespace junctor::engine
