#include "runtime/request/body_index.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace junctor {
namespace {

absl::Status ScanText(std::string text, BodyIndex* index, std::string* storage,
                      char padding = ' ') {
  const size_t size = text.size();
  text.append(kBodyPadding, padding);
  *storage = std::move(text);
  BodyScanner scanner;
  return scanner.Scan({storage->data(), size}, index);
}

TEST(R36, TheValuesAreFoundWithTheBytesTheyCameWith) {
  BodyIndex index;
  std::string storage;
  ASSERT_TRUE(ScanText(" {\"model\" : \"dynamic/x\" , \"n\":1.50e1 ,\"a\":[1, {\"b\": 2} ] ,\n"
                       "\"o\":{\"x\":[]} , \"t\":true,\"e\":{},\"z\":null } \n",
                       &index, &storage)
                  .ok());
  const std::vector<std::pair<std::string, std::string>> expected = {{"model", "\"dynamic/x\""},
                                                                     {"n", "1.50e1"},
                                                                     {"a", "[1, {\"b\": 2} ]"},
                                                                     {"o", "{\"x\":[]}"},
                                                                     {"t", "true"},
                                                                     {"e", "{}"},
                                                                     {"z", "null"}};
  ASSERT_EQ(index.entries().size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(index.entries()[i].key, expected[i].first);
    EXPECT_EQ(index.entries()[i].value, expected[i].second);
    EXPECT_EQ(index.Find(expected[i].first), expected[i].second);
  }
  EXPECT_EQ(index.Find("none"), "");
}

TEST(R36, OfDuplicatesTheLastIsFoundAndBothAreSeen) {
  BodyIndex index;
  std::string storage;
  ASSERT_TRUE(ScanText(R"({"model":"a","x":1,"mod\u0065l":"b"})", &index, &storage).ok());
  EXPECT_EQ(index.Find("model"), "\"b\"");
  EXPECT_TRUE(index.IsDuplicate("model"));
  EXPECT_FALSE(index.IsDuplicate("x"));
}

TEST(R36, KeysWithEscapesAreUnescaped) {
  BodyIndex index;
  std::string storage;
  ASSERT_TRUE(ScanText(R"({"a\"b":1,"\u00e9":2,"\\":3})", &index, &storage).ok());
  EXPECT_EQ(index.Find("a\"b"), "1");
  EXPECT_EQ(index.Find("\u00e9"), "2");
  EXPECT_EQ(index.Find("\\"), "3");
}

TEST(R36, WhatNobodyReadsIsNotValidated) {
  BodyIndex index;
  std::string storage;
  EXPECT_TRUE(ScanText(R"({"a":[1,,2],"b":nonsense,"c":1})", &index, &storage).ok());
  EXPECT_EQ(index.Find("c"), "1");
}

TEST(Body, WhatIsNotOneObjectIsRefusedWithThePlace) {
  const struct {
    std::string text;
    std::string message;
  } cases[] = {{"", "it is empty at byte 0"},
               {"  \n", "it is empty at byte 3"},
               {" [1]", "an array begins at byte 1"},
               {"\"x\"", "a string begins at byte 0"},
               {"12", "a number begins at byte 0"},
               {"null", "a word begins at byte 0"},
               {"hello", "something that is not JSON begins at byte 0"},
               {"\xEF\xBB\xBF{}", "a byte order mark stands at byte 0"},
               {"{", "the text ends before its closing } at byte 1"},
               {"{\"a\":1", "the text ends before its closing } at byte 6"},
               {"{\"a\":{\"b\":1}", ""},
               {"{\"a\":\"b", "the text ends inside a string at byte 7"},
               {"{\"a\":\"\xff\"}", "invalid UTF-8 at byte 6"},
               {"{\"a\":1} x", "text after its closing } at byte 8"},
               {"{\"a\":1}{\"b\":2}", "text after its closing } at byte 7"},
               {"{\"a\":1}}", "text after its closing } at byte 7"},
               {"{\"a\" 1}", "unexpected text"},
               {"{\"a\":1 \"b\":2}", "unexpected text"},
               {"{\"a\":1,}", "unexpected text"},
               {"{a:1}", "unexpected text"},
               {"{\"a\":}", ""},
               {"{\"a\":[1}", ""},
               {"{\"a\":\"x\ny\"}", ""},
               {"{,}", ""},
               {"{\"\\x\":1}", "a key with an escape that JSON does not have"},
               {"}", "something that is not JSON begins at byte 0"}};
  for (const auto& c : cases) {
    for (const char padding : {' ', '}', '"', '\0', '\xff'}) {
      BodyIndex index;
      std::string storage;
      const absl::Status status = ScanText(c.text, &index, &storage, padding);
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text << status;
      EXPECT_TRUE(std::string(status.message()).starts_with("the body is not a JSON object: "))
          << status;
      EXPECT_NE(std::string(status.message()).find(c.message), std::string::npos)
          << c.text << ": " << status;
      EXPECT_NE(std::string(status.message()).find(" at byte "), std::string::npos) << status;
    }
  }
}

TEST(Body, TheNumberOfKeysHasABound) {
  std::string text = "{";
  for (size_t i = 0; i < kMaxBodyKeys; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  text.back() = '}';
  BodyIndex index;
  std::string storage;
  EXPECT_TRUE(ScanText(text, &index, &storage).ok());
  text.back() = ',';
  EXPECT_FALSE(ScanText(text + "\"x\":1}", &index, &storage).ok());
}

TEST(Body, OneScannerServesBodiesOfAllSizes) {
  BodyScanner scanner;
  BodyIndex index;
  for (const size_t size : {10u, 100'000u, 20u, 3'000'000u, 30u, 70'000u}) {
    std::string text = "{\"a\":\"" + std::string(size, 'x') + "\",\"b\":1}";
    const size_t length = text.size();
    text.append(kBodyPadding, ' ');
    ASSERT_TRUE(scanner.Scan({text.data(), length}, &index).ok());
    EXPECT_EQ(index.Find("a").size(), size + 2);
    EXPECT_EQ(index.Find("b"), "1");
  }
}

TEST(Body, DeepNestingIsPassedOver) {
  BodyIndex index;
  std::string storage;
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  ASSERT_TRUE(ScanText("{\"a\":" + deep + ",\"b\":2}", &index, &storage).ok());
  EXPECT_EQ(index.Find("b"), "2");
}

}  // namespace
}  // namespace junctor
