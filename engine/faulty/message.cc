#include "engine/faulty/message.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace junctor::engine {
namespace {

using Kind = BehaviourKind;

// The sentence that every good answer says, token by token.
constexpr std::array<std::string_view, 10> kSentence = {
    "The", " quick", " brown", " fox", " jumps", " over", " the", " lazy", " dog", "."};
// Characters of two, three and four bytes.
constexpr std::array<std::string_view, 10> kWideSentence = {
    "Grüße", " aus", " Tromsø", ":", " 日本語", " и", " ελληνικά", " 🦊", " 👩‍👩‍👧",
    "."};
constexpr std::array<std::string_view, 4> kThoughts = {"Let", " me", " think", "."};

constexpr size_t kMebibyte = 1024 * 1024;
constexpr uint64_t kCachedTokens = 12;

std::vector<std::string> Strings(const auto& views) {
  return std::vector<std::string>(views.begin(), views.end());
}

ReplyToolCall ToolCall(const char* id, const char* name) {
  return {id, name, {"{\"city\":", "\"Oslo\"", "}"}};
}

Reply ReplyOf(const Question& question, const Behaviour& behaviour) {
  Reply reply;
  reply.model = question.model;
  reply.tokens = behaviour.Has(Kind::kSplitUtf8) ? Strings(kWideSentence) : Strings(kSentence);
  if (behaviour.Has(Kind::kTokens)) {
    std::vector<std::string> tokens;
    for (uint64_t i = 0; i < behaviour.Number(Kind::kTokens); ++i) {
      tokens.push_back("t" + std::to_string(i) + " ");
    }
    reply.tokens = std::move(tokens);
  }
  if (behaviour.Has(Kind::kEcho)) reply.tokens = {question.last_user_text};
  if (behaviour.Has(Kind::kEmpty)) reply.tokens.clear();
  if (behaviour.Has(Kind::kToolCall) || behaviour.Has(Kind::kTwoToolCalls)) {
    reply.tokens.clear();
    reply.tool_calls.push_back(ToolCall("call_rain1", "get_rain"));
    if (behaviour.Has(Kind::kTwoToolCalls)) {
      reply.tool_calls.push_back(ToolCall("call_wind2", "get_wind"));
    }
    reply.finish = ReplyFinish::kToolCalls;
  }
  if (behaviour.Has(Kind::kReasoning)) reply.thoughts = Strings(kThoughts);
  if (behaviour.Has(Kind::kLength)) reply.finish = ReplyFinish::kLength;
  if (behaviour.Has(Kind::kContentFilter)) reply.finish = ReplyFinish::kContentFilter;
  if (behaviour.Has(Kind::kUsageCached)) reply.cached_tokens = kCachedTokens;
  if (behaviour.Has(Kind::kGiganticChunk) && !reply.tokens.empty()) {
    reply.tokens[0] = std::string(behaviour.Number(Kind::kGiganticChunk) * kMebibyte, 'x');
  }
  reply.has_usage = !behaviour.Has(Kind::kNoUsage);
  reply.usage_chunk = question.include_usage;
  reply.has_finish = !behaviour.Has(Kind::kNoFinish);
  reply.has_done = !behaviour.Has(Kind::kNoDone);
  return reply;
}

// The error with which a request is answered in place of anything else.
std::optional<ReplyError> ErrorOf(const Question& question, const Answer& answer) {
  const Behaviour& behaviour = answer.behaviour;
  ReplyError error;
  if (!answer.unknown.empty()) {
    error.kind = ReplyErrorKind::kUnknownModel;
    error.status = 404;
    error.message = "the model `" + question.model + "` does not exist: " + answer.unknown +
                    "; GET /faulty/behaviours lists what can be asked for";
    return error;
  }
  if (behaviour.Has(Kind::kContextLength)) {
    error.kind = ReplyErrorKind::kContextLength;
    error.status = 400;
    error.message =
        "prompt is too long: 200000 tokens, which is more than this model's maximum context "
        "length of 100000 tokens";
    return error;
  }
  if (behaviour.Has(Kind::kQuota)) {
    error.kind = ReplyErrorKind::kQuota;
    error.status = 429;
    error.message = "You exceeded your current quota, please check your plan and billing details.";
    return error;
  }
  uint64_t status = 0;
  if (behaviour.Has(Kind::kStatus)) status = behaviour.Number(Kind::kStatus);
  if (behaviour.Has(Kind::kStatusRetryAfter)) {
    status = behaviour.Number(Kind::kStatusRetryAfter, 0);
    error.retry_after_seconds = behaviour.Number(Kind::kStatusRetryAfter, 1);
  }
  if (behaviour.Has(Kind::kFail) && answer.earlier_requests < behaviour.Number(Kind::kFail, 0)) {
    status = behaviour.Number(Kind::kFail, 1);
  }
  if (behaviour.Has(Kind::kErrorIn200)) status = 500;
  if (status < 400) return std::nullopt;
  error.status = static_cast<int>(status);
  error.message = "the faulty provider was asked for status " + std::to_string(status);
  return error;
}

// Splits an answer that is no stream so that behaviours that count tokens have something to count.
std::vector<ReplyPiece> InPieces(const std::string& body) {
  std::vector<ReplyPiece> pieces;
  const size_t count = std::min(kSentence.size(), body.size());
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = body.size() * i / count;
    const size_t end = body.size() * (i + 1) / count;
    pieces.push_back({body.substr(begin, end - begin), true});
  }
  return pieces;
}

