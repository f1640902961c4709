// What providers take differently is left out or renamed in a request, and nothing else changes.
#include "engine/providers/chat/request_edits.h"

#include <gtest/gtest.h>

#include <rapidjson/document.h>

#include <set>
#include <string>

#include "engine/providers/chat/body_splice.h"

namespace junctor::engine {
namespace {

std::string Splice(std::string_view body, std::string_view params,
                   std::span<const RequestEdit> edits) {
  std::string padded(body);
  padded.append(kBodyPadding, ' ');
  const std::string_view text = std::string_view(padded).substr(0, body.size());
  BodyScanner scanner;
  BodyIndex index;
  EXPECT_TRUE(scanner.Scan(text, &index).ok()) << body;
  absl::StatusOr<SplicedBody> spliced = SplicedBody::Make(text, index, "m", params, edits);
  EXPECT_TRUE(spliced.ok()) << spliced.status();
  const SplicedBody moved = *std::move(spliced);
  std::string result;
  for (std::string_view piece : moved.pieces()) result.append(piece);
  EXPECT_EQ(result.size(), moved.size());
  rapidjson::Document document;
  document.Parse(result.c_str());
  EXPECT_FALSE(document.HasParseError()) << result;
  return result;
}

constexpr RequestEdit kEdits[] = {
    {"p", "drop", RequestEditAction::kDrop, ""},
    {"p", "bye", RequestEditAction::kDrop, ""},
    {"p", "old", RequestEditAction::kRename, "new"},
};

TEST(RequestEdits, LeaveOutAndRenameTopLevelKeysInPlace) {
  struct Case {
    std::string_view name, body, params, expected;
  };
  const Case cases[] = {
      {"nothing to edit", R"({"model":"x", "a":1})", "", R"({"model":"m", "a":1})"},
      {"dropped in the middle", R"({"model":"x", "drop" : [1,2] , "a":1})", "",
       R"({"model":"m" , "a":1})"},
      {"dropped at the end", R"({"model":"x","drop":1 })", "", R"({"model":"m" })"},
      {"dropped at the beginning", R"({ "drop":1 , "model":"x"})", "", R"({"model":"m"})"},
      {"all before the model dropped", R"({"drop":1,"bye":{},"model":"x","a":2})", "",
       R"({"model":"m","a":2})"},
      {"neighbours dropped", R"({"a":0,"drop":1,"bye":"}","model":"x"})", "",
       R"({"a":0,"model":"m"})"},
      {"a key that comes twice is dropped twice", R"({"drop":1,"model":"x","drop":2})", "",
       R"({"model":"m"})"},
      {"keys inside are left alone", R"({"model":"x","a":{"drop":1,"old":2}})", "",
       R"({"model":"m","a":{"drop":1,"old":2}})"},
      {"renamed", R"({"model":"x", "old" : 5,"a":1})", "", R"({"model":"m", "new" : 5,"a":1})"},
      {"renamed at the beginning", R"({ "old":5,"model":"x"})", "", R"({ "new":5,"model":"m"})"},
      {"renamed after dropped ones", R"({"drop":1, "old":"5","model":"x"})", "",
       R"({"new":"5","model":"m"})"},
      {"written with escapes", R"({"model":"x","\u006fld":5,"dr\u006fp":1})", "",
       R"({"model":"m","new":5})"},
      {"renamed where the other is there: the other wins", R"({"old":5,"model":"x","new":7})", "",
       R"({"model":"m","new":7})"},
      {"params are edited like the body", R"({"model":"x"})", R"({"drop":1,"old":5,"a":2})",
       R"({"model":"m","new":5,"a":2})"},
      {"params replace, then it is renamed", R"({"model":"x","old":1})", R"({"old":5})",
       R"({"model":"m","new":5})"},
      {"params bring what the body's is renamed to", R"({"model":"x","old":1})", R"({"new":5})",
       R"({"model":"m","new":5})"},
      {"params replace what is dropped", R"({"model":"x","drop":1})", R"({"drop":5})",
       R"({"model":"m"})"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(Splice(one.body, one.params, kEdits), one.expected) << one.name;
  }
  const RequestEdit drop_model[] = {{"p", "model", RequestEditAction::kDrop, ""}};
  EXPECT_EQ(Splice(R"({"model":"x"})", R"({"a":1,"b":2})", drop_model), R"({"a":1,"b":2})");
}

TEST(RequestEdits, BelongToTheirProvider) {
  EXPECT_EQ(Splice(R"({"model":"x","logprobs":true,"top_logprobs":2,"logit_bias":{},"n":1})", "",
                   RequestEditsFor("groq")),
            R"({"model":"m","n":1})");
  EXPECT_EQ(Splice(R"({"model":"x","max_tokens":9,"presence_penalty":1,"frequency_penalty":1,)"
                   R"("logit_bias":{},"logprobs":true})",
                   "", RequestEditsFor("cerebras")),
            R"({"model":"m","max_completion_tokens":9,"logprobs":true})");
  for (const std::string_view slug : {"openai", "deepseek", "openrouter", "grok", "", "groq2"}) {
    EXPECT_TRUE(RequestEditsFor(slug).empty()) << slug;
  }
}

TEST(RequestEdits, RowsOfOneProviderStandTogether) {
  std::multiset<std::string> all = {
#define JUNCTOR_REQUEST_EDIT(provider, field, action, new_name) provider,
#include "engine/providers/chat/request_edits.def"
#undef JUNCTOR_REQUEST_EDIT
  };
  for (const std::string& slug : all) {
    EXPECT_EQ(RequestEditsFor(slug).size(), all.count(slug)) << slug;
  }
}

}  // namespace
}  // namespace junctor::engine
