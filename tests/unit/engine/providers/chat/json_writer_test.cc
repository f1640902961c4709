#include "engine/providers/chat/json_writer.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cmath>
#include <limits>
#include <string>

namespace junctor::engine {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  JsonWriter(&out).String(text);
  return out;
}

TEST(JsonWriter, PutsCommasBetweenValuesAndNowhereElse) {
  std::string out = "x";
  JsonWriter writer(&out);
  writer.BeginObject();
  writer.Key("a").BeginArray().Integer(-1).Unsigned(2).BeginObject().EndObject().EndArray();
  writer.Key("b").BeginObject().Key("c").Null().Key("d").Bool(true).EndObject();
  writer.Key("e").Raw("[1, 2]").Key("f").BeginArray().EndArray().Key("g").String("");
  writer.EndObject();
  EXPECT_EQ(out, R"(x{"a":[-1,2,{}],"b":{"c":null,"d":true},"e":[1, 2],"f":[],"g":""})");
}

TEST(JsonWriter, EscapesWhatJsonAsksForAtEveryPosition) {
  for (int c = 0; c < 0x80; ++c) {
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, 'a');
      text[at] = static_cast<char>(c);
      const std::string json = Quoted(text);
      rapidjson::Document document;
      document.Parse(json.data(), json.size());
      ASSERT_FALSE(document.HasParseError()) << c << " at " << at << ": " << json;
      EXPECT_EQ(std::string(document.GetString(), document.GetStringLength()), text);
      const bool escaped = c < 0x20 || c == '"' || c == '\\';
      EXPECT_EQ(json.size() > 22, escaped) << json;
    }
  }
  EXPECT_EQ(Quoted("\b\f\n\r\t\x01\x1f\"\\/"), R"("\b\f\n\r\t\u0001\u001f\"\\/")");
}

TEST(JsonWriter, KeepsCharactersAndReplacesBytesThatAreNone) {
  EXPECT_EQ(Quoted("grüße, 世界 🌧"), "\"grüße, 世界 🌧\"");
  EXPECT_EQ(Quoted("a\xFF\xC3(\xE4\xB8"), "\"a\uFFFD\uFFFD(\uFFFD\uFFFD\"");
  EXPECT_EQ(Quoted("\xED\xA0\x80\xC0\x80\n"), "\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\\n\"");
  EXPECT_EQ(Quoted("\xF4\x90\x80\x80ü"), "\"\uFFFD\uFFFD\uFFFD\uFFFDü\"");
}

TEST(JsonWriter, WritesNumbersThatReadBackTheSame) {
  const auto number = [](double value) {
    std::string out;
    JsonWriter(&out).Number(value);
    return out;
  };
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(0.7), "0.7");
  EXPECT_EQ(number(-2.5e-9), "-2.5e-09");
  EXPECT_EQ(std::stod(number(1e300)), 1e300);
  EXPECT_EQ(number(std::nan("")), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  std::string out;
  JsonWriter(&out).BeginArray().Unsigned(UINT64_MAX).Integer(INT64_MIN).EndArray();
  EXPECT_EQ(out, "[18446744073709551615,-9223372036854775808]");
}

TEST(JsonWriter, WritesBase64InTheStandardAlphabet) {
  std::string out;
  JsonWriter(&out).BeginArray().Base64("_-8").Base64("AAAA").EndArray();
  EXPECT_EQ(out, R"(["/+8=","AAAA"])");
}

}  // namespace
}  // namespace junctor::engine
