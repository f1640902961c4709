#include "engine/providers/chat/chat_request_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <string>
#include <utility>

#include "engine/providers/chat/message_reader.h"
#include "engine/providers/chat/request_fields.h"
#include "runtime/request/body_index.h"

namespace junctor::engine {
namespace {

namespace ondemand = simdjson::ondemand;

// As those of BodyScanner, and for the same reason.
constexpr size_t kSmallestCapacity = 64 * 1024;
constexpr size_t kLargestKeptCapacity = 1024 * 1024;
// simdjson counts in 32 bits.
constexpr size_t kLargestBody = 0xFFFFFFFF - kBodyPadding;

// Reads the members of one request's object.
class RequestMembers {
 public:
  RequestMembers(ChatRequest* request, std::deque<std::string>* made_ids)
      : request_(request), messages_(&fields_, made_ids) {}

  absl::Status Read(ondemand::object object);

 private:
  using Read1 = bool (*)(RequestMembers&, JsonValue&, const JsonPlace&);
  struct Row {
    std::string_view key;
    Read1 read;
  };
  static const Row* Find(std::string_view key);

  bool ReadMember(std::string_view key, JsonValue& value, const JsonPlace& place);
  bool ReadTool(JsonValue& value, const JsonPlace& place, ChatTool* out);
  bool ReadFunction(JsonValue& value, const JsonPlace& place, ChatTool* out);
  bool ReadToolChoice(JsonValue& value, const JsonPlace& place);
  bool ReadFunctionChoice(JsonValue& value, const JsonPlace& place);
  bool ReadChoiceName(JsonValue& value, const JsonPlace& place, std::string_view* name);
  bool ReadChoiceWord(JsonValue& value, const JsonPlace& place, std::string_view expected,
                      std::optional<ChatToolChoice>* out);
  bool ReadResponseFormat(JsonValue& value, const JsonPlace& place);
  bool ReadSchema(JsonValue& value, const JsonPlace& place, ChatResponseFormat* out);
  bool ReadEffort(JsonValue& value, const JsonPlace& place);
  bool ReadStrings(JsonValue& value, const JsonPlace& place, std::vector<std::string_view>* out);
  bool Check();
  void Settle();

