// Windows and their keys as JSON: what operators see is what they can give back.
#include "engine/limits/limit_row_json.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/compile.h"
#include "engine/limits/limit_key_json.h"
#include "runtime/interp/key_encoding.h"

namespace junctor::engine {
namespace {

std::string KeyFrom(std::string_view json) {
  const absl::StatusOr<std::string> key = ReadLimitKeyJson(json);
  EXPECT_TRUE(key.ok()) << json << ": " << key.status();
  return key.value_or("");
}

struct Case {
  const char* sentence;
  const char* json;
};

TEST(LimitKeyJson, IsReadBackAsTheSameKey) {
  const std::vector<Case> cases = {
      {"a limit without a key", "[]"},
      {"a text", R"(["u-1"])"},
      {"a text that looks like a number is another one than the number", R"(["42"])"},
      {"a whole number", "[42]"},
      {"a negative number", "[-7]"},
      {"a number with decimals", "[1.5]"},
      {"truth values and null", "[true,false,null]"},
      {"several fields, one of them missing", R"([{"missing":true},"acme"])"},
      {"a path with several values", R"([{"several":["a",1]},"b"])"},
      {"arrays and objects", R"([[1,[2,"x"]],{"a":{"b":null},"c":""}])"},
      {"an object of the request that looks like no value", R"([{"value":{"missing":true}}])"},
      {"one that looks like a hash", R"([{"value":{"bytes":3,"hashed":"x"}},{"missing":true}])"},
      {"one that looks like one in its wrapping", R"([{"value":{"value":{"a":1}}}])"},
      {"one that has such a name deeper", R"([{"a":{"missing":true}}])"},
      {"texts that need escapes", "[\"a\\\"b\\\\c\\u0001\xC3\xA9\"]"},
      {"a hashed value", R"([{"hashed":"00112233445566778899aabbccddeeff","bytes":1048576}])"},
  };
  for (const Case& one : cases) {
    const std::string key = KeyFrom(one.json);
    EXPECT_EQ(LimitKeyJson(key), one.json) << one.sentence;
    EXPECT_EQ(ReadLimitKeyId(LimitKeyId(key)), key) << one.sentence;
  }
  EXPECT_NE(KeyFrom("[42]"), KeyFrom("[\"42\"]"));
  std::string encoded;
  AppendEncoded(Value::Int(1), &encoded);
  EXPECT_EQ(KeyFrom(R"([{"value":1}])"), encoded) << "any value may stand in it";
}

TEST(LimitKeyJson, IsTheKeyThatARequestHas) {
  std::string encoded;
  AppendKeyValue(Value::String("u-1"), &encoded);
  AppendKeyValue(Value::Int(5), &encoded);
  EXPECT_EQ(KeyFrom(R"(["u-1", 5.0])"), encoded);
  EXPECT_EQ(KeyFrom(R"([{"missing":true},{"missing":true}])"), "") << "one bucket for no value";
  std::string long_key;
  AppendKeyValue(Value::String(std::string(1000, 'x')), &long_key);
  EXPECT_EQ(KeyFrom("[\"" + std::string(1000, 'x') + "\"]"), long_key);
  EXPECT_NE(LimitKeyJson(long_key)->find("\"bytes\":1005"), std::string::npos);
}

TEST(LimitKeyJson, RefusesWhatIsNoKey) {
  for (const char* const json : {"", "{}", "\"u\"", "[", "[1,]", R"([{"hashed":"zz","bytes":1}])",
                                 R"([{"hashed":"00112233445566778899aabbccddeeff","bytes":-1}])",
                                 R"([{"several":1}])", "[\"\xFF\"]"}) {
    EXPECT_FALSE(ReadLimitKeyJson(json).ok()) << json;
  }
  std::string many = "[1";
  for (int i = 0; i < 100; ++i) many += ",1";
  EXPECT_FALSE(ReadLimitKeyJson(many + "]").ok());
}

TEST(LimitKeyJson, NoBytesAreReadBeyondTheirEnd) {
  const std::string key = KeyFrom(R"(["text",[1,{"a":2.5}],{"several":[1,"x"]},null])");
  for (size_t size = 1; size < key.size(); ++size) {
    // A cut key is no key, or, cut between two fields, a shorter one.
    const auto cut = LimitKeyJson(std::string_view(key).substr(0, size));
    if (cut.has_value()) {
      EXPECT_EQ(KeyFrom(*cut), key.substr(0, size));
    }
  }
  for (const char* const bytes : {"x", "s\xFF\xFF\xFF\xFFz", "a\xFF\xFF\xFF\xFF", "H123"}) {
    EXPECT_EQ(LimitKeyJson(bytes), std::nullopt);
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += std::string("a\1\0\0\0", 5);
  EXPECT_EQ(LimitKeyJson(deep), std::nullopt);
  for (const char* const id : {"", "k", "u-1", "k_!", "k_eA"}) {
    EXPECT_EQ(ReadLimitKeyId(id), std::nullopt) << id;
  }
}

LimitRow Row() {
  LimitRow row;
  row.element = "budget";
  row.type = LimitType::kCost;
  row.key = KeyFrom(R"(["u-1"])");
  row.limit = 7'500'000'000;
  row.granted = 2'500'000'000;
  row.spent = 1'000'000'001;
  row.held = 250'000'000;
  row.left = 6'249'999'999;
  row.reset_ns = 1'800'000'000'000'000'001;
  return row;
}

TEST(LimitRowJson, ShowsDollarsExactlyAndTimesRoundedUp) {
  EXPECT_EQ(LimitRowJson(Row()),
            R"({"element":"budget","type":"cost","key":["u-1"],"key_id":"k_cwMAAAB1LTE",)"
            R"("limit":7.5,"granted":2.5,"spent":1.000000001,"held":0.25,"left":6.249999999,)"
            R"("reset_at":"2027-01-15T08:00:00.001Z"})");
  LimitRow count;
  count.element = "n";
  count.limit = 100;
  count.spent = 3;
  count.left = 97;
  EXPECT_EQ(LimitRowJson(count),
            R"({"element":"n","type":"count","key":[],"key_id":"k_","limit":100,"granted":0,)"
            R"("spent":3,"held":0,"left":97,"reset_at":"1970-01-01T00:00:00.000Z"})");
}

std::shared_ptr<const Program> TestProgram() {
  const std::string text = R"({"name":"r","elements":[
      {"id":"s","type":"start","outputs":{"next":{"elementId":"n"}}},
      {"id":"n","type":"rate","properties":{"limitType":"count","key":"metadata.user","limit":3,
       "window":60},"outputs":{"success":{"elementId":"budget"}}},
      {"id":"budget","type":"rate","properties":{"limitType":"cost","key":"metadata.user",
       "limit":5,"window":60},"outputs":{"success":{"elementId":"m"}}},
      {"id":"m","type":"model","properties":{"provider":"openai","model":"gpt-4o"},
       "outputs":{"success":{"elementId":"e"}}},
      {"id":"e","type":"end","outputs":{}}]})";
  const compiler::CompileResult result = compiler::Compile("r.json", text, {});
  EXPECT_TRUE(result.ok());
  return result.program;
}