std::vector<ReplyPiece> NotJson(const AnswerForm& form, bool stream) {
  const std::string text = "this is not JSON";
  if (!stream) return {{text, true}};
  return {{form.Frame(text), true}, {form.Frame(text), true}};
}

// Puts in, and takes away, what the behaviour says of single events.
std::vector<ReplyPiece> WithStreamFaults(std::vector<ReplyPiece> events, const AnswerForm& form,
                                         const Behaviour& behaviour) {
  std::vector<ReplyPiece> changed;
  uint64_t tokens = 0;
  const ReplyError failure{ReplyErrorKind::kStatus, 500, 0,
                           "the faulty provider failed in the middle of its answer"};
  bool told_malformed = !behaviour.Has(Kind::kMalformedChunk);
  for (ReplyPiece& event : events) {
    // Before what follows the n-th token.
    if (behaviour.Has(Kind::kErrorEventAfter) &&
        tokens >= behaviour.Number(Kind::kErrorEventAfter) && (tokens > 0 || event.is_token)) {
      changed.push_back({form.ErrorEvent(failure), false});
      break;
    }
    if (!told_malformed && tokens >= behaviour.Number(Kind::kMalformedChunk) &&
        (tokens > 0 || event.is_token)) {
      told_malformed = true;
      changed.push_back({form.Frame("{\"broken\": [1, "), false});
    }
    if (event.is_token) ++tokens;
    if (form.is_event_stream()) {
      for (uint64_t i = 0; i < behaviour.Number(Kind::kComments); ++i) {
        changed.push_back({": keep-alive\n\n", false});
      }
    }
    changed.push_back(std::move(event));
  }
  if (behaviour.Has(Kind::kCrlf) && form.is_event_stream()) {
    // JSON text holds no line feeds, so all of them are the framing's.
    for (ReplyPiece& event : changed) {
      std::string bytes;
      for (const char c : event.bytes) bytes.append(c == '\n' ? "\r\n" : std::string(1, c));
      event.bytes = std::move(bytes);
    }
  }
  return changed;
}

}  // namespace

Message MessageOf(const ReceivedRequest& request, const Asked& asked, const Answer& answer) {
  const AnswerForm& form = *asked.form;
  const Behaviour& behaviour = answer.behaviour;
  Message message;
  if (const std::optional<ReplyError> error = ErrorOf(asked.question, answer)) {
    message.status = behaviour.Has(Kind::kErrorIn200) ? 200 : error->status;
    message.pieces = InPieces(form.ErrorBody(*error));
    if (behaviour.Has(Kind::kStatusRetryAfter)) {
      message.more_headers = "Retry-After: " + std::to_string(error->retry_after_seconds) + "\r\n";
    }
    return message;
  }
  // A status below 400: the answer is a good one.
  if (behaviour.Has(Kind::kStatus)) {
    message.status = static_cast<int>(behaviour.Number(Kind::kStatus));
  }
  if (behaviour.Has(Kind::kHtml200)) {
    message.content_type = "text/html; charset=utf-8";
    message.pieces = InPieces("<!DOCTYPE html><html><body><h1>It works</h1></body></html>");
    return message;
  }
  message.stream = asked.question.stream;
  if (message.stream) {
    message.content_type = form.stream_type();
    if (form.is_event_stream()) message.content_type += "; charset=utf-8";
  }
  if (behaviour.Has(Kind::kNotJson)) {
    message.pieces = NotJson(form, message.stream);
    return message;
  }
  if (behaviour.Has(Kind::kWrongTypes)) {
    const std::string text = form.WrongTypes();
    message.pieces =
        message.stream ? std::vector<ReplyPiece>{{form.Frame(text), true}} : InPieces(text);
    return message;
  }
  const bool is_chat = !asked.question.last_user_text.empty() || message.stream;
  if (behaviour.Has(Kind::kEcho) && !is_chat) {
    message.content_type = request.Header("content-type").empty()
                               ? "application/octet-stream"
                               : std::string(request.Header("content-type"));
    message.pieces = InPieces(request.body);
    return message;
  }
  const Reply reply = ReplyOf(asked.question, behaviour);
  if (!message.stream) {
    const bool fails = behaviour.Has(Kind::kErrorEventAfter);
    message.pieces = InPieces(fails ? form.ErrorBody(ReplyError()) : form.Body(reply));
    return message;
  }
  message.pieces = WithStreamFaults(form.Events(reply), form, behaviour);
  return message;
}

}  // namespace junctor::engine
