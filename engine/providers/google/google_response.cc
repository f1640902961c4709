#include "engine/providers/google/google_response.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/providers/chat/json_members.h"
#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Google's ends that are no mere stop.
struct FinishRow {
  std::string_view name;
  FinishReason reason;
};
constexpr std::array<FinishRow, 11> kFinishRows = {
    {{"MAX_TOKENS", FinishReason::kLength},
     {"SAFETY", FinishReason::kContentFilter},
     {"RECITATION", FinishReason::kContentFilter},
     {"LANGUAGE", FinishReason::kContentFilter},
     {"BLOCKLIST", FinishReason::kContentFilter},
     {"PROHIBITED_CONTENT", FinishReason::kContentFilter},
     {"SPII", FinishReason::kContentFilter},
     {"IMAGE_SAFETY", FinishReason::kContentFilter},
     {"IMAGE_PROHIBITED_CONTENT", FinishReason::kContentFilter},
     {"IMAGE_RECITATION", FinishReason::kContentFilter},
     {"MODEL_ARMOR", FinishReason::kContentFilter}}};

// The sum of what is there; nothing where neither is. Counts that can't be real are cut short.
std::optional<uint64_t> Sum(const std::optional<uint64_t>& a, const std::optional<uint64_t>& b) {
  constexpr uint64_t kMost = uint64_t{1} << 62;
  if (!a && !b) return std::nullopt;
  return std::min(a.value_or(0), kMost) + std::min(b.value_or(0), kMost);
}

std::optional<uint64_t> AudioTokens(const object& metadata, std::string_view key) {
  array details;
  if (metadata.at_key(key).get(details) != simdjson::SUCCESS) return std::nullopt;
  std::optional<uint64_t> audio;
  for (const element detail : details) {
    object members;
    if (detail.get(members) != simdjson::SUCCESS || TextMember(members, "modality") != "AUDIO")
      continue;
    audio = Sum(audio, CountMember(members, "tokenCount"));
  }
  return audio;
}

bool IsThought(const object& part) {
  bool thought = false;
  return part.at_key("thought").get(thought) == simdjson::SUCCESS && thought;
}

// {"token","logprob","bytes"}, left open.
void BeginToken(const object& token, JsonWriter* writer) {
  const std::string_view text = TextMember(token, "token");
  double logprob = 0;
  writer->BeginObject().Key("token").String(text).Key("logprob");
  if (token.at_key("logProbability").get(logprob) == simdjson::SUCCESS) {
    writer->Number(logprob);
  } else {
    writer->Number(0);  // left out by protocol buffers where it is 0
  }
  writer->Key("bytes").BeginArray();
  for (const char byte : text) writer->Unsigned(static_cast<unsigned char>(byte));
  writer->EndArray();
}

// The items of `top_logprobs`, from one position's `{"candidates":[…]}`.
void WriteTopTokens(const element& position, JsonWriter* writer) {
  object top;
  array candidates;
  if (position.get(top) != simdjson::SUCCESS ||
      top.at_key("candidates").get(candidates) != simdjson::SUCCESS) {
    return;
  }
  for (const element candidate : candidates) {
    object token;
    if (candidate.get(token) != simdjson::SUCCESS) continue;
    BeginToken(token, writer);
    writer->EndObject();
  }
}

}  // namespace

GooglePart ReadGooglePart(const element& part) {
  GooglePart read;
  object members;
  if (part.get(members) != simdjson::SUCCESS) return read;
  if (std::string_view text; members.at_key("text").get(text) == simdjson::SUCCESS) {
    read.kind = IsThought(members) ? GooglePart::Kind::kThought : GooglePart::Kind::kText;
    read.text = text;
    return read;
  }
  object value;
  if (members.at_key("functionCall").get(value) == simdjson::SUCCESS) {
    read.kind = GooglePart::Kind::kCall;
    read.call_id = TextMember(value, "id");
    read.name = TextMember(value, "name");
    object arguments;
    read.arguments = value.at_key("args").get(arguments) == simdjson::SUCCESS
                         ? simdjson::minify(arguments)
                         : std::string("{}");
    read.signature = TextMember(members, "thoughtSignature");
    return read;
  }
  if (members.at_key("inlineData").get(value) == simdjson::SUCCESS) {
    const std::string_view data = TextMember(value, "data");
    // Images that the model only thought of are drafts.
    if (data.empty() || IsThought(members)) return read;
    const std::string_view mime_type = TextMember(value, "mimeType");
    read.kind = GooglePart::Kind::kImage;
    read.data_url.reserve(data.size() + mime_type.size() + 16);
    read.data_url.append("data:").append(mime_type).append(";base64,").append(data);
  }
  return read;
}

