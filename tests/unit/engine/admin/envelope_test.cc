#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/admin/admin_request.h"

namespace junctor::engine {
namespace {

std::string HeaderOf(const AdminAnswer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(Envelope, OfSuccess) {
  EXPECT_EQ(Success("{\"id\":\"g\"}").body,
            "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":{\"id\":\"g\"}}\n");
  EXPECT_EQ(SuccessBeside("\"route\":{}").body,
            "{\"success\":true,\"errors\":[],\"messages\":[],\"route\":{}}\n");
}

TEST(Envelope, WarningsAreMessages) {
  ControlError warning;
  warning.code = kCodeDiagnostic;
  warning.message = "JR0401: \"odd\"";
  warning.is_warning = true;
  warning.diagnostic = "JR0401";
  warning.path = {"body", "elements", "0"};
  warning.line = 3;
  warning.column = 7;
  warning.fix = "don't";
  EXPECT_EQ(Success("null", {warning}).body,
            "{\"success\":true,\"errors\":[],\"messages\":[{\"code\":1005,\"message\":\"JR0401: "
            "\\\"odd\\\"\",\"path\":[\"body\",\"elements\",\"0\"],\"diagnostic\":\"JR0401\","
            "\"line\":3,\"column\":7,\"fix\":\"don't\"}],\"result\":null}\n");
  ControlErrors errors = ControlErrors::BadField("bad", "id");
  errors.errors.push_back(warning);
  const AdminAnswer failure = Failure(errors);
  EXPECT_TRUE(failure.body.starts_with(
      "{\"success\":false,\"errors\":[{\"code\":1002,\"message\":\"bad\",\"path\":[\"body\",\"id\"]"
      "}],\"messages\":[{\"code\":1005,"))
      << failure.body;
}

TEST(Envelope, APageTellsHowMuchThereIs) {
  EXPECT_EQ(SuccessPage({"1", "2"}, {2, 3}, 5).body,
            "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":[1,2],\"result_info\":"
            "{\"page\":2,\"per_page\":3,\"count\":2,\"total_count\":5,\"total_pages\":2}}\n");
  EXPECT_EQ(SuccessPage({}, {9, 20}, 0).body,
            "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":[],\"result_info\":"
            "{\"page\":9,\"per_page\":20,\"count\":0,\"total_count\":0,\"total_pages\":0}}\n");
}

TEST(Envelope, ClientsAreToldNotToRepeatWhatCantChange) {
  EXPECT_EQ(HeaderOf(Failure(ControlErrors::One(409, 1003, "taken")), "x-should-retry"), "false");
  EXPECT_EQ(HeaderOf(Failure(ControlErrors::NotFound("gone")), "x-should-retry"), "false");
  const AdminAnswer away = Failure(ControlErrors::One(503, kCodeUnavailable, "away"));
  EXPECT_EQ(HeaderOf(away, "retry-after"), "1");
  EXPECT_EQ(HeaderOf(away, "x-should-retry"), "");
}

TEST(ReadPage, TakesWholeNumbersInTheirRange) {
  const auto read = [](std::vector<std::pair<std::string, std::string>> query) {
    AdminRequest request;
    request.query = std::move(query);
    return ReadPage(request);
  };
  ASSERT_TRUE(read({}).ok());
  EXPECT_EQ((*read({})).per_page, 20);
  ASSERT_TRUE(read({{"page", "7"}, {"per_page", "100"}}).ok());
  EXPECT_EQ((*read({{"page", "7"}, {"per_page", "100"}})).page, 7);
  EXPECT_TRUE(read({{"page", "1000000000"}}).ok());
  AdminRequest many;
  many.query = {{"per_page", "1000"}};
  EXPECT_EQ((*ReadPage(many, 1000)).per_page, 1000);
  for (const char* const bad :
       {"0", "-1", "101", "x", "", "1.5", "+1", " 1", "99999999999999999999"}) {
    const auto page = read({{"per_page", bad}});
    ASSERT_FALSE(page.ok()) << bad;
    EXPECT_EQ(page.errors().status, 400);
    EXPECT_EQ(page.errors().errors[0].path, (std::vector<std::string>{"query", "per_page"}));
  }
}

}  // namespace
}  // namespace junctor::engine