  FieldReader fields_;
  ChatRequest* request_;
  MessageReader messages_;
  // What a later key may overrule.
  std::optional<uint64_t> max_tokens_;
  std::optional<uint64_t> max_completion_tokens_;
  std::vector<ChatTool> functions_;
  std::optional<ChatToolChoice> function_choice_;
  std::string_view user_;
  std::string_view safety_identifier_;
  JsonText audio_;
  std::optional<bool> stream_;
  std::optional<bool> include_usage_;
  std::optional<bool> logprobs_;
};

const RequestMembers::Row* RequestMembers::Find(std::string_view key) {
  using M = RequestMembers;
  using V = JsonValue;
  using P = JsonPlace;
  // Keys that only tune or name things of OpenAI's have no reader: they are known, and dropped.
  static constexpr auto kRows = std::to_array<Row>({
      {"audio", [](M& m, V& v, const P& p) { return m.fields_.Raw(v, p, &m.audio_); }},
      {"frequency_penalty",
       [](M& m, V& v, const P& p) {
         return m.fields_.Number(v, p, &m.request_->frequency_penalty);
       }},
      {"function_call", [](M& m, V& v, const P& p) { return m.ReadFunctionChoice(v, p); }},
      {"functions",
       [](M& m, V& v, const P& p) {
         m.functions_.clear();
         return m.fields_.ForEachItem(v, p, [&m](size_t, V& item, const P& at) {
           return m.ReadFunction(item, at, &m.functions_.emplace_back());
         });
       }},
      {"logit_bias", nullptr},
      {"logprobs", [](M& m, V& v, const P& p) { return m.fields_.Bool(v, p, &m.logprobs_); }},
      {"max_completion_tokens",
       [](M& m, V& v, const P& p) { return m.fields_.Unsigned(v, p, &m.max_completion_tokens_); }},
      {"max_tokens",
       [](M& m, V& v, const P& p) { return m.fields_.Unsigned(v, p, &m.max_tokens_); }},
      {"messages",
       [](M& m, V& v, const P& p) { return m.messages_.Read(v, p, &m.request_->messages); }},
      {"metadata",
       [](M& m, V& v, const P& p) { return m.fields_.Raw(v, p, &m.request_->metadata); }},
      {"modalities",
       [](M& m, V& v, const P& p) { return m.ReadStrings(v, p, &m.request_->modalities); }},
      {"model", nullptr},
      {"n", [](M& m, V& v, const P& p) { return m.fields_.Unsigned(v, p, &m.request_->n); }},
      {"parallel_tool_calls",
       [](M& m, V& v, const P& p) {
         return m.fields_.Bool(v, p, &m.request_->parallel_tool_calls);
       }},
      {"prediction", nullptr},
      {"presence_penalty",
       [](M& m, V& v, const P& p) { return m.fields_.Number(v, p, &m.request_->presence_penalty); }},
      {"prompt_cache_key", nullptr},
      {"reasoning_effort", [](M& m, V& v, const P& p) { return m.ReadEffort(v, p); }},
      {"response_format", [](M& m, V& v, const P& p) { return m.ReadResponseFormat(v, p); }},
      {"safety_identifier",
       [](M& m, V& v, const P& p) { return m.fields_.String(v, p, &m.safety_identifier_); }},
      {"seed", [](M& m, V& v, const P& p) { return m.fields_.Integer(v, p, &m.request_->seed); }},
      {"service_tier",
       [](M& m, V& v, const P& p) { return m.fields_.String(v, p, &m.request_->service_tier); }},
      {"stop",
       [](M& m, V& v, const P& p) {
         if (!FieldReader::IsString(v)) return m.ReadStrings(v, p, &m.request_->stop);
         m.request_->stop.assign(1, {});
         return m.fields_.String(v, p, &m.request_->stop.front());
       }},
      {"store", nullptr},
      {"stream", [](M& m, V& v, const P& p) { return m.fields_.Bool(v, p, &m.stream_); }},
      {"stream_options",
       [](M& m, V& v, const P& p) {
         m.include_usage_.reset();
         return m.fields_.ForEachMember(v, p, [&m](std::string_view option, V& value, const P& at) {
           return option != "include_usage" || m.fields_.Bool(value, at, &m.include_usage_);
         });
       }},
      {"temperature",
       [](M& m, V& v, const P& p) { return m.fields_.Number(v, p, &m.request_->temperature); }},
      {"tool_choice", [](M& m, V& v, const P& p) { return m.ReadToolChoice(v, p); }},
      {"tools",
       [](M& m, V& v, const P& p) {
         m.request_->tools.clear();
         return m.fields_.ForEachItem(v, p, [&m](size_t, V& item, const P& at) {
           return m.ReadTool(item, at, &m.request_->tools.emplace_back());
         });
       }},
      {"top_k", [](M& m, V& v, const P& p) { return m.fields_.Unsigned(v, p, &m.request_->top_k); }},
      {"top_logprobs",
       [](M& m, V& v, const P& p) { return m.fields_.Unsigned(v, p, &m.request_->top_logprobs); }},
      {"top_p", [](M& m, V& v, const P& p) { return m.fields_.Number(v, p, &m.request_->top_p); }},
      {"user", [](M& m, V& v, const P& p) { return m.fields_.String(v, p, &m.user_); }},
      {"verbosity", nullptr},
  });
  static_assert(std::is_sorted(kRows.begin(), kRows.end(),
                               [](const Row& a, const Row& b) { return a.key < b.key; }));
  const auto* row =
      std::lower_bound(kRows.begin(), kRows.end(), key,
                       [](const Row& r, std::string_view wanted) { return r.key < wanted; });
  return row != kRows.end() && row->key == key ? row : nullptr;
}

absl::Status RequestMembers::Read(ondemand::object object) {
  const JsonPlace root;
  for (auto entry : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(entry).get(field) != simdjson::SUCCESS ||
        field.unescaped_key().get(key) != simdjson::SUCCESS) {
      fields_.Broken(root);
      return fields_.status();
    }
    if (!ReadMember(key, field.value(), JsonPlace{&root, key})) return fields_.status();
  }
  if (!Check()) return fields_.status();
  Settle();
  return absl::OkStatus();
}

bool RequestMembers::ReadMember(std::string_view key, JsonValue& value, const JsonPlace& place) {
  if (const Row* row = Find(key)) return row->read == nullptr || row->read(*this, value, place);
  JsonText text;
  if (!fields_.Raw(value, place, &text)) return false;
  std::vector<ChatExtension>& extensions = request_->extensions;
  const auto known = std::find_if(extensions.begin(), extensions.end(),
                                  [key](const ChatExtension& one) { return one.key == key; });
  if (known != extensions.end()) extensions.erase(known);
  if (text.empty()) return true;
  if (extensions.size() == kMaxBodyKeys) {
    return fields_.Fail(place, "is one key too many: at most " + std::to_string(kMaxBodyKeys));
  }
  extensions.push_back({key, text});
  return true;
}

bool RequestMembers::ReadTool(JsonValue& value, const JsonPlace& place, ChatTool* out) {
  std::string_view type;
  bool has_function = false;
  JsonText cache_control;
  const bool read = fields_.ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "type") return fields_.String(member, at, &type);
        if (key == "function") {
          has_function = true;
          return ReadFunction(member, at, out);
        }
        if (key == "cache_control") return fields_.RawObject(member, at, &cache_control);
        return true;
      });
  if (!read) return false;
  const JsonPlace type_place{&place, "type"};
  if (type.empty()) return fields_.Fail(type_place, "is missing");
  if (type != "function") return fields_.UnexpectedText(type, type_place, "function");
  if (!has_function) return fields_.Fail(JsonPlace{&place, "function"}, "is missing");
  if (!cache_control.empty()) out->cache_control = cache_control;
  return true;
}