std::optional<array> PartsOf(const object& candidate) {
  object content;
  array parts;
  if (candidate.at_key("content").get(content) != simdjson::SUCCESS ||
      content.at_key("parts").get(parts) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return parts;
}

uint32_t CandidateIndex(const object& candidate) {
  const uint64_t index = CountMember(candidate, "index").value_or(0);
  return static_cast<uint32_t>(std::min<uint64_t>(index, UINT32_MAX));
}

std::optional<FinishReason> ReadFinishReason(const object& candidate, bool called) {
  const std::string_view name = TextMember(candidate, "finishReason");
  if (name.empty()) return std::nullopt;
  if (name == "STOP") return called ? FinishReason::kToolCalls : FinishReason::kStop;
  const auto* row = std::find_if(kFinishRows.begin(), kFinishRows.end(),
                                 [name](const FinishRow& r) { return r.name == name; });
  return row == kFinishRows.end() ? FinishReason::kStop : row->reason;
}

std::string ReadGoogleLogprobs(const object& candidate) {
  object result;
  array chosen;
  if (candidate.at_key("logprobsResult").get(result) != simdjson::SUCCESS ||
      result.at_key("chosenCandidates").get(chosen) != simdjson::SUCCESS) {
    return {};
  }
  std::vector<element> top;
  if (array positions; result.at_key("topCandidates").get(positions) == simdjson::SUCCESS)
    top.assign(positions.begin(), positions.end());
  std::string out;
  JsonWriter writer(&out);
  writer.BeginObject().Key("content").BeginArray();
  size_t position = 0;
  for (const element item : chosen) {
    object token;
    if (item.get(token) != simdjson::SUCCESS) continue;
    BeginToken(token, &writer);
    writer.Key("top_logprobs").BeginArray();
    if (position < top.size()) WriteTopTokens(top[position], &writer);
    ++position;
    writer.EndArray().EndObject();
  }
  writer.EndArray().Key("refusal").Null().EndObject();
  return out;
}

std::string_view BlockReason(const object& response) {
  object feedback;
  if (response.at_key("promptFeedback").get(feedback) != simdjson::SUCCESS) return {};
  return TextMember(feedback, "blockReason");
}

std::optional<Usage> ReadGoogleUsage(const object& response) {
  object metadata;
  if (response.at_key("usageMetadata").get(metadata) != simdjson::SUCCESS) return std::nullopt;
  Usage usage;
  usage.input = Sum(CountMember(metadata, "promptTokenCount"),
                    CountMember(metadata, "toolUsePromptTokenCount"));
  usage.reasoning = CountMember(metadata, "thoughtsTokenCount");
  usage.output = Sum(CountMember(metadata, "candidatesTokenCount"), usage.reasoning);
  usage.total = CountMember(metadata, "totalTokenCount");
  // Google leaves out what is 0: a blocked prompt has no output.
  if (!usage.output && usage.input && usage.total == usage.input) usage.output = 0;
  usage.cached_read = CountMember(metadata, "cachedContentTokenCount");
  usage.audio_input = AudioTokens(metadata, "promptTokensDetails");
  usage.audio_output = AudioTokens(metadata, "candidatesTokensDetails");
  return usage;
}

std::string CallIds::Next() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr int kCharacters = 24;
  std::string id = "call_";
  for (int i = 0; i < kCharacters; ++i) {
    // SplitMix64.
    state_ += 0x9E3779B97F4A7C15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    mixed ^= mixed >> 31;
    id += kAlphabet[mixed % kAlphabet.size()];
  }
  return id;
}

}  // namespace junctor::engine
