#include "tests/differential/route_generator.h"

#include <algorithm>

#include "tests/differential/condition_generator.h"

namespace junctor::differential {
namespace {

constexpr std::string_view kErrorClasses[] = {
    "connect",    "reset",        "timeout",        "rate_limit",     "quota",       "auth",
    "overloaded", "server_error", "context_length", "content_filter", "bad_request", "stream"};

std::string Output(std::string_view name, const std::string& target) {
  return Quoted(name) + ":{\"elementId\":" + Quoted(target) + "}";
}

std::string RandomClasses(Random* random) {
  std::string text = "[";
  for (const std::string_view name : kErrorClasses) {
    if (!random->Chance(40)) continue;
    if (text.size() > 1) text += ",";
    text += Quoted(name);
  }
  return text + "]";
}

std::string RandomKeyField(Random* random) {
  return Quoted(random->Pick({"metadata.plan", "metadata.user", "metadata.score", "metadata.none",
                              "headers.x-tier", "headers.X-Region", "request.client_ip",
                              "body.user", "body.a", "body.items.k"}));
}

std::string RandomKey(Random* random) {
  if (random->Chance(60)) return RandomKeyField(random);
  return random->Chance(50) ? R"(["metadata.user"])" : R"(["metadata.plan","body.n"])";
}

class RouteText {
 public:
  explicit RouteText(Random* random) : random_(random) {}

  std::string Build() {
    const size_t middle = 1 + random_->Below(10);
    const size_t ends = 1 + random_->Below(2);
    // Ids in topological order: an element's outputs name later ones only.
    ids_.emplace_back("start");
    for (size_t i = 0; i < middle; ++i) {
      ids_.push_back("e" + std::to_string(i) + std::string(random_->Pick({"", "-x", ".y", "_z"})));
    }
    for (size_t i = 0; i < ends; ++i) ids_.push_back("end" + std::to_string(i));

    std::vector<std::string> elements;
    elements.push_back(Element(0, "start", "", Output("next", Later(0))));
    for (size_t i = 1; i <= middle; ++i) elements.push_back(Middle(i));
    for (size_t i = middle + 1; i < ids_.size(); ++i) {
      elements.push_back("{\"id\":" + Quoted(ids_[i]) + ",\"type\":\"end\"" +
                         std::string(random_->Pick({"", ",\"outputs\":{}"})) + "}");
    }
    for (size_t i = elements.size(); i > 1; --i) {
      std::swap(elements[i - 1], elements[random_->Below(i)]);
    }
    std::string text = "{\"name\":\"r\"";
    if (random_->Chance(40)) text += ",\"deadline\":30000";
    text += ",\"elements\":[";
    for (const std::string& element : elements) {
      if (&element != &elements.front()) text += ",";
      text += "\n  " + element;
    }
    return text + "\n]}";
  }

 private:
  // An element after `index`, near ones more often.
  std::string Later(size_t index) {
    const size_t reach = std::min<size_t>(ids_.size() - index - 1, 1 + random_->Below(5));
    return ids_[index + 1 + random_->Below(reach)];
  }

  std::string Element(size_t index, std::string_view type, const std::string& properties,
                      const std::string& outputs) {
    std::string text = "{\"id\":" + Quoted(ids_[index]) + ",\"type\":" + Quoted(type);
    if (!properties.empty()) text += ",\"properties\":{" + properties + "}";
    return text + ",\"outputs\":{" + outputs + "}}";
  }

  std::string Middle(size_t index) {
    const size_t kind = random_->Below(10);
    if (kind < 4) return Conditional(index);
    if (kind < 5) return Percentage(index);
    if (kind < 7) return Limit(index);
    return Model(index);
  }

  std::string Conditional(size_t index) {
    // The same few conditions on neighbours give the passes something to do.
    const std::string condition =
        random_->Chance(40)
            ? "{\"metadata.plan\":" + Quoted(random_->Pick({"free", "gold", "a"})) + "}"
            : RandomCondition(random_, 2);
    return Element(index, "conditional",
                   Quoted(random_->Pick({"conditions", "condition"})) + ":" + condition,
                   Output("true", Later(index)) + "," + Output("false", Later(index)));
  }

  std::string Percentage(size_t index) {
    const std::string properties =
        random_->Chance(40) ? "\"key\":" + RandomKeyField(random_) : std::string();
    std::string outputs;
    switch (random_->Below(5)) {
      case 0:
        outputs = Output("100%", Later(index));
        break;
      case 1:
        outputs = Output("50% a", Later(index)) + "," + Output("50% b", Later(index));
        break;
      case 2:
        outputs = Output("33.3%", Later(index)) + "," + Output("0.0001% x", Later(index)) + "," +
                  Output("else", Later(index));
        break;
      case 3:
        outputs = Output("else", Later(index)) + "," + Output("10%", Later(index));
        break;
      default:
        outputs = Output("20% a", Later(index)) + "," + Output("20% b", Later(index)) + "," +
                  Output("20% c", Later(index)) + "," + Output("20% d", Later(index)) + "," +
                  Output("20% e", Later(index));
    }
    return Element(index, "percentage", properties, outputs);
  }

  std::string Limit(size_t index) {
    const std::string_view type = random_->Pick({"rate", "rate_limit", "budget_limit"});
    std::string properties;
    if (type != "budget_limit") properties += "\"limitType\":\"count\",";
    if (random_->Chance(90)) properties += "\"key\":" + RandomKey(random_) + ",";
    properties += std::string("\"limit\":") + (type == "budget_limit" ? "2.5" : "10");
    properties += "," + Quoted(random_->Pick({"window", "interval"})) + ":3600";
    if (random_->Chance(40)) {
      properties += ",\"technique\":" + Quoted(random_->Pick({"fixed", "sliding"}));
    }
    std::string outputs = Output("success", Later(index));
    if (random_->Chance(60)) outputs += "," + Output("fallback", Later(index));
    return Element(index, type, properties, outputs);
  }

  std::string Model(size_t index) {
    std::string properties = "\"provider\":" + Quoted(random_->Pick({"openai", "demo"})) +
                             ",\"model\":" + Quoted(random_->Pick({"gpt-4o", "echo"}));
    if (random_->Chance(60)) properties += ",\"retries\":" + std::to_string(random_->Below(4));
    if (random_->Chance(30)) {
      properties += ",\"retryDelay\":" + std::string(random_->Pick({"1", "250", "5000"}));
    }
    if (random_->Chance(40)) {
      properties += ",\"backoff\":" + Quoted(random_->Pick({"constant", "linear", "exponential"}));
    }
    if (random_->Chance(30)) properties += ",\"retryOn\":" + RandomClasses(random_);
    if (random_->Chance(20)) properties += ",\"timeout\":" + std::string("2500");
    if (random_->Chance(50)) {
      properties += ",\"onStreamFailure\":" + Quoted(random_->Pick({"continue", "hold", "error"}));
    }
    if (random_->Chance(20)) {
      properties += ",\"health\":" +
                    std::string(random_->Pick({"false", "{}", R"({"failures":2,"cooldown":50})"}));
    }
    std::string outputs = Output("success", Later(index));
    if (random_->Chance(65)) {
      if (random_->Chance(30)) properties += R"(,"hedge":{"after":500})";
      if (random_->Chance(30)) properties += ",\"fallbackOn\":" + RandomClasses(random_);
      outputs += "," + Output("fallback", Later(index));
    }
    return Element(index, "model", properties, outputs);
  }

  Random* random_;
  std::vector<std::string> ids_;
};

}  // namespace

std::string RandomRoute(Random* random) { return RouteText(random).Build(); }

}  // namespace junctor::differential
