// An explanation for people: a line a step, grouped by element.
#include <algorithm>

#include "engine/explain/explanation.h"
#include "engine/limits/limit_row_json.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

// Names longer than this push their line to the right instead of all others.
constexpr size_t kMaxNameColumn = 24;

// ANSI escapes, or nothing.
struct Palette {
  const char* bold = "";
  const char* green = "";
  const char* red = "";
  const char* plain = "";
};

std::string Duration(uint64_t milliseconds) {
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  std::string text;
  AppendJsonMilliseconds(&text, static_cast<double>(milliseconds) / 1000);
  return text + " s";
}

std::string FieldsText(const std::vector<ExplainedField>& fields) {
  std::string text;
  for (const ExplainedField& field : fields) {
    if (!text.empty()) text += ", ";
    text += field.field + " = " + field.value;
  }
  return text;
}

// "limited, $5 spent, $0 left, retry after 12 s".
std::string WindowText(const ExplainedWindow& window, const Palette& palette) {
  const LimitOutlook& outlook = window.outlook;
  const auto amount = [&window](uint64_t value) {
    return (window.type == LimitType::kCost ? "$" : "") + LimitAmountText(window.type, value);
  };
  std::string text = (outlook.admitted ? palette.green : palette.red) +
                     std::string(outlook.admitted ? "admitted" : "limited") + palette.plain + ", " +
                     amount(outlook.spent) + " spent, ";
  if (outlook.held > 0) text += amount(outlook.held) + " held, ";
  text += amount(outlook.left) + " left";
  if (outlook.holds.has_value()) {
    text += ", " + std::string(outlook.admitted ? "holds " : "would hold ") +
            amount(*outlook.holds) + " for this request";
  }
  if (outlook.too_large) text += ", more than the whole limit";
  if (!outlook.admitted) text += ", retry after " + Duration(outlook.retry_after_ms);
  return text;
}

// What the step asked and what came of it, without the element and what follows.
std::string StepText(const ExplainedStep& step, const Palette& palette) {
  const auto coloured = [&palette](bool good, const std::string& text) {
    return (good ? palette.green : palette.red) + text + palette.plain;
  };
  switch (step.kind) {
    case ExplainedStep::Kind::kTest:
      return step.test + "?  " + coloured(step.holds, step.holds ? "yes" : "no") + ", " +
             FieldsText(step.fields);
    case ExplainedStep::Kind::kSwitch:
      return FieldsText(step.fields) +
             (step.holds ? ", the case " + step.operand : std::string(", no case"));
    case ExplainedStep::Kind::kSplit: {
      const std::string how = step.sticky           ? "sticky by " + FieldsText(step.fields)
                              : step.fields.empty() ? std::string("drawn at random")
                                                    : "drawn at random, since " +
                                                          step.fields.front().field + " is missing";
      return step.share + "% (" + how + ") falls on " + palette.bold + step.operand + palette.plain;
    }
    case ExplainedStep::Kind::kLimit:
      return step.operand +
             (step.fields.empty() ? std::string() : ", key " + FieldsText(step.fields)) + ": " +
             (step.window.has_value() ? WindowText(*step.window, palette)
                                      : "assumed " + coloured(step.holds, step.assumed));
    case ExplainedStep::Kind::kCall: {
      std::string text = step.operand;
      if (step.attempts > 1) {
        text += ", attempt " + std::to_string(step.attempt) + " of at most " +
                std::to_string(step.attempts);
      }
      if (step.delay_ms > 0) text += ", after a delay of " + Duration(step.delay_ms);
      text += ": assumed " + coloured(step.holds, step.assumed);
      if (!step.error.empty() && step.error != step.assumed) text += " (" + step.error + ")";
      if (step.at_ms > 0) text += ", at " + Duration(step.at_ms);
      return text;
    }
    case ExplainedStep::Kind::kBreak:
      return step.operand + ": the stream breaks, and onStreamFailure says " + palette.bold +
             step.assumed + palette.plain;
  }
  return std::string();
}

std::string OutcomeText(const ExplainedOutcome& outcome) {
  const std::string status = std::to_string(outcome.status) + ", ";
  if (outcome.kind == "response") {
    return status + "the response of `" + outcome.element + "` (" + outcome.model + ")";
  }
  if (outcome.kind == "failure") {
    return status + "the failure of `" + outcome.element + "` (" + outcome.model +
           "): " + outcome.error + (outcome.deadline_passed ? ", the deadline has passed" : "");
  }
  if (outcome.kind == "broken_stream") {
    return status + "then the stream ends with an error, after the failure of `" + outcome.element +
           "` (" + outcome.model + "): " + outcome.error;
  }
  if (outcome.kind == "limited") return status + "refused by the limit `" + outcome.element + "`";
  return status + outcome.kind;
}

}  // namespace

std::string RenderExplanationText(const Explanation& explanation, bool colour) {
  const Palette palette =
      colour ? Palette{"\x1b[1m", "\x1b[32m", "\x1b[31m", "\x1b[0m"} : Palette{};
  std::string text = "route `" + explanation.route + "` at " + explanation.time + ", seed " +
                     std::to_string(explanation.seed) + "\n\n";
  size_t column = 0;
  for (const ExplainedStep& step : explanation.steps) {
    column = std::max(column, std::min(step.element.size(), kMaxNameColumn));
  }
  std::string before;
  for (const ExplainedStep& step : explanation.steps) {
    // Several tests of one element: its name stands once.
    const std::string name = step.element == before ? std::string() : step.element;
    before = step.element;
    const size_t padding = column > name.size() ? column - name.size() : 0;
    text += "  " + (palette.bold + name) + palette.plain + std::string(padding, ' ') + "  " +
            StepText(step, palette);
    if (!step.next.empty()) text += "  -> " + step.next;
    text.push_back('\n');
  }
  text += explanation.steps.empty() ? "path:    " : "\npath:    ";
  for (size_t i = 0; i < explanation.path.size(); ++i) {
    text += (i > 0 ? " -> " : "") + explanation.path[i];
  }
  text += "\noutcome: " + OutcomeText(explanation.outcome);
  if (explanation.elapsed_ms > 0) text += ", after " + Duration(explanation.elapsed_ms);
  return text + "\n";
}

}  // namespace junctor::engine
