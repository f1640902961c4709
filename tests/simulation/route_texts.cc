#include "tests/simulation/route_texts.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "tests/simulation/provider.h"

namespace junctor::simulation {
namespace {

constexpr std::array<std::string_view, 8> kCounts = {"1", "2", "5", "8", "20", "60", "100", "300"};
constexpr std::array<std::string_view, 6> kDollars = {"0.004", "0.02", "0.05", "0.1", "0.4", "2"};
constexpr std::array<std::string_view, 6> kWindows = {"1", "2", "5", "7", "10", "30"};
constexpr std::array<std::string_view, 4> kKeys = {"", R"("key":"metadata.user",)",
                                                   R"("key":["metadata.team","metadata.user"],)",
                                                   R"("key":"metadata.absent",)"};
constexpr std::array<std::string_view, 4> kStoreFailures = {"", R"("onStoreFailure":"local",)",
                                                            R"("onStoreFailure":"allow",)",
                                                            R"("onStoreFailure":"refuse",)"};
constexpr std::array<std::string_view, 3> kStreamFailures = {"error", "continue", "hold"};

template <typename Choices>
std::string_view Pick(const Choices& choices, Random* random) {
  return choices[random->Below(choices.size())];
}

std::string To(std::string_view output, std::string_view element) {
  return "\"" + std::string(output) + "\":{\"elementId\":\"" + std::string(element) + "\"}";
}

// A limit as all revisions have it.
struct LimitShape {
  std::string id;
  bool is_cost = false;
  bool reserves = false;
  bool is_sliding = false;
  std::string_view limit, window, key, store_failure;
  bool has_fallback = false;
};

LimitShape DrawLimit(std::string id, Random* random) {
  LimitShape limit;
  limit.id = std::move(id);
  limit.is_cost = random->Percent(55);
  limit.reserves = limit.is_cost && random->Percent(50);
  limit.is_sliding = random->Percent(50);
  limit.limit = limit.is_cost ? Pick(kDollars, random) : Pick(kCounts, random);
  limit.window = Pick(kWindows, random);
  limit.key = Pick(kKeys, random);
  limit.store_failure = Pick(kStoreFailures, random);
  limit.has_fallback = random->Percent(40);
  return limit;
}

// What a revision may change of a limit. Rarely its form.
void Change(LimitShape* limit, Random* random) {
  if (random->Percent(40)) {
    limit->limit = limit->is_cost ? Pick(kDollars, random) : Pick(kCounts, random);
  }
  if (random->Percent(10)) limit->window = Pick(kWindows, random);
  if (random->Percent(10)) limit->is_sliding = !limit->is_sliding;
  if (limit->is_cost && random->Percent(10)) limit->reserves = !limit->reserves;
  if (random->Percent(5)) *limit = DrawLimit(limit->id, random);
}

std::string LimitText(const LimitShape& limit, std::string_view success,
                      std::string_view fallback) {
  std::string text = "{\"id\":\"" + limit.id + "\",\"type\":\"rate\",\"properties\":{";
  text += limit.key;
  text += limit.store_failure;
  text += limit.is_cost ? R"("limitType":"cost",)" : R"("limitType":"count",)";
  if (limit.reserves) text += R"("reserve":true,)";
  if (limit.is_sliding) text += R"("technique":"sliding",)";
  text += "\"limit\":" + std::string(limit.limit) + ",\"window\":" + std::string(limit.window);
  text += "},\"outputs\":{" + To("success", success);
  if (limit.has_fallback && !fallback.empty()) text += "," + To("fallback", fallback);
  return text + "}},\n";
}

std::string ModelText(std::string_view id, const SimModel& model, std::string_view success,
                      std::string_view fallback, Random* random) {
  const int64_t timeout = random->Between(300, 3000);
  std::string text = "{\"id\":\"" + std::string(id) + "\",\"type\":\"model\",\"properties\":{";
  text += "\"provider\":\"" + std::string(model.provider) + "\",\"model\":\"" +
          std::string(model.model) + "\",\"timeout\":" + std::to_string(timeout) +
          ",\"retries\":" + std::to_string(random->Below(3)) +
          ",\"retryDelay\":" + std::to_string(random->Between(0, 300));
  if (random->Percent(40)) {
    text += ",\"onStreamFailure\":\"" + std::string(Pick(kStreamFailures, random)) + "\"";
  }
  if (!fallback.empty() && random->Percent(40)) {
    text += ",\"hedge\":{\"after\":" + std::to_string(random->Between(20, timeout / 2)) + "}";
  }
  text += "},\"outputs\":{" + To("success", success);
  if (!fallback.empty()) text += "," + To("fallback", fallback);
  return text + "}},\n";
}

const SimModel& PickModel(Random* random) {
  return kSimModels[random->Below(std::size(kSimModels))];
}

struct RouteShape {
  std::vector<LimitShape> limits;  // before every model
  LimitShape fallback_limit;       // before the fallback's model
  bool has_fallback_limit = false;
  bool has_split = false;
  bool split_is_sticky = false;
  bool has_condition = false;
  bool has_second_model = false;  // after the first one's success (R23)
};

std::string RouteText(std::string_view name, const RouteShape& shape, Random* random) {
  std::string text = "{\"name\":\"" + std::string(name) + "\",";
  if (random->Percent(30)) {
    text += "\"deadline\":" + std::to_string(random->Between(500, 6000)) + ",";
  }
  text += "\"elements\":[\n";
  std::vector<std::string> chain;
  for (const LimitShape& limit : shape.limits) chain.push_back(limit.id);
  if (shape.has_condition) chain.emplace_back("which");
  if (shape.has_split) chain.emplace_back("split");
  chain.emplace_back("first");
  text += "{\"id\":\"start\",\"type\":\"start\",\"outputs\":{" + To("next", chain[0]) + "}},\n";
  const std::string_view second = shape.has_fallback_limit ? "fallback-limit" : "small";
  size_t next = 1;
  for (const LimitShape& limit : shape.limits) text += LimitText(limit, chain[next++], second);
  if (shape.has_condition) {
    text += R"({"id":"which","type":"conditional","properties":{"conditions":)"
            R"({"metadata.plan":"free","request.body_bytes":{"$gt":900}}},"outputs":{)" +
            To("true", second) + "," + To("false", chain[next++]) + "}},\n";
  }
  if (shape.has_split) {
    text += R"({"id":"split","type":"percentage",)";
    if (shape.split_is_sticky) text += R"("properties":{"key":"metadata.user"},)";
    text += "\"outputs\":{" + To(std::to_string(random->Between(5, 60)) + "%", second) + "," +
            To("else", chain[next++]) + "}},\n";
  }
  text += ModelText("first", PickModel(random), shape.has_second_model ? "after" : "end", second,
                    random);
  if (shape.has_second_model) text += ModelText("after", PickModel(random), "end", second, random);
  if (shape.has_fallback_limit) text += LimitText(shape.fallback_limit, "small", "last");
  text += ModelText("small", PickModel(random), "end", random->Percent(50) ? "last" : "", random);
  text += ModelText("last", PickModel(random), "end", "", random);
  return text + "{\"id\":\"end\",\"type\":\"end\"}\n]}\n";
}

}  // namespace

std::vector<std::string> MakeRoute(std::string_view name, size_t revisions, Random* random) {
  RouteShape shape;
  const size_t limits = 1 + random->Below(3);
  for (size_t i = 0; i < limits; ++i) {
    shape.limits.push_back(DrawLimit("limit-" + std::to_string(i), random));
  }
  shape.fallback_limit = DrawLimit("fallback-limit", random);
  shape.has_fallback_limit = random->Percent(60);
  shape.has_split = random->Percent(40);
  shape.split_is_sticky = random->Percent(50);
  shape.has_condition = random->Percent(30);
  shape.has_second_model = random->Percent(15);
  std::vector<std::string> texts;
  for (size_t i = 0; i < revisions; ++i) {
    if (i > 0) {
      for (LimitShape& limit : shape.limits) Change(&limit, random);
      Change(&shape.fallback_limit, random);
      if (random->Percent(10)) shape.has_fallback_limit = !shape.has_fallback_limit;
      if (random->Percent(10)) shape.has_split = !shape.has_split;
    }
    texts.push_back(RouteText(name, shape, random));
  }
  return texts;
}

}  // namespace junctor::simulation
