// Arguments of calls on their way to providers that want objects, and calls in pieces.
#include "engine/providers/chat/tool_arguments.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/providers/chat/open_tool_calls.h"

namespace junctor::engine {
namespace {

TEST(ToolArguments, AreTheTextOfAnObject) {
  struct Case {
    std::string_view arguments, expected;
  };
  const Case cases[] = {
      {"", "{}"},
      {" \n", "{}"},
      {"{}", "{}"},
      {R"( {"b":123456789012345678901234567890})", R"({"b":123456789012345678901234567890})"},
  };
  for (const Case& one : cases) {
    const auto object = ToolArgumentsObject(one.arguments, 0, 0);
    ASSERT_TRUE(object.ok()) << one.arguments << object.status();
    EXPECT_EQ(*object, one.expected);
  }
  const std::string deep =
      R"({"a":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_TRUE(ToolArgumentsObject(deep, 0, 0).ok()) << "deep nesting costs no stack";
}

TEST(ToolArguments, OthersAreRefusedByTheirPlace) {
  for (const std::string_view arguments : {"[1]", "7", "\"{}\"", "{", "{\"a\":1", "{\"a\":1}}",
                                           "{\"a\":1} x", "{a:1}", "{\"a\":\"\xff\"}", "null"}) {
    const auto object = ToolArgumentsObject(arguments, 3, 1);
    ASSERT_FALSE(object.ok()) << arguments;
    EXPECT_EQ(object.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(object.status().message().find("`messages[3].tool_calls[1].function.arguments`"),
              std::string::npos)
        << object.status();
  }
}

TEST(OpenToolCalls, RemembersTheLastOnes) {
  OpenToolCalls calls;
  EXPECT_EQ(calls.Find(0), nullptr);
  calls.Open({.block = 5, .tool = 0});
  calls.Open({.block = 6, .tool = 1});
  ASSERT_NE(calls.Find(5), nullptr);
  EXPECT_EQ(calls.Find(5)->tool, 0u);
  calls.Open({.block = 5, .tool = 2});
  EXPECT_EQ(calls.Find(5)->tool, 2u) << "a block that begins again is another call";
  calls.Close(5);
  EXPECT_EQ(calls.Find(5), nullptr);
  EXPECT_EQ(calls.Find(6)->tool, 1u);
  for (uint64_t block = 100; block < 100 + kMaxOpenToolCalls; ++block) {
    calls.Open({.block = block, .tool = 0});
  }
  EXPECT_EQ(calls.Find(6), nullptr) << "the oldest gives way";
  EXPECT_NE(calls.Find(100), nullptr);
}

}  // namespace
}  // namespace junctor::engine
