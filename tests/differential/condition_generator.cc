#include "tests/differential/condition_generator.h"

#include <algorithm>

namespace junctor::differential {
namespace {

std::string RandomOperators(Random* random, int depth);
std::string RandomOperand(Random* random);

const std::vector<std::string_view>& Fields() {
  static const std::vector<std::string_view> fields = {"body.a",
                                                       "body.a",
                                                       "body.a.b",
                                                       "body.a.k.b",
                                                       "body.a.0",
                                                       "body.a.0.b",
                                                       "body.a.1.0",
                                                       "body.a.k",
                                                       "body.items",
                                                       "body.items.k",
                                                       "body.items.0",
                                                       "body.items.1.k",
                                                       "body.items.a.b",
                                                       "body.items.0.0",
                                                       "body.tags",
                                                       "body.tags.0",
                                                       "body.tags.1",
                                                       "body.user",
                                                       "body.n",
                                                       "body.missing",
                                                       "body.missing.x",
                                                       "body.messages.role",
                                                       "body.messages.0.content",
                                                       "body.messages.1.role",
                                                       "body.é",
                                                       "headers.x-tier",
                                                       "headers.X-REGION",
                                                       "headers.x-count",
                                                       "headers.none",
                                                       "metadata.plan",
                                                       "metadata.score",
                                                       "metadata.vip",
                                                       "metadata.none",
                                                       "request.stream",
                                                       "request.method",
                                                       "request.path",
                                                       "request.model",
                                                       "request.body_bytes",
                                                       "request.message_count",
                                                       "request.estimated_input_tokens",
                                                       "request.has_tools",
                                                       "request.has_images",
                                                       "request.last_user_text",
                                                       "request.client_ip",
                                                       "request.hour_utc",
                                                       "request.weekday_utc"};
  return fields;
}

const std::vector<std::string_view>& Paths() {
  static const std::vector<std::string_view> paths = {"a", "b", "k", "0", "a.b", "k.0", "0.a", "é"};
  return paths;
}

// `{"$and": […]}` and its kin, or fields with predicates. `rooted`: fields of a request, else paths
// into an element.
std::string RandomDocument(Random* random, int depth, bool rooted) {
  std::string text = "{";
  std::vector<std::string> used;
  const size_t parts = random->Chance(75) ? 1 : 2 + random->Below(2);
  for (size_t i = 0; i < parts; ++i) {
    const bool logical = depth > 0 && random->Chance(35);
    const std::string key(logical ? random->Pick({"$and", "$or", "$or", "$nor"})
                                  : random->Pick(rooted ? Fields() : Paths()));
    if (std::find(used.begin(), used.end(), key) != used.end()) continue;
    used.push_back(key);
    if (text.size() > 1) text += ",";
    text += Quoted(key) + ":";
    if (!logical) {  // a bare value is an implicit $eq
      text += random->Chance(25) ? RandomOperand(random) : RandomOperators(random, depth);
      continue;
    }
    text += "[";
    const size_t count = 1 + random->Below(key == "$or" ? 4 : 2);
    for (size_t j = 0; j < count; ++j) {
      if (j > 0) text += ",";
      text += RandomDocument(random, depth - 1, rooted);
    }
    text += "]";
  }
  return text + "}";
}

std::string RandomPattern(Random* random) {
  return Quoted(
      random->Pick({"a", "^a", "b$", "^.$", "^.{0,3}$", "a|5", "[^a-z]", "\\d+", "l+i?", "^F",
                    "free", "^(東|é)", "", "(?i)GOLD", "line1.line2", "^line2", "\\.", "a b"}),
      random);
}

std::string RandomTexts(Random* random) {
  if (random->Chance(60)) return RandomString(random);
  std::string text = "[" + RandomString(random);
  const size_t more = random->Below(3);
  for (size_t i = 0; i < more; ++i) text += "," + RandomString(random);
  return text + "]";
}

std::string RandomType(Random* random) {
  return std::string(random->Pick({R"("double")", R"("string")", R"("object")", R"("array")",
                                   R"("bool")", R"("null")", R"("int")", R"("long")", R"("number")",
                                   "1", "2", "3", "4", "8", "10", "16", "18"}));
}

std::string RandomSet(Random* random) {
  std::string text = "[";
  const size_t count = random->Below(5);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ",";
    text += random->Chance(75) ? RandomScalar(random) : RandomValue(random, 2);
  }
  return text + "]";
}

std::string RandomOperand(Random* random) {
  return random->Chance(75) ? RandomScalar(random) : RandomValue(random, 2);
}

// One operator with its operand, and its sibling where it has one.
std::string RandomOperator(Random* random, std::string_view op, int depth) {
  const std::string key = Quoted(op) + ":";
  if (op == "$in" || op == "$nin") return key + RandomSet(random);
  if (op == "$all") {
    if (depth > 0 && random->Chance(15)) {
      return key + "[{\"$elemMatch\":" + RandomDocument(random, depth - 1, false) + "}]";
    }
    return key + RandomSet(random);
  }
  if (op == "$exists") return key + std::string(random->Pick({"true", "false"}));
  if (op == "$type") {
    if (random->Chance(70)) return key + RandomType(random);
    return key + "[" + RandomType(random) + "," + RandomType(random) + "]";
  }
  if (op == "$size") return key + std::string(random->Pick({"0", "1", "2", "2.0", "3"}));
  if (op == "$mod") {
    return key + std::string(random->Pick({"[2,1]", "[5,0]", "[-3,1]", "[4.9,-1]", "[3,2.7]",
                                           "[7,0.0]", "[3,-0.5]", "[4.9,-1.5]", "[-2.5,1]", "[2,0]",
                                           "[1,0]", "[-1,0]"}));
  }
  if (op == "$regex") {
    std::string text = key + RandomPattern(random);
    if (random->Chance(40)) {
      text += ",\"$options\":" +
              Quoted(random->Pick({"i", "m", "s", "x", "im", "is", "ims", "ix", ""}));
    }
    return text;
  }
  if (op == "$startsWith" || op == "$endsWith" || op == "$contains") {
    std::string text = key + RandomTexts(random);
    if (random->Chance(40)) {
      text += ",\"$caseInsensitive\":" + std::string(random->Pick({"true", "false"}));
    }
    return text;
  }
  if (op == "$elemMatch") {
    return key + (random->Chance(50) ? RandomDocument(random, depth - 1, false)
                                     : RandomOperators(random, depth - 1));
  }
  if (op == "$not") return key + RandomOperators(random, depth - 1);
  return key + RandomOperand(random);
}

// One or two operators on one value.
std::string RandomOperators(Random* random, int depth) {
  static const std::vector<std::string_view> flat = {
      "$eq",  "$ne",  "$gt",   "$gte",        "$lt",       "$lte",
      "$in",  "$nin", "$in",   "$exists",     "$type",     "$regex",
      "$mod", "$all", "$size", "$startsWith", "$endsWith", "$contains"};
  std::string text = "{";
  std::vector<std::string> used;
  bool has_text_operator = false;  // one of them at a time: $caseInsensitive belongs to its sibling
  const size_t count = random->Chance(70) ? 1 : 2;
  for (size_t i = 0; i < count; ++i) {
    std::string op(random->Pick(flat));
    if (depth > 0 && random->Chance(20)) op = random->Pick({"$not", "$elemMatch"});
    const bool is_text = op == "$startsWith" || op == "$endsWith" || op == "$contains";
    if (std::find(used.begin(), used.end(), op) != used.end()) continue;
    if (is_text && has_text_operator) continue;
    has_text_operator |= is_text;
    used.push_back(op);
    if (text.size() > 1) text += ",";
    text += RandomOperator(random, op, depth);
  }
  return text + "}";
}

}  // namespace

std::string RandomCondition(Random* random, int depth) {
  return RandomDocument(random, depth, true);
}

}  // namespace junctor::differential
