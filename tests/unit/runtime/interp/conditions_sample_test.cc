// The conditions of conditions-sample.jsonl, which have known answers, through the matcher alone.
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "runtime/request/json_cursor.h"
#include "runtime/request/json_reader.h"
#include "tests/unit/runtime/interp/condition_program.h"
#include "tests/unit/runtime/interp/test_request.h"

namespace junctor::testing {
namespace {

std::string SourcePath(const std::string& path) {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/" + path;
}

std::string_view MemberText(std::string_view object, std::string_view key) {
  std::string_view found;
  ForEachMember(object, [&](std::string_view name, std::string_view value) {
    if (name == key) found = value;
  });
  return found;
}

TEST(ConditionsSample, EveryCaseHasItsKnownAnswer) {
  std::ifstream file(SourcePath("tests/data/conditions-sample.jsonl"));
  ASSERT_TRUE(file) << "tests/data/conditions-sample.jsonl is missing";
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    const std::string_view request = MemberText(line, "request");
    TestRequest test;
    if (const auto body = MemberText(request, "body"); !body.empty() && body.front() == '{') {
      test.Body(body);
    }
    if (const auto metadata = MemberText(request, "metadata"); !metadata.empty()) {
      test.MetadataText(metadata);
    }
    std::pmr::monotonic_buffer_resource arena;
    const Value headers = ReadJson(MemberText(request, "headers"), &arena);
    if (headers.kind() == ValueKind::kObject) {
      for (uint32_t i = 0; i < headers.size(); ++i) {
        test.Header(headers.members()[i].key, headers.members()[i].value.string());
      }
    }
    EXPECT_EQ(Holds(MemberText(line, "condition"), test.get()),
              MemberText(line, "expected") == "true")
        << line;
    ++cases;
  }
  EXPECT_GT(cases, 0);
}

}  // namespace
}  // namespace junctor::testing
