// Rate elements (R14). See elements.h.
#include <algorithm>
#include <array>
#include <utility>

#include "compiler/diag/text.h"
#include "compiler/sema/decimal.h"
#include "compiler/sema/elements.h"
#include "compiler/sema/fields.h"
#include "compiler/sema/outputs.h"
#include "compiler/sema/properties.h"
#include "compiler/source/limits.h"
#include "compiler/syntax/shape.h"

namespace junctor::compiler {
namespace {

constexpr uint64_t kNanoDollarsPerDollar = 1'000'000'000;

class RateChecker {
 public:
  RateChecker(uint32_t index, SemaContext* context)
      : index_(index),
        context_(*context),
        element_(context->route.elements[index]),
        properties_(element_, context) {}

  LimitNode Check() {
    ReadType();
    ReadLimit();
    ReadWindow();
    ReadKey();
    const std::vector<std::string_view> techniques = {"fixed", "sliding"};
    node_.technique = properties_.Choice("technique", techniques).value_or(0) == 1
                          ? WindowTechnique::kSliding
                          : WindowTechnique::kFixed;
    ReadReserve();
    ReadOnStoreFailure();
    Outputs outputs(index_, &context_);
    node_.on_success = outputs.Required("success");
    node_.on_fallback = outputs.Optional("fallback");
    if (outputs.Has("fallback"))
      WarnOfSameTargets(index_, {node_.on_success, node_.on_fallback}, &context_);
    if (type_known_ && node_.type == LimitType::kCost && !context_.options.cost_limits_act)
      WarnOfCost();
    return std::move(node_);
  }

 private:
  std::string What(std::string_view key) const {
    return Text({Quoted(key), " of ", properties_.owner()});
  }

  void ReadType() {
    const bool budget = element_.type_name->text == "budget_limit";
    node_.type = budget ? LimitType::kCost : LimitType::kCount;
    if (properties_.Find("limitType") == nullptr) {
      type_known_ = budget;
      if (!budget) properties_.ReportMissing("limitType", "\"limitType\": \"count\"");
      return;
    }
    const std::optional<size_t> type = properties_.Choice("limitType", {"count", "cost"});
    type_known_ = type.has_value();
    if (type_known_) node_.type = *type == 0 ? LimitType::kCount : LimitType::kCost;
  }

  void ReadLimit() {
    const JsonValue* limit = properties_.Find("limit");
    if (limit == nullptr) {
      // One missing key is told; where all properties are absent, the first one was.
      if (element_.properties != nullptr) properties_.ReportMissing("limit", "\"limit\": 100");
      return;
    }
    if (!type_known_) return;
    if (node_.type == LimitType::kCount) {
      node_.limit =
          ReadInteger(*limit, What("limit"), 1, kMaxCountLimit, context_.sink).value_or(0);
    } else {
      ReadCost(*limit);
    }
  }

  void ReadCost(const JsonValue& limit) {
    if (!ExpectKind(limit, JsonKind::kNumber, What("limit"), context_.sink)) return;
    const ScaledDecimal dollars = ScaleDecimal(limit.text, kCostDecimals);
    if (dollars.fit == DecimalFit::kTooPrecise) {
      context_.sink->Report(FindingAt(DiagCode::kTooPrecise, limit,
                                      Text({What("limit"), " has more than ", kCostDecimals,
                                            " decimals: ", Quoted(limit.text), " dollars"}),
                                      "amounts are exact to a billionth of a dollar; round it"));
      return;
    }
    const bool fits = dollars.fit == DecimalFit::kExact && dollars.value > 0 &&
                      dollars.value <= kMaxCostLimitDollars * kNanoDollarsPerDollar;
    if (!fits) {
      context_.sink->Report(
          FindingAt(DiagCode::kOutOfRange, limit,
                    Text({What("limit"), " must be above 0 and at most ",
                          Grouped(kMaxCostLimitDollars), " dollars, found ", Quoted(limit.text)}),
                    "write an amount in US dollars, such as `2.50`"));
      return;
    }
    node_.limit = dollars.value;
  }