bool RequestMembers::ReadFunction(JsonValue& value, const JsonPlace& place, ChatTool* out) {
  *out = ChatTool();
  const bool read = fields_.ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "name") return fields_.String(member, at, &out->name);
        if (key == "description") return fields_.String(member, at, &out->description);
        if (key == "parameters") return fields_.RawObject(member, at, &out->parameters);
        if (key == "strict") return fields_.Bool(member, at, &out->strict);
        if (key == "cache_control") return fields_.RawObject(member, at, &out->cache_control);
        return true;
      });
  if (!read) return false;
  if (out->name.empty()) return fields_.Fail(JsonPlace{&place, "name"}, "is missing");
  return true;
}

bool RequestMembers::ReadChoiceWord(JsonValue& value, const JsonPlace& place,
                                    std::string_view expected, std::optional<ChatToolChoice>* out) {
  std::string_view word;
  if (!fields_.String(value, place, &word)) return false;
  ChatToolChoice choice;
  if (word == "auto") {
    choice.kind = ChatToolChoice::Kind::kAuto;
  } else if (word == "none") {
    choice.kind = ChatToolChoice::Kind::kNone;
  } else if (word == "required") {
    choice.kind = ChatToolChoice::Kind::kRequired;
  } else {
    return fields_.UnexpectedText(word, place, expected);
  }
  *out = choice;
  return true;
}

bool RequestMembers::ReadToolChoice(JsonValue& value, const JsonPlace& place) {
  constexpr std::string_view kExpected =
      "auto, none, required or {\"type\":\"function\",\"function\":{\"name\":…}}";
  request_->tool_choice.reset();
  if (FieldReader::IsNull(value)) return true;
  if (FieldReader::IsString(value)) {
    return ReadChoiceWord(value, place, kExpected, &request_->tool_choice);
  }
  ChatToolChoice choice;
  choice.kind = ChatToolChoice::Kind::kNamed;
  std::string_view type;
  const bool read = fields_.ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "type") return fields_.String(member, at, &type);
        if (key == "function") return ReadChoiceName(member, at, &choice.name);
        return true;
      });
  if (!read) return false;
  if (type != "function") {
    return fields_.UnexpectedText(type, JsonPlace{&place, "type"}, "function");
  }
  if (choice.name.empty()) {
    const JsonPlace function_place{&place, "function"};
    return fields_.Fail(JsonPlace{&function_place, "name"}, "is missing");
  }
  request_->tool_choice = choice;
  return true;
}

bool RequestMembers::ReadFunctionChoice(JsonValue& value, const JsonPlace& place) {
  function_choice_.reset();
  if (FieldReader::IsNull(value)) return true;
  if (FieldReader::IsString(value)) {
    return ReadChoiceWord(value, place, "auto, none or {\"name\":…}", &function_choice_);
  }
  ChatToolChoice choice;
  choice.kind = ChatToolChoice::Kind::kNamed;
  if (!ReadChoiceName(value, place, &choice.name)) return false;
  if (choice.name.empty()) return fields_.Fail(JsonPlace{&place, "name"}, "is missing");
  function_choice_ = choice;
  return true;
}

bool RequestMembers::ReadChoiceName(JsonValue& value, const JsonPlace& place,
                                    std::string_view* name) {
  return fields_.ForEachMember(value, place,
                               [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
                                 return key != "name" || fields_.String(member, at, name);
                               });
}

bool RequestMembers::ReadResponseFormat(JsonValue& value, const JsonPlace& place) {
  ChatResponseFormat& format = request_->response_format;
  format = ChatResponseFormat();
  if (FieldReader::IsNull(value)) return true;
  std::string_view type;
  const bool read = fields_.ForEachMember(
      value, place, [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
        if (key == "type") return fields_.String(member, at, &type);
        if (key == "json_schema") return ReadSchema(member, at, &format);
        return true;
      });
  if (!read) return false;
  const JsonPlace type_place{&place, "type"};
  if (type == "text") {
    format = ChatResponseFormat();
  } else if (type == "json_object") {
    format = ChatResponseFormat();
    format.kind = ChatResponseFormat::Kind::kJsonObject;
  } else if (type == "json_schema") {
    format.kind = ChatResponseFormat::Kind::kJsonSchema;
    if (format.schema.empty()) {
      const JsonPlace schema_place{&place, "json_schema"};
      return fields_.Fail(JsonPlace{&schema_place, "schema"}, "is missing");
    }
  } else if (type.empty()) {
    return fields_.Fail(type_place, "is missing");
  } else {
    return fields_.UnexpectedText(type, type_place, "text, json_object or json_schema");
  }
  return true;
}

