// From a request to the form of its answer.
#include "engine/faulty/answer_form.h"

#include <rapidjson/document.h>

#include <algorithm>

#include "engine/observe/json_text.h"

namespace junctor::engine {
namespace {

const rapidjson::Value* Member(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

std::string TextOf(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

// The text of one message: a string, or a list of parts that have `text`.
std::string MessageText(const rapidjson::Value& message) {
  for (const char* key : {"content", "parts"}) {
    const rapidjson::Value* content = Member(message, key);
    if (content == nullptr) continue;
    if (content->IsString()) return TextOf(*content);
    if (!content->IsArray()) continue;
    std::string text;
    for (const rapidjson::Value& part : content->GetArray()) {
      const rapidjson::Value* part_text = Member(part, "text");
      if (part_text != nullptr && part_text->IsString()) text += TextOf(*part_text);
    }
    return text;
  }
  return {};
}

std::string LastUserText(const rapidjson::Value& body) {
  for (const char* key : {"messages", "contents", "input"}) {
    const rapidjson::Value* list = Member(body, key);
    if (list == nullptr) continue;
    if (list->IsString()) return TextOf(*list);
    if (!list->IsArray()) continue;
    for (auto message = list->End(); message != list->Begin();) {
      --message;
      const rapidjson::Value* role = Member(*message, "role");
      if (role == nullptr || (role->IsString() && TextOf(*role) == "user")) {
        return MessageText(*message);
      }
    }
  }
  return {};
}

bool IsTrue(const rapidjson::Value* value) { return value != nullptr && value->IsTrue(); }

Question QuestionOf(const rapidjson::Value& body) {
  Question question;
  const rapidjson::Value* model = Member(body, "model");
  if (model != nullptr && model->IsString()) question.model = TextOf(*model);
  question.stream = IsTrue(Member(body, "stream"));
  if (const rapidjson::Value* options = Member(body, "stream_options")) {
    question.include_usage = IsTrue(Member(*options, "include_usage"));
  }
  const rapidjson::Value* input = Member(body, "input");
  if (input != nullptr && input->IsArray()) question.inputs = input->Size();
  question.last_user_text = LastUserText(body);
  return question;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      decoded.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
      i += 2;
    } else {
      decoded.push_back(text[i]);
    }
  }
  return decoded;
}

// What stands between `before` and the next `after` (or the end) in `path`.
std::string_view Between(std::string_view path, std::string_view before, char after) {
  const size_t begin = path.rfind(before);
  if (begin == path.npos) return {};
  const std::string_view rest = path.substr(begin + before.size());
  return rest.substr(0, rest.find(after));
}

}  // namespace

std::string AnswerForm::Frame(std::string_view data) const {
  return "data: " + std::string(data) + "\n\n";
}

std::string JsonQuoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(&quoted, text);
  return quoted;
}

std::string Joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  return text;
}

Asked ReadQuestion(const ReceivedRequest& request) {
  Asked asked;
  rapidjson::Document body;
  body.Parse<rapidjson::kParseIterativeFlag>(request.body.data(), request.body.size());
  if (!body.HasParseError()) asked.question = QuestionOf(body);

  const std::string_view path = request.path();
  const std::string_view verb = path.substr(std::min(path.rfind(':'), path.size()));
  if (verb == ":generateContent" || verb == ":streamGenerateContent" || verb == ":rawPredict" ||
      verb == ":streamRawPredict") {
    asked.question.model = PercentDecoded(Between(path, "/models/", ':'));
    asked.question.stream = verb.starts_with(":stream");
    asked.form = verb.ends_with("Predict")
                     ? MakeAnthropicForm()
                     : MakeGoogleForm(request.query().find("alt=sse") != std::string_view::npos);
    return asked;
  }
  if (const std::string_view deployment = Between(path, "/deployments/", '/');
      !deployment.empty()) {
    asked.question.model = PercentDecoded(deployment);
  }
  if (path.ends_with("/chat/completions")) {
    asked.form = MakeOpenAiChatForm();
  } else if (path.ends_with("/embeddings")) {
    asked.question.stream = false;
    asked.form = MakeOpenAiEmbeddingsForm(asked.question.inputs);
  } else if (path.ends_with("/responses")) {
    asked.form = MakeOpenAiResponsesForm();
  } else if (path.ends_with("/v1/messages")) {
    asked.form = MakeAnthropicForm();
  } else {
    asked.question.stream = false;
    asked.form = MakeOtherForm(request);
  }
  return asked;
}

}  // namespace junctor::engine
