#include "tests/golden/translation/translation_golden_test.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>

#include "engine/providers/chat/chat_request_reader.h"
#include "engine/providers/chat/completion.h"
#include "engine/providers/chat/json_writer.h"
#include "runtime/program/error_class.h"
#include "runtime/request/body_index.h"
#include "tests/golden/golden_file.h"

namespace junctor::testing {

namespace fs = std::filesystem;

std::vector<TranslationCase> TranslationCases(const std::string& folder,
                                              const engine::WireFormat& format) {
  std::vector<TranslationCase> cases;
  for (const auto& entry : fs::directory_iterator(GoldenFolder("translation") / folder)) {
    if (entry.is_directory()) cases.push_back({entry.path(), &format});
  }
  std::sort(cases.begin(), cases.end(),
            [](const TranslationCase& a, const TranslationCase& b) { return a.folder < b.folder; });
  return cases;
}

std::string TranslationCaseName(const ::testing::TestParamInfo<TranslationCase>& info) {
  std::string name = info.param.folder.filename().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

namespace {

constexpr int64_t kNow = 1790000000;

// A text with simdjson's padding after it.
struct Padded {
  explicit Padded(const std::string& text)
      : bytes(text + std::string(kBodyPadding, '\0')), size(text.size()) {}
  std::string_view view() const { return std::string_view(bytes).substr(0, size); }
  std::string bytes;
  size_t size;
};

std::string StatusText(const absl::Status& status) {
  return std::string(absl::StatusCodeToString(status.code())) + ": " +
         std::string(status.message());
}

engine::FormatSettings ReadSettings(const fs::path& path) {
  engine::FormatSettings settings;
  if (!fs::exists(path)) return settings;
  rapidjson::Document document;
  document.Parse(ReadWholeFile(path).c_str());
  EXPECT_TRUE(document.IsObject()) << path;
  const auto text = [&](const char* key, std::string* out) {
    if (document.HasMember(key)) *out = document[key].GetString();
  };
  text("region", &settings.region);
  text("project", &settings.project);
  text("api_version", &settings.api_version);
  if (document.HasMember("default_max_tokens")) {
    settings.default_max_tokens = document["default_max_tokens"].GetUint64();
  }
  return settings;
}

std::string ModelOf(const std::string& request) {
  rapidjson::Document document;
  document.Parse(request.c_str());
  const bool named =
      document.IsObject() && document.HasMember("model") && document["model"].IsString();
  return named ? document["model"].GetString() : "test-model";
}

std::string FromHex(const std::string& text) {
  std::string bytes;
  std::string digits;
  bool comment = false;
  for (char c : text) {
    if (c == '#') comment = true;
    if (c == '\n') comment = false;
    if (comment || std::isxdigit(static_cast<unsigned char>(c)) == 0) continue;
    digits.push_back(c);
    if (digits.size() == 2) {
      bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
      digits.clear();
    }
  }
  EXPECT_TRUE(digits.empty()) << "an odd number of hex digits";
  return bytes;
}

// What a translator makes of `answer`, fed in pieces that end at `cuts`.
std::string Translate(engine::AnswerTranslator* translator, std::string_view answer,
                      const std::vector<size_t>& cuts) {
  std::string out;
  absl::Status status;
  size_t begin = 0;
  const auto feed = [&](size_t end) {
    // A copy of its own, so that a look after its life is seen.
    const auto piece = std::make_unique<std::string>(answer.substr(begin, end - begin));
    if (status.ok()) status = translator->Feed(*piece, &out);
    begin = end;
  };
  for (size_t cut : cuts) feed(cut);
  feed(answer.size());
  if (status.ok()) status = translator->Finish(&out);
  if (!out.empty() && out.back() != '\n') out.push_back('\n');
  if (!status.ok()) out += "!! " + StatusText(status) + "\n";
  if (translator->complete() != status.ok()) out += "!! complete() does not agree\n";
  if (translator->invalid_events() != 0) {
    out += "!! invalid events: " + std::to_string(translator->invalid_events()) + "\n";
  }
  if (translator->usage().has_value()) {
    out += "!! usage: ";
    engine::JsonWriter writer(&out);
    engine::WriteUsage(*translator->usage(), &writer);
    out.push_back('\n');
  }
  return out;
}

std::string FailureText(const engine::Failure& failure) {
  std::string text;
  text += "class: " + std::string(ErrorClassName(failure.error)) + "\n";
  text += "status: " + std::to_string(failure.upstream_status) + "\n";
  text += "type: " + failure.type + "\n";
  text += "code: " + (failure.code.empty() ? "(null)" : failure.code) + "\n";
  if (failure.retry_after_ms.has_value()) {
    text += "retry after: " + std::to_string(*failure.retry_after_ms) + " ms\n";
  }
  text += "message: " + failure.message + "\n";
  if (!failure.body.empty()) text += "body: " + failure.body + "\n";
  for (const auto& [name, value] : failure.headers) text += "header: " + name + ": " + value + "\n";
  return text;
}

// `head`: "429" or "HTTP 429", then header lines.
std::string Classify(const engine::WireFormat& format, const std::string& head,
                     const std::string& body) {
  std::istringstream lines(head);
  std::string line;
  std::getline(lines, line);
  const int status = std::stoi(line.substr(line.find_first_of("0123456789")));
  std::vector<std::pair<std::string, std::string>> fields;
  while (std::getline(lines, line)) {
    const size_t colon = line.find(": ");
    EXPECT_NE(colon, std::string::npos) << "no header line: " << line;
    fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  net::HeaderList headers;
  for (const auto& [name, value] : fields) headers.push_back({name, value});
  return FailureText(format.Classify(status, headers, body, kNow));
}

std::string WithoutLastLineFeed(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

// The blocks of an errors.txt, each classified.
std::string ClassifyAll(const engine::WireFormat& format, std::string text) {
  std::string out;
  text += "\n---\n";
  for (size_t end = text.find("\n---\n"); end != std::string::npos; end = text.find("\n---\n")) {
    const std::string block = text.substr(0, end);
    text.erase(0, end + 5);
    const size_t gap = block.find("\n\n");
    const std::string head = block.substr(0, gap);
    const std::string body = gap == std::string::npos ? "" : block.substr(gap + 2);
    if (!out.empty()) out += "---\n";
    out += Classify(format, head, WithoutLastLineFeed(body));
  }
  return out;
}

TEST_P(TranslationGolden, IsAsLastLookedAt) {
  const auto& [folder, format] = GetParam();
  SCOPED_TRACE(folder.string());
  bool anything = false;

  engine::ChatRequestReader reader;
  std::string request_text;
  std::optional<Padded> request_body;
  engine::ChatRequest chat;
  engine::AnswerContext context;
  const engine::FormatSettings settings = ReadSettings(folder / "settings.json");
  std::string model = "test-model";
  if (fs::exists(folder / "request.json")) {
    anything = true;
    request_text = ReadWholeFile(folder / "request.json");
    request_body.emplace(request_text);
    model = ModelOf(request_text);
    auto read = reader.Read(request_body->view());
    std::string golden;
    if (!read.ok()) {
      golden = StatusText(read.status()) + "\n";
    } else {
      chat = *std::move(read);
      engine::ChatTarget target;
      target.model = model;
      target.stream = chat.stream;
      target.settings = &settings;
      const auto translated = format->MakeRequest(chat, target);
      if (translated.ok()) {
        golden = translated->request.path + "\n" + translated->request.headers + "\n" +
                 translated->request.body + "\n";
        golden.erase(std::remove(golden.begin(), golden.end(), '\r'), golden.end());
        rapidjson::Document document;
        document.Parse<rapidjson::kParseIterativeFlag>(translated->request.body.c_str());
        EXPECT_FALSE(document.HasParseError()) << translated->request.body;
        context.json_tool_as_content = translated->json_tool_as_content;
        if (translated->json_tool_as_content) golden += "!! json_tool_as_content\n";
      } else {
        golden = StatusText(translated.status()) + "\n";
      }
    }
    ExpectGolden(folder / "upstream_request.txt", golden);
  }

  context.model = model;
  context.include_usage = chat.include_usage;
  context.uses_functions = chat.uses_functions;
  context.created = kNow;
  context.random = 1;
  for (const char* name : {"answer.json", "answer.sse", "answer.hex"}) {
    if (!fs::exists(folder / name)) continue;
    anything = true;
    context.stream = std::string_view(name) != "answer.json";
    std::string answer = ReadWholeFile(folder / name);
    if (std::string_view(name) == "answer.hex") answer = FromHex(answer);
    const auto translate = [&](const std::vector<size_t>& cuts) {
      return Translate(format->MakeTranslator(model, context).get(), answer, cuts);
    };
    const std::string whole = translate({});
    ExpectGolden(folder / (context.stream ? "answer_openai.sse" : "answer_openai.json"), whole);
    for (size_t cut = 0; cut <= answer.size(); ++cut) {
      ASSERT_EQ(translate({cut}), whole) << "cut at byte " << cut;
    }
    std::vector<size_t> bytes(answer.size());
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = i;
    EXPECT_EQ(translate(bytes), whole) << "byte by byte";
  }

  if (fs::exists(folder / "error.json")) {
    anything = true;
    const std::string head = fs::exists(folder / "error_status")
                                 ? ReadWholeFile(folder / "error_status")
                                 : std::string("400");
    const std::string body = WithoutLastLineFeed(ReadWholeFile(folder / "error.json"));
    ExpectGolden(folder / "failure.txt", Classify(*format, head, body));
  }
  if (fs::exists(folder / "errors.txt")) {
    anything = true;
    ExpectGolden(folder / "failures.txt",
                 ClassifyAll(*format, ReadWholeFile(folder / "errors.txt")));
  }
  EXPECT_TRUE(anything) << "no input in " << folder;
}

}  // namespace
}  // namespace junctor::testing