bool RequestMembers::ReadSchema(JsonValue& value, const JsonPlace& place, ChatResponseFormat* out) {
  return fields_.ForEachMember(value, place,
                               [&](std::string_view key, JsonValue& member, const JsonPlace& at) {
                                 if (key == "name") return fields_.String(member, at, &out->name);
                                 if (key == "schema")
                                   return fields_.RawObject(member, at, &out->schema);
                                 if (key == "strict") return fields_.Bool(member, at, &out->strict);
                                 return true;
                               });
}

bool RequestMembers::ReadEffort(JsonValue& value, const JsonPlace& place) {
  constexpr std::array<std::pair<std::string_view, ReasoningEffort>, 7> kLevels = {
      {{"none", ReasoningEffort::kNone},
       {"minimal", ReasoningEffort::kMinimal},
       {"low", ReasoningEffort::kLow},
       {"medium", ReasoningEffort::kMedium},
       {"high", ReasoningEffort::kHigh},
       {"xhigh", ReasoningEffort::kXhigh},
       {"max", ReasoningEffort::kMax}}};
  request_->reasoning_effort.reset();
  if (FieldReader::IsNull(value)) return true;
  std::string_view word;
  if (!fields_.String(value, place, &word)) return false;
  for (const auto& [name, level] : kLevels) {
    if (name != word) continue;
    request_->reasoning_effort = level;
    return true;
  }
  return fields_.UnexpectedText(word, place, "none, minimal, low, medium, high, xhigh or max");
}

bool RequestMembers::ReadStrings(JsonValue& value, const JsonPlace& place,
                                 std::vector<std::string_view>* out) {
  out->clear();
  return fields_.ForEachItem(value, place, [&](size_t, JsonValue& item, const JsonPlace& at) {
    return fields_.String(item, at, &out->emplace_back());
  });
}

bool RequestMembers::Check() {
  const JsonPlace root;
  if (request_->messages.empty()) {
    return fields_.Fail(JsonPlace{&root, "messages"}, "is missing or empty: expected messages");
  }
  if (request_->n == 0u) {
    return fields_.Fail(JsonPlace{&root, "n"}, "is 0: expected 1 or more");
  }
  return true;
}

void RequestMembers::Settle() {
  request_->max_tokens = max_completion_tokens_.has_value() ? max_completion_tokens_ : max_tokens_;
  if (request_->tools.empty() && !functions_.empty()) {
    request_->tools = std::move(functions_);
    request_->tool_choice = function_choice_;
    request_->uses_functions = true;
  }
  request_->user = safety_identifier_.empty() ? user_ : safety_identifier_;
  request_->stream = stream_.value_or(false);
  request_->include_usage = include_usage_.value_or(false);
  request_->logprobs = logprobs_.value_or(false);
  request_->wants_audio =
      !audio_.empty() || std::find(request_->modalities.begin(), request_->modalities.end(),
                                   "audio") != request_->modalities.end();
}

}  // namespace

struct ChatRequestReader::State {
  ondemand::parser parser;
  std::deque<std::string> made_ids;
};

ChatRequestReader::ChatRequestReader() : state_(std::make_unique<State>()) {}
ChatRequestReader::~ChatRequestReader() = default;
ChatRequestReader::ChatRequestReader(ChatRequestReader&&) noexcept = default;
ChatRequestReader& ChatRequestReader::operator=(ChatRequestReader&&) noexcept = default;

absl::StatusOr<ChatRequest> ChatRequestReader::Read(std::string_view body) {
  state_->made_ids.clear();
  if (body.size() > kLargestBody) {
    return absl::InvalidArgumentError("the body is larger than 4 GiB");
  }
  ondemand::parser& parser = state_->parser;
  if (parser.capacity() > kLargestKeptCapacity && body.size() <= kLargestKeptCapacity) {
    parser = ondemand::parser();
  }
  if (parser.capacity() < body.size()) {
    const size_t capacity = std::max(kSmallestCapacity, std::bit_ceil(body.size()));
    if (parser.allocate(std::min(capacity, kLargestBody)) != simdjson::SUCCESS) {
      return absl::ResourceExhaustedError("no memory to read a body of " +
                                          std::to_string(body.size()) + " bytes");
    }
  }
  const simdjson::padded_string_view padded(body.data(), body.size(), body.size() + kBodyPadding);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  ChatRequest request;
  request.source = body;
  if (absl::Status status = RequestMembers(&request, &state_->made_ids).Read(object);
      !status.ok()) {
    return status;
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) == simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body has text after its closing }");
  }
  return request;
}

}  // namespace junctor::engine
