// All small routes: every shape of up to three deciding elements over two fields with three values
// each, on all requests over them.
#include <gtest/gtest.h>

#include "tests/differential/product.h"
#include "tests/differential/report.h"
#include "tests/oracle/json.h"

namespace junctor::differential {
namespace {

constexpr std::string_view kSmallConditions[] = {
    R"({"metadata.x":1})",
    R"({"metadata.x":{"$ne":1}})",
    R"({"metadata.x":{"$in":[1,2]}})",
    R"({"metadata.x":{"$exists":false}})",
    R"({"metadata.x":{"$gt":1}})",
    R"({"metadata.y":2})",
    R"({"$or":[{"metadata.x":1},{"metadata.y":1}]})",
    R"({"metadata.x":1,"metadata.y":{"$not":{"$lte":1}}})",
};
constexpr std::string_view kValues[] = {"", "1", "2"};  // "" : missing

// Elements c0 … of the chain; what comes after the last is a model each, so that the way taken
// shows.
std::string Conditional(size_t index, std::string_view condition, std::string_view on_true,
                        std::string_view on_false) {
  return R"({"id":"c)" + std::to_string(index) +
         R"(","type":"conditional","properties":{"conditions":)" + std::string(condition) +
         R"(},"outputs":{"true":{"elementId":")" + std::string(on_true) +
         R"("},"false":{"elementId":")" + std::string(on_false) + "\"}}},\n";
}

std::string Route(const std::string& conditionals) {
  return R"({"name":"r","elements":[
{"id":"s","type":"start","outputs":{"next":{"elementId":"c0"}}},
)" + conditionals +
         R"({"id":"m0","type":"model","properties":{"provider":"demo","model":"echo"},"outputs":{"success":{"elementId":"e"}}},
{"id":"m1","type":"model","properties":{"provider":"demo","model":"fail-503"},"outputs":{"success":{"elementId":"e"},"fallback":{"elementId":"m0"}}},
{"id":"e","type":"end"}]})";
}

std::vector<oracle::RequestText> AllRequests() {
  std::vector<oracle::RequestText> requests;
  for (const std::string_view x : kValues) {
    for (const std::string_view y : kValues) {
      std::string metadata = "{";
      if (!x.empty()) metadata += "\"x\":" + std::string(x);
      if (!y.empty()) metadata += (x.empty() ? "" : ",") + ("\"y\":" + std::string(y));
      oracle::RequestText request;
      request.metadata = metadata + "}";
      requests.push_back(request);
    }
  }
  return requests;
}

std::vector<std::string> AllRoutes() {
  std::vector<std::string> routes;
  constexpr std::string_view kLast[] = {"m0", "m1", "e"};
  for (const std::string_view first : kSmallConditions) {
    for (const std::string_view on_true : kLast) {
      for (const std::string_view on_false : kLast) {
        routes.push_back(Route(Conditional(0, first, on_true, on_false)));
      }
    }
    for (const std::string_view second : kSmallConditions) {
      for (const std::string_view other : kLast) {
        const std::string tail = Conditional(1, second, "m0", "m1");
        routes.push_back(Route(Conditional(0, first, "c1", other) + tail));
        routes.push_back(Route(Conditional(0, first, other, "c1") + tail));
      }
      for (const std::string_view third : kSmallConditions) {  // a diamond with a shared end
        routes.push_back(Route(Conditional(0, first, "c1", "c2") +
                               Conditional(1, second, "m0", "c2") +
                               Conditional(2, third, "m1", "e")));
      }
    }
  }
  return routes;
}

TEST(Differential, AllSmallRoutesRunAsTheJudgeSays) {
  const std::vector<oracle::RequestText> requests = AllRequests();
  int reports = 0;
  for (const std::string& text : AllRoutes()) {
    if (reports >= kMostReports) break;
    const Programs programs = CompileAll(text);
    if (!programs.errors.empty()) {
      ADD_FAILURE() << "does not compile:\n" << text << "\n" << programs.errors;
      ++reports;
      continue;
    }
    rapidjson::Document route;
    ASSERT_TRUE(oracle::ParseJson(text, false, &route)) << text;
    for (const oracle::RequestText& request_text : requests) {
      const RuntimeRequest request(request_text);
      const oracle::RequestDocument document(request_text);
      SeededWorld world(3, false);
      const oracle::Run judge = oracle::RunRoute(route, document.json(), &world);
      for (const auto& program : {programs.plain, programs.optimised, programs.reloaded}) {
        const oracle::Run run = RunProgram(program, request.request(), &world, false);
        if (run.steps == judge.steps || reports >= kMostReports) continue;
        ADD_FAILURE() << Report(
            0, program == programs.plain ? "the plain program" : "the optimised program", text,
            request_text, Lines(judge.steps), Lines(run.steps), *program);
        ++reports;
      }
    }
  }
}

}  // namespace
}  // namespace junctor::differential
