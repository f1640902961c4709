// Asking for the usage of a stream, in the caller's own body.
#include "engine/providers/chat/stream_usage.h"

#include <gtest/gtest.h>

#include <string>

namespace junctor::engine {
namespace {

// The body as it is changed; itself, where nothing has to be asked.
std::string Asking(std::string body) {
  std::string padded = body;
  padded.append(kBodyPadding, ' ');
  BodyScanner scanner;
  BodyIndex index;
  const std::string_view view = std::string_view(padded).substr(0, body.size());
  EXPECT_TRUE(scanner.Scan(view, &index).ok());
  if (!AsksForStream(index) || AsksForUsage(index)) return body;
  return BodyAskingForUsage(view, index);
}

TEST(StreamUsage, IsAskedForWhereTheCallerDidNot) {
  const struct {
    const char* what;
    const char* body;
    const char* asking;
  } cases[] = {
      {"no options", R"({"stream":true,"model":"m"})",
       R"({"stream_options":{"include_usage":true},"stream":true,"model":"m"})"},
      {"white space before", " { \"stream\" : true }",
       " {\"stream_options\":{\"include_usage\":true}, \"stream\" : true }"},
      {"asked against", R"({"stream":true,"stream_options":{"include_usage":false}})",
       R"({"stream":true,"stream_options":{"include_usage":true}})"},
      {"other options stay",
       R"({"stream_options":{"include_obfuscation":false,"a \"b":[1]},"stream":true})",
       R"({"stream_options":{"include_usage":true,"include_obfuscation":false,"a \"b":[1]},"stream":true})"},
      {"null", R"({"stream_options":null,"stream":true})",
       R"({"stream_options":{"include_usage":true},"stream":true})"},
      {"asked for", R"({"stream":true,"stream_options":{"include_usage" : true}})",
       R"({"stream":true,"stream_options":{"include_usage" : true}})"},
      {"no stream", R"({"stream":false})", R"({"stream":false})"},
      {"nothing", "{}", "{}"},
  };
  for (const auto& one : cases) EXPECT_EQ(Asking(one.body), one.asking) << one.what;
}

}  // namespace
}  // namespace junctor::engine
