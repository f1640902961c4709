// What the faulty provider says, whatever the form it is said in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace junctor::engine {

struct ReplyToolCall {
  std::string id;
  std::string name;
  std::vector<std::string> arguments;  // pieces of a JSON object's text
};

enum class ReplyFinish : uint8_t { kStop, kLength, kToolCalls, kContentFilter };

// A good answer.
struct Reply {
  std::string model;
  std::vector<std::string> thoughts;  // token by token
  std::vector<std::string> tokens;
  std::vector<ReplyToolCall> tool_calls;
  ReplyFinish finish = ReplyFinish::kStop;
  uint64_t prompt_tokens = 20;
  uint64_t cached_tokens = 0;  // of the prompt's
  bool has_usage = true;
  bool usage_chunk = true;  // a stream of OpenAI's form: the request asked for it
  bool has_finish = true;   // a stream says why it ends, and what comes after that
  bool has_done = true;     // a stream has its end mark

  // Every thought, token and piece of arguments counts as one.
  uint64_t completion_tokens() const {
    uint64_t count = thoughts.size() + tokens.size();
    for (const ReplyToolCall& call : tool_calls) count += call.arguments.size();
    return count;
  }
};

enum class ReplyErrorKind : uint8_t { kStatus, kContextLength, kQuota, kUnknownModel };

// A bad one.
struct ReplyError {
  ReplyErrorKind kind = ReplyErrorKind::kStatus;
  int status = 500;
  uint64_t retry_after_seconds = 0;  // 0: not told
  std::string message;
};

// A part of a body. Behaviours that count tokens count those marked so.
struct ReplyPiece {
  std::string bytes;
  bool is_token = false;
};

}  // namespace junctor::engine
