// An explanation for tools.
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <string_view>
#include <utility>

#include "engine/explain/explanation.h"
#include "engine/limits/limit_row_json.h"

namespace junctor::engine {
namespace {

using Writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void Key(Writer* writer, std::string_view key) {
  writer->Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

void Text(Writer* writer, std::string_view text) {
  writer->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void Member(Writer* writer, std::string_view key, std::string_view text) {
  Key(writer, key);
  Text(writer, text);
}

// null for an empty text: there is none.
void NullableMember(Writer* writer, std::string_view key, std::string_view text) {
  if (!text.empty()) return Member(writer, key, text);
  Key(writer, key);
  writer->Null();
}

void NumberMember(Writer* writer, std::string_view key, uint64_t number) {
  Key(writer, key);
  writer->Uint64(number);
}

void BoolMember(Writer* writer, std::string_view key, bool value) {
  Key(writer, key);
  writer->Bool(value);
}

void Fields(Writer* writer, const std::vector<ExplainedField>& fields) {
  Key(writer, "fields");
  writer->StartArray();
  for (const ExplainedField& field : fields) {
    writer->StartObject();
    Member(writer, "field", field.field);
    Member(writer, "value", field.value);
    writer->EndObject();
  }
  writer->EndArray();
}

void Window(Writer* writer, const ExplainedWindow& window) {
  const LimitOutlook& outlook = window.outlook;
  Key(writer, "window");
  writer->StartObject();
  for (const auto& [name, amount] :
       {std::pair("limit", outlook.limit), std::pair("spent", outlook.spent),
        std::pair("held", outlook.held), std::pair("left", outlook.left)}) {
    Key(writer, name);
    const std::string text = LimitAmountText(window.type, amount);
    writer->RawValue(text.data(), text.size(), rapidjson::kNumberType);
  }
  if (outlook.holds.has_value()) {
    Key(writer, "would_hold");
    const std::string text = LimitAmountText(window.type, *outlook.holds);
    writer->RawValue(text.data(), text.size(), rapidjson::kNumberType);
  }
  if (!outlook.admitted) NumberMember(writer, "retry_after_ms", outlook.retry_after_ms);
  writer->EndObject();
}

void Details(Writer* writer, const ExplainedStep& step) {
  switch (step.kind) {
    case ExplainedStep::Kind::kTest:
      Member(writer, "kind", "test");
      Member(writer, "test", step.test);
      Fields(writer, step.fields);
      BoolMember(writer, "holds", step.holds);
      return;
    case ExplainedStep::Kind::kSwitch:
      Member(writer, "kind", "switch");
      Fields(writer, step.fields);
      NullableMember(writer, "case", step.operand);
      return;
    case ExplainedStep::Kind::kSplit:
      Member(writer, "kind", "percentage");
      Fields(writer, step.fields);
      BoolMember(writer, "sticky", step.sticky);
      Member(writer, "share", step.share);
      Member(writer, "output", step.operand);
      return;
    case ExplainedStep::Kind::kLimit:
      Member(writer, "kind", "rate");
      Member(writer, "limit", step.operand);
      Fields(writer, step.fields);
      NullableMember(writer, "assumed", step.assumed);
      BoolMember(writer, "admitted", step.holds);
      if (step.window.has_value()) Window(writer, *step.window);
      return;
    case ExplainedStep::Kind::kCall:
      Member(writer, "kind", "model");
      Member(writer, "model", step.operand);
      NumberMember(writer, "attempt", step.attempt);
      NumberMember(writer, "max_attempts", step.attempts);
      NumberMember(writer, "delay_ms", step.delay_ms);
      Member(writer, "assumed", step.assumed);
      NullableMember(writer, "class", step.error);
      NumberMember(writer, "at_ms", step.at_ms);
      return;
    case ExplainedStep::Kind::kBreak:
      Member(writer, "kind", "break");
      Member(writer, "model", step.operand);
      Member(writer, "on_stream_failure", step.assumed);
      return;
  }
}

}  // namespace

std::string RenderExplanationJson(const Explanation& explanation) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.SetIndent(' ', 2);
  writer.StartObject();
  Member(&writer, "route", explanation.route);
  Member(&writer, "time", explanation.time);
  NumberMember(&writer, "seed", explanation.seed);
  Key(&writer, "steps");
  writer.StartArray();
  for (const ExplainedStep& step : explanation.steps) {
    writer.StartObject();
    Member(&writer, "element", step.element);
    Details(&writer, step);
    NullableMember(&writer, "next", step.next);
    writer.EndObject();
  }
  writer.EndArray();
  Key(&writer, "path");
  writer.StartArray();
  for (const std::string& element : explanation.path) Text(&writer, element);
  writer.EndArray();
  Key(&writer, "outcome");
  writer.StartObject();
  Member(&writer, "kind", explanation.outcome.kind);
  NumberMember(&writer, "status", static_cast<uint64_t>(explanation.outcome.status));
  NullableMember(&writer, "element", explanation.outcome.element);
  NullableMember(&writer, "model", explanation.outcome.model);
  NullableMember(&writer, "class", explanation.outcome.error);
  BoolMember(&writer, "deadline_passed", explanation.outcome.deadline_passed);
  writer.EndObject();
  NumberMember(&writer, "elapsed_ms", explanation.elapsed_ms);
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

}  // namespace junctor::engine
