// Chat requests and answers for tests of wire formats.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "engine/providers/chat/chat_request_reader.h"
#include "engine/providers/chat/wire_format.h"
#include "runtime/request/body_index.h"

namespace junctor::engine::testing {

// A request of `format` for `body`, a chat request in OpenAI's form.
inline absl::StatusOr<TranslatedRequest> Translate(const WireFormat& format, std::string body,
                                                   std::string_view model,
                                                   const FormatSettings& settings = {}) {
  const size_t size = body.size();
  body.append(kBodyPadding, ' ');
  ChatRequestReader reader;
  absl::StatusOr<ChatRequest> chat = reader.Read(std::string_view(body).substr(0, size));
  EXPECT_TRUE(chat.ok()) << chat.status();
  if (!chat.ok()) return chat.status();
  ChatTarget target;
  target.model = model;
  target.stream = chat->stream;
  target.settings = &settings;
  return format.MakeRequest(*chat, target);
}

// What a whole body became; the status's text where it is an error.
inline std::string TranslateAnswer(const WireFormat& format, std::string_view model,
                                   const AnswerContext& context, std::string_view answer) {
  const std::unique_ptr<AnswerTranslator> translator = format.MakeTranslator(model, context);
  std::string out;
  absl::Status status = translator->Feed(answer, &out);
  if (status.ok()) status = translator->Finish(&out);
  if (!status.ok()) out += "!! " + status.ToString();
  return out;
}

inline std::string MessageOf(const absl::Status& status) {
  return {status.message().data(), status.message().size()};
}

}  // namespace junctor::engine::testing
