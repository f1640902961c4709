// Damaged bodies and paths of the routes' endpoints: never a fault of the server, never a stored
// half.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/control/route_operations.h"
#include "tests/unit/engine/admin/admin_fixture.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kRoutePaths = "/ai-gateway/gateways/g/routes";

// A small generator of its own: the same damage in every run.
class Damage {
 public:
  uint64_t Draw(uint64_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (state_ >> 33) % below;
  }

  std::string Of(std::string text) {
    static const std::vector<std::string> kPieces = {
        "{",     "}",     "[",       "]",       "\"",        ":",
        ",",     "\\",    "\\u0000", "null",    "true",      "1e9",
        "-1",    "1e999", "\\ud800", "\xff",    "\xc3",      std::string(1, '\0'),
        "/**/",  "//",    "$in",     "\"id\":", "{\"$eq\":", "18446744073709551616",
        "start", "end",
    };
    for (uint64_t times = 1 + Draw(4); times > 0; --times) {
      const size_t at = Draw(text.size() + 1);
      const size_t length = std::min<size_t>(Draw(12), text.size() - at);
      switch (Draw(5)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
          text.insert(at, kPieces[Draw(kPieces.size())]);
          break;
        case 2:
          text.replace(at, length, kPieces[Draw(kPieces.size())]);
          break;
        case 3:
          text.insert(at, text.substr(at, length));
          break;
        default:
          text.resize(Draw(8) == 0 ? at : text.size());
      }
    }
    return text;
  }

 private:
  uint64_t state_ = 20261121;
};

std::string Elements(const std::string& model) {
  return R"([{"id":"start","type":"start","outputs":{"next":{"elementId":"c"}}},
{"id":"c","type":"conditional","properties":{"conditions":{"$and":[{"metadata.plan":{"$in":["a","b"]}},{"body.n":{"$gt":1.5}}]}},
"outputs":{"true":{"elementId":"m"},"false":{"elementId":"end"}}},
{"id":"m","type":"model","properties":{"provider":"openai","model":")" +
         model + R"(","timeout":1000,"retries":1},"outputs":{"success":{"elementId":"end"}}},
{"id":"end","type":"end","outputs":{}}])";
}

class RouteBodies : public AdminTest {
 protected:
  RouteBodies() { MakeGateway("g"); }

  std::string Path(std::string_view rest = "") const {
    return std::string(kRoutePaths) + std::string(rest);
  }

  int64_t RouteCount() const {
    const auto list = ListRoutes(*instance().control, "g", {});
    EXPECT_TRUE(list.ok());
    return list.ok() ? list->total : -1;
  }
};

TEST_F(RouteBodies, DamagedBodiesAreRefusedOrAcceptedAsAWhole) {
  const std::string made =
      MustAsk(200, "POST", Path(), R"({"name":"r","elements":)" + Elements("x") + "}");
  const std::string version = TextOf(made, "version_id");
  const std::vector<std::pair<std::string, std::string>> asked = {
      {"", R"({"name":"fresh","comment":"why","elements":)" + Elements("y") + "}"},
      {"/r/versions", R"({"comment":"why","elements":)" + Elements("z") + "}"},
      {"/validate", R"({"name":"v","elements":)" + Elements("v") + "}"},
      {"/r/deployments",
       R"({"version_id":")" + version + R"(","percentage":5,"key":"metadata.x"})"},
      {"/r/versions/" + version + "/explain",
       R"({"request":{"body":{"model":"dynamic/r","n":3},"headers":{"a":"b"},"metadata":{"plan":"a"}},
          "assume":{"m":"timeout,ok"},"seed":7,"at":"2026-01-31T12:00:00Z"})"},
  };
  Damage damage;
  int64_t routes = 1;
  int64_t versions = 1;
  size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto& [path, body] = asked[static_cast<size_t>(i) % asked.size()];
    const std::string sent = damage.Of(body);
    const AdminAnswer answer = Ask("POST", Path(path), sent);
    ASSERT_LT(answer.status, 500) << path << "\n" << sent << "\n" << answer.body;
    ASSERT_TRUE(answer.body.starts_with("{\"success\":")) << answer.body;
    if (answer.status >= 400) {
      ++refused;
    } else if (path.empty()) {
      ++routes;
      // Its name may be damaged, too: what was made must serve under the one that is given back.
      const std::string name = TextOf(answer.body, "name");
      ASSERT_NE(instance().registry.Snapshot()->Find("g/" + name), nullptr) << answer.body;
      MustAsk(200, "DELETE", Path("/" + name));
      --routes;
    } else if (path == "/r/versions") {
      ++versions;
    }
  }
  EXPECT_GT(refused, 1500u);
  EXPECT_EQ(RouteCount(), routes);
  const auto saved = ListVersions(*instance().control, "g", "r", {1, 100});
  ASSERT_TRUE(saved.ok());
  EXPECT_EQ(saved->total, versions);
  for (const RouteVersion& one : saved->rows) EXPECT_TRUE(one.is_valid);
}

TEST_F(RouteBodies, DamagedPathsAreNotFoundOrRefused) {
  MustAsk(200, "POST", Path(), R"({"name":"r","elements":)" + Elements("x") + "}");
  Damage damage;
  const std::vector<std::string> paths = {"/r", "/r/versions/x", "/r/versions/x/diff/y",
                                          "/r/deployments/x/differences", "?page=1&per_page=20"};
  for (int i = 0; i < 1500; ++i) {
    const std::string path = Path(damage.Of(paths[static_cast<size_t>(i) % paths.size()]));
    const AdminAnswer answer = Ask(damage.Draw(2) == 0 ? "GET" : "POST", path);
    ASSERT_LT(answer.status, 500) << path << "\n" << answer.body;
  }
  EXPECT_EQ(RouteCount(), 1);
}

TEST_F(RouteBodies, DeepNestingIsRefused) {
  for (const size_t depth : {200u, 1'000'000u}) {
    const std::string deep = std::string(depth, '[') + std::string(depth, ']');
    MustAsk(400, "POST", Path(), R"({"name":"deep","elements":)" + deep + "}");
    MustAsk(400, "POST", Path(), R"({"name":"deep","elements":[)" + deep + "]}");
  }
  const std::string many = "[" + std::string(100'000, ' ') + "{}" + "]";
  MustAsk(400, "POST", Path(), R"({"name":"many","elements":)" + many + "}");
}

}  // namespace
}  // namespace junctor::engine
