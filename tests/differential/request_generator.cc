#include "tests/differential/request_generator.h"

namespace junctor::differential {
namespace {

// Nested documents with a key twice: the last one counts.
std::string RepeatedKeys(Random* random) {
  return "{\"k\":" + RandomScalar(random) + ",\"b\":" + RandomScalar(random) +
         ",\"k\":" + RandomScalar(random) + "}";
}

std::string RandomContent(Random* random) {
  if (random->Chance(60)) return RandomString(random);
  if (random->Chance(20)) return RandomScalar(random);
  std::string text = "[{\"type\":\"text\",\"text\":" + RandomString(random) + "}";
  if (random->Chance(40)) text += R"(,{"type":"image_url","image_url":{"url":"data:,x"}})";
  if (random->Chance(40)) text += ",{\"type\":\"text\",\"text\":" + RandomString(random) + "}";
  return text + "]";
}

std::string RandomMessages(Random* random) {
  std::string text = "[";
  const size_t count = random->Below(4);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ",";
    text += "{\"role\":" + Quoted(random->Pick({"system", "user", "assistant"})) +
            ",\"content\":" + RandomContent(random) + "}";
  }
  return text + "]";
}

std::string RandomItems(Random* random) {
  std::string text = "[";
  const size_t count = random->Below(4);
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text += ",";
    if (random->Chance(10)) {
      text += RepeatedKeys(random);
    } else {
      text += random->Chance(75) ? RandomObject(random, 2) : RandomValue(random, 2);
    }
  }
  return text + "]";
}

std::string RandomBody(Random* random) {
  if (random->Chance(2)) return "[1,2]";
  if (random->Chance(2)) return "{\"a\":";
  std::string text = random->Chance(10) ? " \n{" : "{";
  bool first = true;
  const auto add = [&](std::string_view key, size_t percent, const auto& value) {
    if (!random->Chance(percent)) return;
    if (!first) text += random->Chance(20) ? ",\n  " : ",";
    first = false;
    text += Quoted(key, random) + ":" + value();
  };
  add("model", 80, [&] { return std::string("\"dynamic/r\""); });
  add("a", 70, [&] { return RandomValue(random, 3); });
  add("items", 60, [&] { return RandomItems(random); });
  add("tags", 60,
      [&] { return random->Chance(80) ? RandomArray(random, 2) : RandomScalar(random); });
  add("user", 60, [&] { return RandomScalar(random); });
  add("n", 60, [&] { return random->Chance(90) ? RandomNumber(random) : RandomValue(random, 1); });
  add("messages", 50, [&] { return RandomMessages(random); });
  add("stream", 30, [&] { return std::string(random->Pick({"true", "false"})); });
  add("tools", 30, [&] { return std::string(random->Pick({"[]", R"([{"type":"function"}])"})); });
  add("é", 30, [&] { return RandomValue(random, 1); });
  return text + "}";
}

std::string RandomMetadata(Random* random) {
  std::string text = "{";
  for (const std::string_view key : {"plan", "score", "vip", "user"}) {
    if (!random->Chance(60)) continue;
    if (text.size() > 1) text += ",";
    std::string value = RandomScalar(random);
    while (value == "null")
      value = RandomScalar(random);  // strings, numbers and booleans only (R37)
    text += Quoted(key) + ":" + value;
  }
  return text + "}";
}

}  // namespace

oracle::RequestText RandomRequest(Random* random) {
  oracle::RequestText request;
  if (random->Chance(95)) request.body = RandomBody(random);
  if (random->Chance(80)) request.metadata = RandomMetadata(random);
  for (const std::string_view name : {"x-tier", "X-Region", "x-count"}) {
    if (!random->Chance(60)) continue;
    request.headers.emplace_back(
        name, random->Pick({"", "a", "gold", "free", "5", "10", "true", "eu-west", "us", "Ab"}));
  }
  request.method = random->Pick({"POST", "GET"});
  request.client_ip = random->Pick({"127.0.0.1", "10.0.0.5", "::1"});
  request.unix_seconds = static_cast<int64_t>(random->Below(2'000'000'000));
  return request;
}

std::string RequestToText(const oracle::RequestText& request) {
  std::string text = request.method + " " + request.path + " from " + request.client_ip + " at " +
                     std::to_string(request.unix_seconds) + "\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\n";
  if (request.metadata) text += "cf-aig-metadata: " + *request.metadata + "\n";
  return text + "\n" + request.body.value_or("(no body)") + "\n";
}

}  // namespace junctor::differential
