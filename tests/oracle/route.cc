#include "tests/oracle/route.h"

#include <cstdlib>
#include <iostream>
#include <set>

#include "tests/oracle/condition.h"

namespace junctor::oracle {
namespace {

// A Retry-After beyond this ends the attempts at an element (R21).
constexpr uint64_t kLongestRetryAfterMs = 5000;

[[noreturn]] void UnknownPart(std::string_view what) {
  std::cerr << "the oracle does not know " << what << "\n";
  std::abort();
}

const Json* Property(const Json& element, std::string_view name) {
  const Json* properties = Member(element, "properties");
  return properties == nullptr ? nullptr : Member(*properties, name);
}

const Json* EitherProperty(const Json& element, std::string_view name, std::string_view other) {
  const Json* property = Property(element, name);
  return property != nullptr ? property : Property(element, other);
}

// The element that an output names, or "".
std::string Target(const Json& element, std::string_view output) {
  const Json* place = Member(element["outputs"], output);
  return place == nullptr ? "" : std::string(Text(*Member(*place, "elementId")));
}

// "33.3% label" → 333000: the share in 1/10000 of a percent (R12).
uint32_t ShareOf(std::string_view output) {
  uint32_t share = 0;
  int decimals = -1;
  for (const char c : output.substr(0, output.find('%'))) {
    if (c == '.') {
      decimals = 0;
      continue;
    }
    share = share * 10 + static_cast<uint32_t>(c - '0');
    if (decimals >= 0) ++decimals;
  }
  for (; decimals < 4; ++decimals) {
    if (decimals < 0) decimals = 0;
    share *= 10;
  }
  return share;
}

// The values of key fields as text; nothing where none of them has a value (R17).
std::optional<std::string> KeyText(const Json* key, const Json& document) {
  if (key == nullptr) return std::nullopt;
  std::string text;
  bool any = false;
  const auto add = [&](const Json& field) {
    std::string found;
    size_t count = 0;
    for (const Json* value : ValuesAt(document, FieldSegments(Text(field)), false)) {
      if (value == nullptr) continue;
      found += CanonicalText(*value) + ",";
      ++count;
    }
    any |= count > 0;
    text += (count == 0 ? "-" : count == 1 ? found : "several " + found) + ";";
  };
  if (key->IsArray()) {
    for (const Json& field : key->GetArray()) add(field);
  } else {
    add(*key);
  }
  return any ? std::optional(text) : std::nullopt;
}

std::set<std::string> Classes(const Json& names) {
  std::set<std::string> classes;
  for (const Json& name : names.GetArray()) classes.emplace(Text(name));
  return classes;
}

// Whether a stream that breaks off is more than an error to the caller (R22).
bool SavesStreams(const Json& element) {
  const Json* policy = Property(element, "onStreamFailure");
  return policy != nullptr && Text(*policy) != "error";
}

// Whether a failure of class `error` is tried again at this element (R21).
bool IsRetried(const Json& element, const std::string& error) {
  if (error == "stream") return SavesStreams(element);
  if (const Json* listed = Property(element, "retryOn")) return Classes(*listed).contains(error);
  if (error == "timeout") return Target(element, "fallback").empty();
  return error == "connect" || error == "reset" || error == "rate_limit" || error == "overloaded" ||
         error == "server_error";
}

// Whether a failure of class `error` goes to the fallback, where there is one (R21).
bool FallsBack(const Json& element, const std::string& error) {
  if (Target(element, "fallback").empty()) return false;
  if (error == "stream" && !SavesStreams(element)) return false;
  if (const Json* listed = Property(element, "fallbackOn")) return Classes(*listed).contains(error);
  return error != "content_filter";
}

class Walk {
 public:
  Walk(const Json& route, const Json& document, World* world)
      : route_(route), document_(document), world_(world) {}

  Run Finish() {
    std::string at = StartId();
    while (!at.empty()) at = Visit(Element(at));
    return std::move(run_);
  }

 private:
  const Json& Element(const std::string& id) const {
    for (const Json& element : route_["elements"].GetArray()) {
      if (Text(element["id"]) == id) return element;
    }
    UnknownPart("the element " + id);
  }

  std::string StartId() const {
    for (const Json& element : route_["elements"].GetArray()) {
      if (Text(element["type"]) == "start") return std::string(Text(element["id"]));
    }
    UnknownPart("a start");
  }

  // Does what `element` says; returns the id of the next, or "" at the end.
  std::string Visit(const Json& element) {
    const std::string_view type = Text(element["type"]);
    if (type == "start") return Target(element, "next");
    if (type == "conditional") {
      const Json* conditions = EitherProperty(element, "conditions", "condition");
      return Target(element, Matches(*conditions, document_) ? "true" : "false");
    }
    if (type == "percentage") return VisitPercentage(element);
    if (type == "rate" || type == "rate_limit" || type == "budget_limit")
      return VisitLimit(element);
    if (type == "model") return VisitModel(element);
    if (type == "end") return VisitEnd();
    UnknownPart("the type " + std::string(type));
  }

