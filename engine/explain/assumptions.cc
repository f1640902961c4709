// Reading assumptions, held against the elements that the program has.
#include "engine/explain/assumptions.h"

#include <algorithm>
#include <charconv>

#include "compiler/syntax/suggest.h"
#include "engine/providers/chat/failure_classifier.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kStatusPrefix = "status:";
constexpr int kLeastErrorStatus = 400;
constexpr int kMostErrorStatus = 599;

absl::Status Invalid(const std::string& message) { return absl::InvalidArgumentError(message); }

std::string ErrorClassList() {
  std::string list;
  for (uint8_t i = 0; i < kErrorClassCount; ++i) {
    const auto error = static_cast<ErrorClass>(i);
    list.append(list.empty() ? "`" : ", `").append(ErrorClassName(error)).push_back('`');
  }
  return list;
}

// A model element's answer.
absl::StatusOr<AssumedAnswer> ParseModelAnswer(const std::string& text) {
  AssumedAnswer answer;
  answer.text = text;
  if (text == "ok") return answer;
  if (text == "skipped") {
    answer.skipped = true;
    return answer;
  }
  if (text.starts_with(kStatusPrefix)) {
    const std::string_view digits = std::string_view(text).substr(kStatusPrefix.size());
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), answer.status);
    const bool is_number = error == std::errc() && end == digits.data() + digits.size();
    if (!is_number || answer.status < kLeastErrorStatus || answer.status > kMostErrorStatus) {
      return Invalid("expected an error status from 400 to 599, found `" + text + "`");
    }
    answer.error = ClassifyAnswer(answer.status, {}, {}, 0).error;
    return answer;
  }
  answer.error = ParseErrorClass(text);
  if (answer.error.has_value()) return answer;
  return Invalid("unknown answer `" + text +
                 "` of a model; expected `ok`, `skipped`, `status:N`, " + ErrorClassList());
}

// A rate element's answer.
absl::StatusOr<AssumedAnswer> ParseLimitAnswer(const std::string& text) {
  if (text != "ok" && text != "limited") {
    return Invalid("unknown answer `" + text + "` of a limit; expected `ok` or `limited`");
  }
  AssumedAnswer answer;
  answer.text = text;
  answer.limited = text == "limited";
  return answer;
}

}  // namespace

absl::StatusOr<Assumptions> Assumptions::Parse(const std::vector<std::string>& texts,
                                               const Program& program) {
  using Parser = absl::StatusOr<AssumedAnswer> (*)(const std::string&);
  std::map<std::string, Parser, std::less<>> parsers;
  for (const ModelSpec& model : program.parts().models) {
    parsers.emplace(program.ElementName(model.element), ParseModelAnswer);
  }
  for (const LimitSpec& limit : program.parts().limits) {
    parsers.emplace(program.ElementName(limit.element), ParseLimitAnswer);
  }
  std::vector<std::string_view> names;
  for (const auto& [name, parser] : parsers) names.push_back(name);

  Assumptions result;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == text.npos) {
      return Invalid("expected ELEMENT=ANSWER in `--assume`, found `" + text + "`");
    }
    const std::string element = text.substr(0, equals);
    const auto parser = parsers.find(element);
    if (parser == parsers.end()) {
      const std::string nearest(compiler::ClosestName(element, names));
      return Invalid("the program has no model or rate element `" + element + "`" +
                     (nearest.empty() ? std::string() : "; did you mean `" + nearest + "`?"));
    }
    std::vector<AssumedAnswer>& answers = result.answers_[element];
    if (!answers.empty()) return Invalid("`--assume` names the element `" + element + "` twice");
    for (size_t from = equals + 1; from <= text.size();) {
      const size_t comma = std::min(text.find(',', from), text.size());
      absl::StatusOr<AssumedAnswer> answer = parser->second(text.substr(from, comma - from));
      if (!answer.ok()) {
        return Invalid("element `" + element + "`: " + std::string(answer.status().message()));
      }
      answers.push_back(*std::move(answer));
      from = comma + 1;
    }
  }
  return result;
}

const AssumedAnswer& Assumptions::Of(std::string_view element, size_t visit) const {
  static const AssumedAnswer kOk;
  const auto answers = answers_.find(element);
  if (answers == answers_.end()) return kOk;
  return answers->second[std::min(visit, answers->second.size() - 1)];
}

}  // namespace junctor::engine
