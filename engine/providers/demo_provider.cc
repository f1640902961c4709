#include "engine/providers/demo_provider.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#define XXH_INLINE_ALL  // header-only use
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

using DemoWriter = rapidjson::Writer<rapidjson::StringBuffer>;

// All answers carry one date, so that the same request gets the same bytes: 2026-01-01T00:00:00Z.
constexpr int64_t kCreated = 1767225600;
// Longest delay of `slow-<n>ms`, an hour: longer than any timeout that a route may have.
constexpr uint32_t kLongestDelayMs = 3'600'000;

// How a body ends after its pieces.
enum class Ending { kProper, kBreak, kStall };

// A scripted answer.
struct Script {
  int status = 200;
  std::string_view content_type = "application/json";
  std::vector<std::string> pieces;
  std::chrono::milliseconds delay{0};
  Ending ending = Ending::kProper;
};

class DemoResponse final : public ModelResponse {
 public:
  DemoResponse(net::EventLoop* loop, Script script, net::CancelSignal* cancel)
      : loop_(loop), script_(std::move(script)), cancel_(cancel) {
    headers_.push_back({"content-type", script_.content_type});
  }

  int status() const override { return script_.status; }
  const net::HeaderList& headers() const override { return headers_; }
  net::Framing framing() const override { return net::Framing::kChunked; }
  std::optional<uint64_t> content_length() const override { return std::nullopt; }
  bool ended() const override {
    return script_.ending == Ending::kProper && next_ == script_.pieces.size();
  }

  net::Awaitable<net::NetResult<std::string_view>> ReadSome() override {
    if (next_ < script_.pieces.size()) {
      co_return net::NetResult<std::string_view>(std::string_view(script_.pieces[next_++]));
    }
    switch (script_.ending) {
      case Ending::kProper:
        break;
      case Ending::kBreak:
        co_return net::NetError{net::NetErrorKind::kReset,
                                "demo/break cut the answer off, as asked"};
      case Ending::kStall: {
        const bool slept = co_await net::SleepUntil(*loop_, deadline_, cancel_);
        co_return net::NetError{slept ? net::NetErrorKind::kTimeout : net::NetErrorKind::kCancelled,
                                "demo/stall sends no more, as asked"};
      }
    }
    co_return net::NetResult<std::string_view>(std::string_view());
  }

  void SetDeadline(net::TimePoint deadline) override { deadline_ = deadline; }

 private:
  net::EventLoop* loop_;
  Script script_;
  net::CancelSignal* cancel_;
  net::HeaderList headers_;
  net::TimePoint deadline_ = net::TimePoint::max();
  size_t next_ = 0;
};