  std::string VisitPercentage(const Json& element) {
    const std::string id(Text(element["id"]));
    const std::optional<std::string> key = KeyText(Property(element, "key"), document_);
    uint32_t draw = 0;
    if (key) {
      draw = world_->StickyDraw(id, *key);
    } else {
      run_.steps.push_back("draw " + id);
      draw = world_->Draw(id);
    }
    uint32_t sum = 0;
    for (const auto& output : element["outputs"].GetObject()) {
      if (Text(output.name) == "else") continue;
      sum += ShareOf(Text(output.name));
      if (draw < sum) return Target(element, Text(output.name));
    }
    return Target(element, "else");
  }

  std::string VisitLimit(const Json& element) {
    const std::string id(Text(element["id"]));
    const std::optional<std::string> key = KeyText(Property(element, "key"), document_);
    run_.steps.push_back("limit " + id);
    run_.limit_keys.push_back(key.value_or(""));
    const LimitReply reply = world_->Limit(id);
    if (reply.admitted) return Target(element, "success");
    const std::string fallback = Target(element, "fallback");
    if (!fallback.empty()) return fallback;
    run_.steps.push_back("finish limited " + id + " " + std::to_string(reply.retry_after_ms));
    return "";
  }

  std::string VisitModel(const Json& element) {
    const uint32_t ordinal = models_++;
    return Attempt(element, ordinal, 0);
  }

  // Makes the attempts from `attempt` on; returns as Visit.
  std::string Attempt(const Json& element, uint32_t ordinal, uint32_t attempt) {
    const std::string id(Text(element["id"]));
    for (;; ++attempt) {
      run_.steps.push_back("call " + id + " ordinal=" + std::to_string(ordinal) +
                           " attempt=" + std::to_string(attempt));
      const CallReply reply = world_->Call(id, attempt);
      if (reply.error.empty()) {
        response_ = {&element, ordinal, attempt};
        return continues_ ? VisitEnd() : Target(element, "success");
      }
      failure_ = {ordinal, reply.error};
      if (reply.deadline_passed) return VisitEnd();  // no further attempt: what there is
      const bool too_long = reply.retry_after_ms && *reply.retry_after_ms > kLongestRetryAfterMs;
      if (too_long || !IsAgain(element, reply.error, attempt)) return AfterLast(element);
    }
  }

  // Whether the attempt that failed so is followed by another.
  bool IsAgain(const Json& element, const std::string& error, uint32_t attempt) const {
    const Json* retries = Property(element, "retries");
    const uint32_t most = retries == nullptr ? 0 : static_cast<uint32_t>(NumberOf(*retries));
    return attempt < most && IsRetried(element, error);
  }

  std::string AfterLast(const Json& element) {
    if (FallsBack(element, failure_->error)) return Target(element, "fallback");
    return FinishFailure();
  }

  // The response breaks off in mid-stream. Nobody else's can be given now, and the rest of it comes
  // from a further attempt or the fallback.
  std::string Continue() {
    const Response broken = *response_;
    run_.steps.push_back("break " + std::to_string(broken.ordinal));
    response_.reset();
    continues_ = true;
    models_ = broken.ordinal + 1;
    failure_ = {broken.ordinal, "stream"};
    if (!IsAgain(*broken.element, "stream", broken.attempt)) return AfterLast(*broken.element);
    return Attempt(*broken.element, broken.ordinal, broken.attempt + 1);
  }

  std::string FinishFailure() {
    run_.steps.push_back("finish failure " + std::to_string(failure_->ordinal) + " " +
                         failure_->error);
    return "";
  }

  std::string VisitEnd() {
    if (response_) {
      const Json* policy = Property(*response_->element, "onStreamFailure");
      if (policy != nullptr && Text(*policy) == "continue" &&
          world_->Breaks(std::string(Text((*response_->element)["id"])), response_->attempt)) {
        return Continue();
      }
      run_.steps.push_back("finish response " + std::to_string(response_->ordinal));
    } else if (failure_) {
      FinishFailure();
    } else {
      run_.steps.push_back("finish no_model_response");
    }
    return "";
  }

  struct Response {
    const Json* element;
    uint32_t ordinal;
    uint32_t attempt;
  };
  struct Failure {
    uint32_t ordinal;
    std::string error;
  };

  const Json& route_;
  const Json& document_;
  World* world_;
  Run run_;
  uint32_t models_ = 0;
  std::optional<Response> response_;
  std::optional<Failure> failure_;
  bool continues_ = false;  // the caller has part of an answer
};

}  // namespace

Run RunRoute(const Json& route, const Json& document, World* world) {
  return Walk(route, document, world).Finish();
}

}  // namespace junctor::oracle
