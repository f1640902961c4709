// The wire forms in which the faulty provider answers: OpenAI's, Anthropic's and Google's.
// Immutable, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/faulty/received_request.h"
#include "engine/faulty/reply.h"

namespace junctor::engine {

// What a request asks for, as far as an answer depends on it.
struct Question {
  std::string model;
  bool stream = false;
  bool include_usage = false;  // OpenAI's stream_options
  std::string last_user_text;
  size_t inputs = 1;  // embeddings: how many
};

class AnswerForm {
 public:
  virtual ~AnswerForm() = default;

  // The whole answer of a request that is not for a stream.
  virtual std::string Body(const Reply& reply) const = 0;
  // The events of a stream with their framing, in order.
  virtual std::vector<ReplyPiece> Events(const Reply& reply) const = 0;
  virtual std::string ErrorBody(const ReplyError& error) const = 0;
  // As an event of a stream, with its framing.
  virtual std::string ErrorEvent(const ReplyError& error) const = 0;
  // A body whose members have wrong types.
  virtual std::string WrongTypes() const = 0;
  // `data` framed as one event.
  virtual std::string Frame(std::string_view data) const;
  virtual std::string_view stream_type() const { return "text/event-stream"; }
  // Comments may stand between events.
  virtual bool is_event_stream() const { return true; }
};

// A form with what is asked in it.
struct Asked {
  std::unique_ptr<const AnswerForm> form;
  Question question;
};

// Reads the form from the path, and the question from there and from the body. Paths that no form
// knows get a JSON object in return that tells what was received, and OpenAI's errors.
Asked ReadQuestion(const ReceivedRequest& request);

// The forms.
std::unique_ptr<const AnswerForm> MakeOpenAiChatForm();
std::unique_ptr<const AnswerForm> MakeOpenAiEmbeddingsForm(size_t inputs);
std::unique_ptr<const AnswerForm> MakeOpenAiResponsesForm();
std::unique_ptr<const AnswerForm> MakeAnthropicForm();
// `event_stream`: the request has `alt=sse`; else a stream is one JSON array.
std::unique_ptr<const AnswerForm> MakeGoogleForm(bool event_stream);
std::unique_ptr<const AnswerForm> MakeOtherForm(const ReceivedRequest& request);

// `text` as a JSON string with its quotes.
std::string JsonQuoted(std::string_view text);
// All of `pieces` as one.
std::string Joined(const std::vector<std::string>& pieces);
// `count` things that `make(i)` makes, with commas between them.
template <typename Make>
std::string CommaList(size_t count, Make make) {
  std::string list;
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) list.append(",");
    list.append(make(i));
  }
  return list;
}

}  // namespace junctor::engine