  void ReadWindow() {
    const JsonValue* window = properties_.FindEither("window", "interval");
    if (window == nullptr) {
      if (element_.properties != nullptr) properties_.ReportMissing("window", "\"window\": 60");
      return;
    }
    const bool other = properties_.Find("window") == nullptr;
    const std::optional<uint64_t> seconds =
        ReadInteger(*window, Text({What(other ? "interval" : "window"), " (seconds)"}), 1,
                    kMaxWindowSeconds, context_.sink);
    node_.window_seconds = static_cast<uint32_t>(seconds.value_or(0));
  }

  void ReadKey() {
    const JsonValue* key = properties_.Find("key");
    if (key == nullptr) {
      if (element_.properties != nullptr) WarnOfSharedLimit();
      return;
    }
    if (key->is(JsonKind::kString)) {
      node_.keys.push_back(ReadKeyField(*key, What("key"), &context_));
      return;
    }
    if (key->is(JsonKind::kInvalid)) return;
    if (!key->is(JsonKind::kArray)) {
      context_.sink->Report(FindingAt(
          DiagCode::kWrongType, *key,
          Text({What("key"), " must be a field or an array of fields, found ", DescribeJson(*key)}),
          "write e.g. `\"metadata.user_id\"`"));
      return;
    }
    if (key->count > kMaxLimitKeyFields) {
      context_.sink->Report(
          FindingAt(DiagCode::kTooManyKeyFields, *key,
                    Text({What("key"), " has too many fields (limit is ", kMaxLimitKeyFields,
                          ", this one has ", Grouped(key->count), ")"}),
                    "leave out the least important ones"));
      return;
    }
    for (const JsonValue* item : key->items()) ReadKeyItem(*key, *item);
  }

  void ReadKeyItem(const JsonValue& key, const JsonValue& item) {
    const std::string field = ReadKeyField(item, Text({"a field in ", What("key")}), &context_);
    const auto same = std::find(node_.keys.begin(), node_.keys.end(), field);
    if (!field.empty() && same != node_.keys.end()) {
      Diagnostic twice =
          FindingAt(DiagCode::kDuplicateKeyField, item,
                    Text({"the field ", Quoted(item.text), " stands twice in ", What("key")}),
                    "remove one of the two");
      const JsonValue& first = *key.items()[static_cast<size_t>(same - node_.keys.begin())];
      twice.related.push_back({first.span, "first given here"});
      context_.sink->Report(std::move(twice));
    }
    node_.keys.push_back(field);
  }

  void ReadReserve() {
    const std::optional<bool> reserve = properties_.Bool("reserve");
    node_.reserve = reserve.value_or(false);
    if (!node_.reserve || node_.type == LimitType::kCost || !type_known_) return;
    const JsonMember& member = *element_.properties->Find("reserve");
    context_.sink->Report(FindingAtKey(
        DiagCode::kPropertyDoesNotApply, member,
        Text({What("reserve"), " needs a limit of type `cost`; this one counts requests"}),
        "remove it"));
  }

  void ReadOnStoreFailure() {
    constexpr std::array kPolicies = {StoreFailurePolicy::kLocal, StoreFailurePolicy::kAllow,
                                      StoreFailurePolicy::kRefuse};
    const std::optional<size_t> policy =
        properties_.Choice("onStoreFailure", {"local", "allow", "refuse"});
    if (policy.has_value()) node_.on_store_failure = kPolicies[*policy];
  }

  void WarnOfSharedLimit() {
    context_.sink->Report(FindingAt(
        DiagCode::kSharedLimit, *element_.properties,
        Text({properties_.owner(), " has no `key`, so all requests share one limit"}),
        "add e.g. `\"key\": \"metadata.user_id\"`, or `\"key\": []` where that is meant"));
  }

  void WarnOfCost() {
    const JsonMember* type =
        element_.properties == nullptr ? nullptr : element_.properties->Find("limitType");
    context_.sink->Report(FindingAt(DiagCode::kCostLimitDoesNotAct,
                                    type != nullptr ? *type->value : *element_.type_name,
                                    Text({"the cost limit of ", properties_.owner(),
                                          " does not act: this gateway does not track costs"}),
                                    "every request passes it; a limit of type `count` acts"));
  }

  const uint32_t index_;
  SemaContext& context_;
  const ElementSyntax& element_;
  const Properties properties_;
  LimitNode node_;
  bool type_known_ = false;
};

}  // namespace

LimitNode CheckRate(uint32_t index, SemaContext* context) {
  return RateChecker(index, context).Check();
}

}  // namespace junctor::compiler
