// R19, R36: only the model and the params change; everything else keeps its bytes.
#include "engine/providers/chat/body_splice.h"

#include <gtest/gtest.h>

#include <string>

namespace junctor::engine {
namespace {

std::string Splice(std::string_view body, std::string_view model, std::string_view params) {
  std::string padded(body);
  padded.append(kBodyPadding, ' ');
  const std::string_view text = std::string_view(padded).substr(0, body.size());
  BodyScanner scanner;
  BodyIndex index;
  EXPECT_TRUE(scanner.Scan(text, &index).ok()) << body;
  absl::StatusOr<SplicedBody> spliced = SplicedBody::Make(text, index, model, params);
  EXPECT_TRUE(spliced.ok()) << spliced.status();
  const SplicedBody moved = *std::move(spliced);
  std::string result;
  for (std::string_view piece : moved.pieces()) result.append(piece);
  EXPECT_EQ(result.size(), moved.size());
  return result;
}

TEST(SplicedBody, ChangesNothingButWhatItIsAsked) {
  struct Case {
    std::string_view body, model, params, expected;
  };
  const Case cases[] = {
      {R"({"model":"dynamic/x"})", "gpt-4o", "", R"({"model":"gpt-4o"})"},
      {R"( { "a" : 1e0 , "model" : "dynamic/x" , "b":1.0,"b":2 } )", "m", "",
       R"( { "a" : 1e0 , "model" : "m" , "b":1.0,"b":2 } )"},
      {R"({"mod\u0065l":"dynamic/x","z":"\u00e9"})", "m", "", R"({"mod\u0065l":"m","z":"\u00e9"})"},
      {R"({"model":"x"})", "we\"ird", "", R"({"model":"we\"ird"})"},
      {R"({"model":"x","temperature":1})", "m", R"({"temperature":0})",
       R"({"model":"m","temperature":0})"},
      {R"({"temperature":1,"model":"x"})", "m", R"({"temperature":0.50,"top_p":1})",
       R"({"temperature":0.50,"model":"m","top_p":1})"},
      {R"({"model":"x" } )", "m", R"({"a":{"b":[1]}})", R"({"model":"m" ,"a":{"b":[1]}} )"},
  };
  for (const Case& one : cases) EXPECT_EQ(Splice(one.body, one.model, one.params), one.expected);
}

}  // namespace
}  // namespace junctor::engine