TEST(LimitRows, AreReadAsTheyAreWritten) {
  const auto program = TestProgram();
  for (const std::string& list :
       {"[" + LimitRowJson(Row()) + "]", "{\"result\":[" + LimitRowJson(Row()) + "]}"}) {
    const absl::StatusOr<std::vector<LimitRow>> rows = ReadLimitRows(list, *program);
    ASSERT_TRUE(rows.ok()) << rows.status();
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(rows->front().element, "budget");
    EXPECT_EQ(rows->front().type, LimitType::kCost);
    EXPECT_EQ(rows->front().key, Row().key);
    EXPECT_EQ(rows->front().granted, Row().granted);
    EXPECT_EQ(rows->front().spent, Row().spent);
    EXPECT_EQ(rows->front().held, Row().held);
    EXPECT_EQ(rows->front().reset_ns, 1'800'000'000'001'000'000);
  }
}

TEST(LimitRows, OfAnotherTypeThanTheElementHasNowAreLeftOut) {
  const auto rows =
      ReadLimitRows(R"([{"element":"n","type":"cost","key":["u"],"spent":3}])", *TestProgram());
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_TRUE(rows->empty());
}

TEST(LimitRows, SayWhichRowAndMemberIsWrong) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {"x", "not JSON"},
      {"3", "must be an array"},
      {"{}", "must be an array"},
      {"[3]", "row 1: must be an object"},
      {"[{}]", "row 1: needs `element`"},
      {R"([{"element":"n","spent":0},{"element":"nn"}])",
       "row 2: `element`: the route has no limit `nn`"},
      {R"([{"element":"n","type":"money"}])", "`type` must be"},
      {R"([{"element":"n","key":"u"}])", "`key` must be an array"},
      {R"([{"element":"n","key_id":"u"}])", "`key_id` is none"},
      {R"([{"element":"n","spend":1}])", "`spent` is missing"},
      {R"([{"element":"n","spent":1.5}])", "`spent` must be a whole number of requests"},
      {R"([{"element":"n","spent":"1"}])", "`spent`"},
      {R"([{"element":"budget","spent":0,"held":-1}])", "`held` must be an amount of US dollars"},
      {R"([{"element":"budget","spent":1e300}])", "`spent`"},
      {R"([{"element":"n","spent":0,"reset_at":"noon"}])", "`reset_at` must be a time"},
  };
  const auto program = TestProgram();
  for (const auto& one : cases) {
    const auto rows = ReadLimitRows(one.json, *program);
    ASSERT_FALSE(rows.ok()) << one.json;
    EXPECT_NE(rows.status().message().find(one.message), std::string::npos)
        << one.json << ": " << rows.status();
  }
}

}  // namespace
}  // namespace junctor::engine
