// What stands in the responses of generateContent: whole answers are one, streams are many of them,
// each with a piece. For the sources of this folder alone.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/usage.h"

namespace junctor::engine {

// One part of a candidate's content. Views are valid until the parser's next use.
struct GooglePart {
  enum class Kind : uint8_t {
    kOther,  // nothing that a chat completion has a place for
    kText,
    kThought,  // text of what the model thought
    kImage,
    kCall,
  };
  Kind kind = Kind::kOther;
  std::string_view text;       // kText, kThought
  std::string data_url;        // kImage
  std::string_view call_id;    // kCall; empty: the model gave none
  std::string_view name;       // kCall
  std::string arguments;       // kCall: a JSON object
  std::string_view signature;  // kCall: thoughtSignature
};

GooglePart ReadGooglePart(const simdjson::dom::element& part);

// The parts of a candidate; nothing where it has no list of them.
std::optional<simdjson::dom::array> PartsOf(const simdjson::dom::object& candidate);

// A candidate's `index`; 0 where it is absent.
uint32_t CandidateIndex(const simdjson::dom::object& candidate);

// The candidate's end, if it has one; `called`: whether it has called a tool so far.
std::optional<FinishReason> ReadFinishReason(const simdjson::dom::object& candidate, bool called);

// `logprobsResult` as OpenAI's logprobs object; empty where there is none.
std::string ReadGoogleLogprobs(const simdjson::dom::object& candidate);

// Why the prompt was blocked; empty: it was not.
std::string_view BlockReason(const simdjson::dom::object& response);

// `usageMetadata`; nothing where it is absent.
std::optional<Usage> ReadGoogleUsage(const simdjson::dom::object& response);

// Ids of calls that the model gave none: "call_" and 24 characters, as OpenAI's are, each another.
class CallIds {
 public:
  // `random` of the AnswerContext.
  explicit CallIds(uint64_t random) : state_(random) {}
  std::string Next();

 private:
  uint64_t state_;
};

}  // namespace junctor::engine
