#include "runtime/interp/key_encoding.h"

#include <set>

#include "gtest/gtest.h"
#include "runtime/interp/execution.h"
#include "tests/unit/runtime/interp/program_builder.h"
#include "tests/unit/runtime/interp/test_request.h"

namespace junctor::testing {
namespace {

// The limit key of `fields` in `body`.
std::string KeyOf(const std::vector<std::string>& fields, const char* body) {
  ProgramBuilder builder;
  LimitSpec limit;
  limit.limit = 1;
  limit.window_seconds = 1;
  for (const std::string& field : fields) limit.key_slots.push_back(builder.SlotOf(field));
  const auto end = builder.NewLabel();
  builder.Emit("limit", Opcode::kLimit, 0, builder.Limit("limit", limit), end, end);
  builder.Place(end);
  builder.Emit("end", Opcode::kEnd, 0, 0);
  TestRequest request;
  request.Body(body);
  Execution execution(builder.Build(), request.get());
  return std::string(std::get<LimitStep>(execution.Start()).key);
}

TEST(R17, RequestsWithNoValueShareOneBucket) {
  EXPECT_EQ(KeyOf({}, "{}"), "");
  EXPECT_EQ(KeyOf({"body.a"}, "{}"), "");
  EXPECT_EQ(KeyOf({"body.a", "body.b"}, "{}"), "");
  EXPECT_EQ(KeyOf({"body.a.b"}, R"({"a":[1,2]})"), "");
}

TEST(R17, DifferentValuesHaveDifferentBuckets) {
  const std::vector<std::string> bodies = {
      R"({"a":"1"})",         R"({"a":1})",       R"({"a":1.5})",         R"({"a":true})",
      R"({"a":false})",       R"({"a":null})",    R"({"a":[]})",          R"({"a":{}})",
      R"({"a":[1]})",         R"({"a":["1"]})",   R"({"a":""})",          R"({"a":"ab"})",
      R"({"a":"a","b":"b"})", R"({"b":"ab"})",    R"({"a":"ab","b":""})", R"({"a":{"b":1}})",
      R"({"a":[[1],2]})",     R"({"a":[[1,2]]})", R"({"a":"m"})",         R"({})"};
  std::set<std::string> keys;
  for (const std::string& body : bodies) keys.insert(KeyOf({"body.a", "body.b"}, body.c_str()));
  EXPECT_EQ(keys.size(), bodies.size());
}

TEST(R17, OneNumberHasOneBucketHoweverItIsWritten) {
  EXPECT_EQ(KeyOf({"body.a"}, R"({"a":5})"), KeyOf({"body.a"}, R"({"a":5.0})"));
  EXPECT_EQ(KeyOf({"body.a"}, R"({"a":5})"), KeyOf({"body.a"}, R"({"a":50e-1})"));
  EXPECT_EQ(KeyOf({"body.a"}, R"({"a":"x"})"), KeyOf({"body.a"}, R"({"a":"\u0078"})"));
}

TEST(R17, TheEncodingIsPinnedSinceStateOutlivesTheProcess) {
  EXPECT_EQ(KeyOf({"body.a"}, R"({"a":"xy"})"), std::string("s\x02\0\0\0xy", 7));
  EXPECT_EQ(KeyOf({"body.a"}, R"({"a":258})"), std::string("i\x02\x01\0\0\0\0\0\0", 9));
  EXPECT_EQ(KeyOf({"body.a", "body.b"}, R"({"b":true})"), "mt");
}

TEST(R17, LongKeysAreHashed) {
  const std::string long_text(100'000, 'x');
  const std::string key = KeyOf({"body.a"}, ("{\"a\":\"" + long_text + "\"}").c_str());
  EXPECT_EQ(key.size(), 1u + 8 + 16);
  EXPECT_EQ(key[0], 'H');
  EXPECT_NE(key, KeyOf({"body.a"}, ("{\"a\":\"" + long_text + "y\"}").c_str()));
}

TEST(R17, AFieldBehindAnArrayIsKeyedByAllThatItLeadsTo) {
  EXPECT_EQ(KeyOf({"body.a.b"}, R"({"a":[{"b":"x"}]})"), KeyOf({"body.a.b"}, R"({"a":{"b":"x"}})"));
  EXPECT_NE(KeyOf({"body.a.b"}, R"({"a":[{"b":"x"},{"b":"y"}]})"),
            KeyOf({"body.a.b"}, R"({"a":[{"b":"x"}]})"));
}

TEST(R13, SharesAreTheHighHalfOfTheProduct) {
  EXPECT_EQ(ShareOf(0), 0u);
  EXPECT_EQ(ShareOf(~uint64_t{0}), kShareTotal - 1);
  EXPECT_EQ(ShareOf(uint64_t{1} << 63), kShareTotal / 2);
  __extension__ using Wide = unsigned __int128;
  for (uint64_t x = 1; x < 1'000'000'000'000'000'000; x *= 7) {
    const auto exact = static_cast<uint32_t>((static_cast<Wide>(x) * kShareTotal) >> 64);
    EXPECT_EQ(ShareOf(x), exact);
  }
}

}  // namespace
}  // namespace junctor::testing