std::string ErrorBody(std::string_view message, std::string_view type, std::string_view code) {
  rapidjson::StringBuffer buffer;
  DemoWriter writer(buffer);
  const auto string = [&writer](std::string_view text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  };
  writer.StartObject();
  writer.Key("error");
  writer.StartObject();
  writer.Key("message");
  string(message);
  writer.Key("type");
  string(type);
  writer.Key("param");
  writer.Null();
  writer.Key("code");
  string(code);
  writer.EndObject();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

// The text of a message: its content, or the text parts of it.
std::string TextOf(const rapidjson::Value& message) {
  const auto content = message.FindMember("content");
  if (content == message.MemberEnd()) return {};
  if (content->value.IsString())
    return {content->value.GetString(), content->value.GetStringLength()};
  std::string text;
  if (!content->value.IsArray()) return text;
  for (const auto& part : content->value.GetArray()) {
    if (!part.IsObject()) continue;
    const auto part_text = part.FindMember("text");
    if (part_text == part.MemberEnd() || !part_text->value.IsString()) continue;
    if (!text.empty()) text.push_back('\n');
    text.append(part_text->value.GetString(), part_text->value.GetStringLength());
  }
  return text;
}

// The text of the last message of role user. False where `messages` is not an array of objects.
bool LastUserText(const BodyIndex& index, std::string* text) {
  const std::string_view messages = index.Find("messages");
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(messages.data(), messages.size());
  if (document.HasParseError() || !document.IsArray()) return false;
  for (const auto& message : document.GetArray()) {
    if (!message.IsObject()) return false;
    const auto role = message.FindMember("role");
    if (role != message.MemberEnd() && role->value.IsString() &&
        std::string_view(role->value.GetString()) == "user") {
      *text = TextOf(message);
    }
  }
  return true;
}

// What all parts of one answer share.
struct Answer {
  std::string id;
  std::string model;
  std::string text;
};

uint64_t EstimateTokens(size_t bytes) { return bytes / 4 + 1; }

void WriteHead(const Answer& answer, const char* object, DemoWriter* writer) {
  writer->Key("id");
  writer->String(answer.id.c_str());
  writer->Key("object");
  writer->String(object);
  writer->Key("created");
  writer->Int64(kCreated);
  writer->Key("model");
  writer->String(answer.model.data(), static_cast<rapidjson::SizeType>(answer.model.size()));
}

std::string WholeAnswer(const Answer& answer, size_t prompt_bytes) {
  rapidjson::StringBuffer buffer;
  DemoWriter writer(buffer);
  writer.StartObject();
  WriteHead(answer, "chat.completion", &writer);
  writer.Key("choices");
  writer.StartArray();
  writer.StartObject();
  writer.Key("index");
  writer.Int(0);
  writer.Key("message");
  writer.StartObject();
  writer.Key("role");
  writer.String("assistant");
  writer.Key("content");
  writer.String(answer.text.data(), static_cast<rapidjson::SizeType>(answer.text.size()));
  writer.EndObject();
  writer.Key("finish_reason");
  writer.String("stop");
  writer.EndObject();
  writer.EndArray();
  const uint64_t prompt_tokens = EstimateTokens(prompt_bytes);
  const uint64_t completion_tokens = EstimateTokens(answer.text.size());
  writer.Key("usage");
  writer.StartObject();
  writer.Key("prompt_tokens");
  writer.Uint64(prompt_tokens);
  writer.Key("completion_tokens");
  writer.Uint64(completion_tokens);
  writer.Key("total_tokens");
  writer.Uint64(prompt_tokens + completion_tokens);
  writer.EndObject();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

// One event of a streamed answer. `role` begins it, `content` goes on, neither: the finish.
std::string Chunk(const Answer& answer, bool role, const std::string* content) {
  rapidjson::StringBuffer buffer;
  DemoWriter writer(buffer);
  writer.StartObject();
  WriteHead(answer, "chat.completion.chunk", &writer);
  writer.Key("choices");
  writer.StartArray();
  writer.StartObject();
  writer.Key("index");
  writer.Int(0);
  writer.Key("delta");
  writer.StartObject();
  if (role) {
    writer.Key("role");
    writer.String("assistant");
  }
  if (content != nullptr) {
    writer.Key("content");
    writer.String(content->data(), static_cast<rapidjson::SizeType>(content->size()));
  }
  writer.EndObject();
  writer.Key("finish_reason");
  if (role || content != nullptr) {
    writer.Null();
  } else {
    writer.String("stop");
  }
  writer.EndObject();
  writer.EndArray();
  writer.EndObject();
  return "data: " + std::string(buffer.GetString(), buffer.GetSize()) + "\n\n";
}

std::vector<std::string> StreamedAnswer(const Answer& answer) {
  std::vector<std::string> events;
  const std::string empty;
  events.push_back(Chunk(answer, /*role=*/true, &empty));
  // A word at a time, with the space before it.
  for (size_t begin = 0; begin < answer.text.size();) {
    const size_t end = std::min(answer.text.find(' ', begin + 1), answer.text.size());
    const std::string word = answer.text.substr(begin, end - begin);
    events.push_back(Chunk(answer, /*role=*/false, &word));
    begin = end;
  }
  events.push_back(Chunk(answer, /*role=*/false, nullptr));
  events.push_back("data: [DONE]\n\n");
  return events;
}

// Parses `<prefix><number><suffix>`.
bool ParseNumbered(std::string_view text, std::string_view prefix, std::string_view suffix,
                   uint32_t* number) {
  if (!text.starts_with(prefix) || !text.ends_with(suffix) ||
      text.size() <= prefix.size() + suffix.size()) {
    return false;
  }
  const std::string_view digits =
      text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *number);
  return error == std::errc() && end == digits.data() + digits.size();
}

Script ErrorScript(int status, std::string_view message, std::string_view type,
                   std::string_view code) {
  Script script;
  script.status = status;
  script.pieces.push_back(ErrorBody(message, type, code));
  return script;
}

Script MakeScript(const ModelRequest& request) {
  const std::string model(request.model);
  uint32_t number = 0;
  Script script;
  if (ParseNumbered(model, "fail-", "", &number) && number >= 400 && number <= 599) {
    const int status = static_cast<int>(number);
    const ErrorKind kind = ErrorKindOf(status);
    return ErrorScript(status,
                       "demo/" + model + " fails with " + std::to_string(status) + ", as asked",
                       kind.type, kind.code.empty() ? "demo_failure" : kind.code);
  }
  if (ParseNumbered(model, "slow-", "ms", &number) && number <= kLongestDelayMs) {
    script.delay = std::chrono::milliseconds(number);
  } else if (model == "stall") {
    script.ending = Ending::kStall;
  } else if (model == "break") {
    script.ending = Ending::kBreak;
  } else if (model != "echo") {
    return ErrorScript(404,
                       "the demo provider has no model `" + model +
                           "`; it has echo, fail-<status>, slow-<n>ms, stall and break",
                       "invalid_request_error", "model_not_found");
  }
  Answer answer;
  std::string user_text;
  if (!LastUserText(*request.index, &user_text)) {
    return ErrorScript(400, "messages: expected an array of message objects",
                       "invalid_request_error", "invalid_messages");
  }
  answer.text = "demo/" + model + " heard: " + user_text;
  answer.model = model;
  char id[32];
  std::snprintf(id, sizeof(id), "chatcmpl-demo-%016llx",
                static_cast<unsigned long long>(XXH64(answer.text.data(), answer.text.size(), 0)));
  answer.id = id;
  if (request.stream) {
    script.content_type = "text/event-stream; charset=utf-8";
    script.pieces = StreamedAnswer(answer);
  } else {
    script.pieces.push_back(WholeAnswer(answer, user_text.size()));
  }
  if (script.ending != Ending::kProper) {
    // Half of the answer: events of a stream, or bytes.
    if (script.pieces.size() > 1) {
      script.pieces.resize(script.pieces.size() / 2);
    } else {
      script.pieces[0].resize(script.pieces[0].size() / 2);
    }
  }
  return script;
}

class DemoRequest final : public PreparedRequest {
 public:
  DemoRequest(net::EventLoop* loop, Script script) : loop_(loop), script_(std::move(script)) {}

  net::Awaitable<net::NetResult<std::unique_ptr<ModelResponse>>> Send(
      net::TimePoint deadline, net::CancelSignal* cancel) override {
    if (script_.delay.count() > 0) {
      const net::TimePoint ready = net::Clock::now() + script_.delay;
      const bool in_time = ready <= deadline;
      const net::TimePoint until = in_time ? ready : deadline;
      const bool slept = co_await net::SleepUntil(*loop_, until, cancel);
      if (!slept) co_return net::NetError{net::NetErrorKind::kCancelled, "the caller has gone"};
      if (!in_time) co_return net::NetError{net::NetErrorKind::kTimeout, "demo: no answer in time"};
    }
    std::unique_ptr<ModelResponse> response =
        std::make_unique<DemoResponse>(loop_, script_, cancel);
    co_return net::NetResult<std::unique_ptr<ModelResponse>>(std::move(response));
  }

 private:
  net::EventLoop* loop_;
  Script script_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PreparedRequest>> DemoProvider::Prepare(
    const ModelRequest& request) {
  if (request.operation != Operation::kChat) {
    return absl::InvalidArgumentError("the demo provider offers no " +
                                      std::string(OperationName(request.operation)));
  }
  std::unique_ptr<PreparedRequest> prepared =
      std::make_unique<DemoRequest>(loop_, MakeScript(request));
  return prepared;
}

}  // namespace junctor::engine
