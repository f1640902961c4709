#include "runtime/request/json_reader.h"

#include <cmath>
#include <random>
#include <string>

#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "runtime/program/disassembler.h"
#include "runtime/program/utf8.h"
#include "runtime/request/json_cursor.h"

namespace junctor {
namespace {

class JsonReader : public ::testing::Test {
 protected:
  Value Read(std::string_view text) { return ReadJson(text, &arena_); }
  std::pmr::monotonic_buffer_resource arena_;
};

TEST_F(JsonReader, ReadsEveryKindOfValue) {
  const char* texts[] = {"null",
                         "true",
                         "false",
                         "5",
                         "-3",
                         "0.5",
                         "\"x\"",
                         "[]",
                         "{}",
                         R"([1,"a",[true,null],{"b":[]}])",
                         R"({"a":1,"b":{"c":[2,3]}})"};
  for (const char* text : texts) {
    EXPECT_EQ(ValueToText(Read(text), 1000), text);
    EXPECT_EQ(ValueToText(Read(std::string(" \n\t") + text + "\r "), 1000), text);
  }
}

TEST_F(JsonReader, OneNumberIsOneValueHoweverItIsWritten) {
  for (const char* text : {"5", "5.0", "5e0", "50E-1", "0.5e+1"}) {
    EXPECT_EQ(Read(text).kind(), ValueKind::kInt) << text;
    EXPECT_EQ(Read(text).integer(), 5) << text;
  }
  EXPECT_EQ(Read("9223372036854775807").integer(), INT64_MAX);
  EXPECT_EQ(Read("-9223372036854775808").integer(), INT64_MIN);
  EXPECT_EQ(Read("9223372036854775808").kind(), ValueKind::kDouble);
  EXPECT_EQ(Read("-0").integer(), 0);
  EXPECT_EQ(Read("0.1").real(), 0.1);
  EXPECT_EQ(Read("1e999").real(), HUGE_VAL);
  EXPECT_EQ(Read("-1e999").real(), -HUGE_VAL);
  EXPECT_EQ(Read("1e-999").integer(), 0);
}

TEST_F(JsonReader, EscapesAreResolvedAndLoneSurrogatesReplaced) {
  EXPECT_EQ(Read(R"("\"\\\/\b\f\n\r\t")").string(), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(Read(R"("a\u00e9\u6771\ud83d\ude00z")").string(), "a\u00e9\u6771\U0001F600z");
  EXPECT_EQ(Read(R"("\ud83dx")").string(), "\ufffdx");
  EXPECT_EQ(Read(R"("\ude00")").string(), "\ufffd");
  EXPECT_EQ(Read(R"("\ud83d\u0041")").string(), "\ufffdA");
  EXPECT_EQ(Read(R"("\u0000")").string(), std::string_view("\0", 1));
}

TEST_F(JsonReader, OfDuplicateKeysTheLastStays) {
  EXPECT_EQ(ValueToText(Read(R"({"a":1,"b":2,"a":3})")), R"({"b":2,"a":3})");
  std::string many = "{";
  for (int i = 0; i < 100; ++i)
    many += "\"k" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  many.back() = '}';
  const Value value = Read(many);
  EXPECT_EQ(value.size(), 50u);
  EXPECT_EQ(value.Find("k0").integer(), 50);
}

TEST_F(JsonReader, WhatIsNotJsonIsMissing) {
  for (const char* text :
       {"",          " ",       "nul",       "truex",     "tru",        "+1",          "01",
        "1.",        ".5",      "1e",        "1e+",       "--1",        "0x1",         "NaN",
        "Infinity",  "'x'",     "\"x",       "\"\\x\"",   "\"\\u12\"",  "\"\\u12g4\"", "\"a\nb\"",
        "[",         "[1",      "[1,",       "[1,]",      "[,1]",       "[1 2]",       "{",
        "{\"a\"",    "{\"a\":", "{\"a\":1",  "{\"a\":1,", "{\"a\":1,}", "{a:1}",       "{1:1}",
        "{\"a\" 1}", "[1}",     "{\"a\":1]", "1 2",       "[] []",      "]",           "}"}) {
    EXPECT_TRUE(Read(text).is_missing()) << text;
  }
}

TEST_F(JsonReader, DepthAndSizeHaveBounds) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_FALSE(Read(nested(kMaxReadDepth)).is_missing());
  EXPECT_TRUE(Read(nested(kMaxReadDepth + 1)).is_missing());
  EXPECT_TRUE(Read(std::string(1'000'000, '[')).is_missing());
  std::string wide = "[";
  for (size_t i = 0; i < kMaxReadValues; ++i) wide += "1,";
  wide.back() = ']';
  EXPECT_TRUE(Read(wide).is_missing());
}

// RapidJSON is the judge of what is JSON, but for what we read differently on purpose.
TEST_F(JsonReader, AgreesWithRapidJsonOnDamagedTexts) {
  const std::string seeds[] = {R"({"a":[1,2.5e3,{"b":"x\n\u00e9y"}],"c":true,"d":null,"e":-0.0})",
                               R"(["\ud83d\ude00",[],{},[[]],"",0,false])"};
  const std::string bytes = "{}[]\",:\\ue0159-+. tfn\n\x01x";
  std::mt19937 random(11);
  int valid = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = seeds[random() % 2];
    for (auto k = random() % 3; k-- > 0;) {
      const size_t at = random() % text.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1 + random() % 3);
          if (text.empty()) text = "1";
          break;
      }
    }
    if (!IsValidUtf8(text)) continue;
    rapidjson::Document document;
    document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseFullPrecisionFlag>(
        text.data(), text.size());
    const auto error = document.GetParseError();
    if (error == rapidjson::kParseErrorStringUnicodeSurrogateInvalid ||
        error == rapidjson::kParseErrorNumberTooBig ||
        error == rapidjson::kParseErrorStringInvalidEncoding) {
      continue;
    }
    arena_.release();
    ASSERT_EQ(Read(text).is_missing(), document.HasParseError()) << text;
    valid += document.HasParseError() ? 0 : 1;
  }
  EXPECT_GT(valid, 1000);
}

}  // namespace
}  // namespace junctor
