// Arbitrary bytes to a wire format's translations, as a request, an answer, a stream or an error.
#pragma once

#include <rapidjson/document.h>

#include <memory>
#include <string>
#include <string_view>

#include "engine/providers/chat/chat_request_reader.h"
#include "engine/providers/chat/wire_format.h"
#include "runtime/request/body_index.h"
#include "tests/fuzz/fuzz_target.h"

namespace junctor::testing {

// What the first byte of an input asks for; its other bits are the caller's wishes.
enum FuzzedPart : uint8_t {
  kFuzzedStream = 0,
  kFuzzedAnswer = 1,
  kFuzzedRequest = 2,
  kFuzzedError = 3
};
inline constexpr uint8_t kFuzzedPartMask = 3;
inline constexpr uint8_t kFuzzedUsage = 4;
inline constexpr uint8_t kFuzzedFunctions = 8;
inline constexpr uint8_t kFuzzedJsonTool = 16;

inline bool IsJson(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      text.data(), text.size());
  return !document.HasParseError();
}

// All of what the caller gets of `answer`, in pieces of `piece_size`, and how it ended.
inline std::string FuzzedAnswer(const engine::WireFormat& format, std::string_view model,
                                const engine::AnswerContext& context, std::string_view answer,
                                size_t piece_size) {
  const auto translator = format.MakeTranslator(model, context);
  std::string out;
  absl::Status status;
  for (size_t begin = 0; begin < answer.size() && status.ok(); begin += piece_size) {
    // A copy of its own, so that a look beyond or after its life is seen.
    const auto piece = std::make_unique<std::string>(answer.substr(begin, piece_size));
    status = translator->Feed(*piece, &out);
  }
  if (status.ok()) status = translator->Finish(&out);
  JUNCTOR_FUZZ_CHECK(translator->complete() == status.ok());
  return out + (status.ok() ? "+" : "-") + std::to_string(translator->invalid_events());
}

// Every event of a translated stream is one line of JSON, or the last one.
inline void CheckEvents(std::string_view stream) {
  constexpr std::string_view kData = "data: ";
  while (!stream.empty()) {
    const size_t end = stream.find("\n\n");
    JUNCTOR_FUZZ_CHECK(end != std::string_view::npos && stream.starts_with(kData));
    const std::string_view data = stream.substr(kData.size(), end - kData.size());
    stream.remove_prefix(end + 2);
    JUNCTOR_FUZZ_CHECK(IsJson(data) || (data == "[DONE]" && stream.empty()));
  }
}

inline void FuzzRequest(const engine::WireFormat& format, std::string_view model,
                        std::string_view body) {
  const std::string padded = std::string(body) + std::string(kBodyPadding, '\0');
  engine::ChatRequestReader reader;
  const auto chat = reader.Read(std::string_view(padded).substr(0, body.size()));
  if (!chat.ok()) return;
  const engine::FormatSettings settings;
  engine::ChatTarget target;
  target.model = model;
  target.stream = chat->stream;
  target.settings = &settings;
  const auto translated = format.MakeRequest(*chat, target);
  // What is passed on as it came is as good as it came.
  if (translated.ok() && IsJson(body)) JUNCTOR_FUZZ_CHECK(IsJson(translated->request.body));
}

inline void FuzzTranslation(const engine::WireFormat& format, std::string_view model,
                            const uint8_t* bytes, size_t size) {
  if (size < 2) return;
  const uint8_t wishes = bytes[0];
  const size_t piece_size = 1 + bytes[1] % 64;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 2, size - 2);
  engine::AnswerContext context;
  context.model = model;
  context.created = 1;
  context.stream = (wishes & kFuzzedPartMask) == kFuzzedStream;
  context.include_usage = (wishes & kFuzzedUsage) != 0;
  context.uses_functions = (wishes & kFuzzedFunctions) != 0;
  context.json_tool_as_content = (wishes & kFuzzedJsonTool) != 0;
  switch (wishes & kFuzzedPartMask) {
    case kFuzzedStream:
    case kFuzzedAnswer: {
      const std::string whole = FuzzedAnswer(format, model, context, input, size);
      JUNCTOR_FUZZ_CHECK(whole == FuzzedAnswer(format, model, context, input, piece_size));
      const std::string_view out = std::string_view(whole).substr(0, whole.find_last_of("+-"));
      if (context.stream) {
        CheckEvents(out);
      } else {
        JUNCTOR_FUZZ_CHECK(out.empty() || IsJson(out));
      }
      return;
    }
    case kFuzzedRequest:
      FuzzRequest(format, model, input);
      return;
    default: {
      const int status = 400 + bytes[1] % 200;
      const engine::Failure failure = format.Classify(status, net::HeaderList(), input, 0);
      JUNCTOR_FUZZ_CHECK(!failure.message.empty() && !failure.type.empty());
    }
  }
}

}  // namespace junctor::testing
