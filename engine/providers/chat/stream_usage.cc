#include "engine/providers/chat/stream_usage.h"

#include <simdjson.h>

#include "engine/providers/chat/json_writer.h"

namespace junctor::engine {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kStreamOptions = "stream_options";
constexpr std::string_view kIncludeUsage = "include_usage";

// The caller's options, if they are an object; valid until the thread's next call.
bool ReadStreamOptions(const BodyIndex& index, dom::object* options) {
  static thread_local dom::parser parser;
  const std::string_view text = index.Find(kStreamOptions);
  return !text.empty() &&
         parser.parse(text.data(), text.size()).get_object().get(*options) == simdjson::SUCCESS;
}

}  // namespace

bool AsksForStream(const BodyIndex& index) { return index.Find("stream") == "true"; }

bool AsksForUsage(const BodyIndex& index) {
  dom::object options;
  bool asks = false;
  return ReadStreamOptions(index, &options) &&
         options.at_key(kIncludeUsage).get_bool().get(asks) == simdjson::SUCCESS && asks;
}

std::string StreamOptionsWithUsage(const BodyIndex& index) {
  std::string member = "\"stream_options\":";
  JsonWriter writer(&member);
  writer.BeginObject().Key(kIncludeUsage).Bool(true);
  dom::object options;
  if (ReadStreamOptions(index, &options)) {
    for (const dom::key_value_pair option : options) {
      if (option.key == kIncludeUsage) continue;
      writer.Key(option.key).Raw(simdjson::minify(option.value));
    }
  }
  writer.EndObject();
  return member;
}

std::string BodyAskingForUsage(std::string_view body, const BodyIndex& index) {
  const std::string member = StreamOptionsWithUsage(index);
  std::string asking;
  asking.reserve(body.size() + member.size() + 1);
  const std::string_view present = index.Find(kStreamOptions);
  if (!present.empty()) {
    // Of duplicates the last one counts, and that is the one that is found.
    const size_t value = static_cast<size_t>(present.data() - body.data());
    asking.append(body.substr(0, value)).append(member.substr(member.find('{')));
    asking.append(body.substr(value + present.size()));
    return asking;
  }
  const size_t open = body.find('{') + 1;
  asking.append(body.substr(0, open)).append(member);
  if (!index.entries().empty()) asking.push_back(',');
  asking.append(body.substr(open));
  return asking;
}

}  // namespace junctor::engine
