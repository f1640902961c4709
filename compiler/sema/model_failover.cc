// See model_failover.h.
#include "compiler/sema/model_failover.h"

#include <algorithm>
#include <string>
#include <vector>

#include "compiler/diag/text.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"
#include "runtime/program/program_limits.h"

namespace junctor::compiler {
namespace {

class FailoverReader {
 public:
  FailoverReader(const Properties& properties, const Outputs& outputs, SemaContext* context,
                 ModelSpec* spec)
      : properties_(properties), outputs_(outputs), sink_(context->sink), spec_(*spec) {}

  void ReadHedge() {
    const JsonValue* hedge = properties_.Find("hedge");
    if (hedge == nullptr || !ExpectKind(*hedge, JsonKind::kObject, What("hedge"), sink_)) return;
    ReportUnknownKeys(*hedge, What("hedge"), {"after"});
    if (outputs_.SurelyLacks("fallback")) {
      sink_->Report(FindingAt(
          DiagCode::kHedgeWithoutFallback, *hedge,
          Text({What("hedge"), " has no call to begin: the element has no `fallback` output"}),
          "add `\"fallback\": {\"elementId\": \"…\"}` to its outputs, or remove `hedge`"));
    }
    const JsonMember* after = hedge->Find("after");
    if (after == nullptr) {
      ReportMissingKey(*hedge, "after", What("hedge"), "\"after\": 2000", sink_);
      return;
    }
    const std::optional<uint64_t> after_ms =
        ReadInteger(*after->value, Text({"`after` in ", What("hedge")}), 1, kMaxTimeoutMs, sink_);
    if (!after_ms.has_value()) return;
    WarnOfNoStart(*after->value, *after_ms);
    if (spec_.has_fallback) spec_.hedge_after_ms = static_cast<uint32_t>(*after_ms);
  }

  void ReadHealth() {
    const JsonValue* health = properties_.Find("health");
    if (health == nullptr) return;
    if (health->is(JsonKind::kBool) && !health->boolean) {
      spec_.health_enabled = false;
      return;
    }
    if (!health->is(JsonKind::kObject)) {
      if (health->is(JsonKind::kInvalid)) return;
      sink_->Report(FindingAt(
          DiagCode::kWrongType, *health,
          Text({What("health"), " must be an object or `false`, found ", DescribeJson(*health)}),
          health->is(JsonKind::kBool) ? "remove it: targets are watched unless it is `false`"
                                      : "write e.g. `{\"failures\": 3, \"cooldown\": 10000}`"));
      return;
    }
    ReportUnknownKeys(*health, What("health"), {"failures", "cooldown"});
    ReadNumber(*health, "failures", kMaxHealthFailures, &spec_.health_failures);
    ReadNumber(*health, "cooldown", kMaxHealthCooldownMs, &spec_.health_cooldown_ms);
  }

 private:
  std::string What(std::string_view key) const {
    return Text({Quoted(key), " of ", properties_.owner()});
  }

  void ReportUnknownKeys(const JsonValue& object, const std::string& owner,
                         const std::vector<std::string_view>& known) {
    for (const JsonMember& member : object.members()) {
      if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
      ReportUnknownKey(member, owner, known, sink_);
    }
  }

  void ReadNumber(const JsonValue& health, std::string_view key, uint64_t most, uint32_t* number) {
    const JsonMember* member = health.Find(key);
    if (member == nullptr) return;
    const std::string what = Text({Quoted(key), " in ", What("health")});
    *number =
        static_cast<uint32_t>(ReadInteger(*member->value, what, 1, most, sink_).value_or(*number));
  }

  void WarnOfNoStart(const JsonValue& after, uint64_t after_ms) {
    const JsonValue* timeout = properties_.Find("timeout");
    const bool timeout_known = timeout == nullptr || timeout->is(JsonKind::kNumber);
    if (timeout_known && after_ms >= spec_.timeout_ms) {
      sink_->Report(FindingAt(
          DiagCode::kHedgeNeverStarts, after,
          Text({What("hedge"), " never starts: by ", Grouped(after_ms),
                " ms an attempt has ended, its timeout is ", Grouped(spec_.timeout_ms), " ms"}),
          Text({"set `after` well below ", spec_.timeout_ms})));
    } else if (spec_.has_fallback && !Contains(spec_.fallback_on, ErrorClass::kTimeout)) {
      sink_->Report(FindingAt(DiagCode::kHedgeNeverStarts, after,
                              Text({What("hedge"),
                                    " never starts: `fallbackOn` has no `timeout`, "
                                    "so a slow answer is not the fallback's"}),
                              "add `\"timeout\"` to `fallbackOn`, or remove `hedge`"));
    }
  }

  const Properties& properties_;
  const Outputs& outputs_;
  DiagnosticSink* sink_;
  ModelSpec& spec_;
};

}  // namespace

void ReadFailover(const Properties& properties, const Outputs& outputs, SemaContext* context,
                  ModelSpec* spec) {
  FailoverReader reader(properties, outputs, context, spec);
  reader.ReadHedge();
  reader.ReadHealth();
}

}  // namespace junctor::compiler
