// The real binary: what it prints and how it exits, held against files in testdata/golden.
// JUNCTOR_REBASE=1 writes them anew.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace junctor::engine {
namespace {

// One run of the binary, in the folder testdata.
struct Case {
  const char* name;  // of the golden file
  std::vector<std::string> arguments;
  const char* input = "/dev/null";  // file for standard input
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> kCases = {
      {"help", {"--help"}},
      {"help-check", {"check", "--help"}},
      {"help-compile", {"compile", "--help"}},
      {"help-disasm", {"disasm", "--help"}},
      {"help-graph", {"graph", "--help"}},
      {"help-explain", {"explain", "--help"}},
      {"help-eval", {"eval", "--help"}},
      {"help-explain-code", {"explain-code", "--help"}},
      {"help-serve", {"serve", "--help"}},
      {"help-prices", {"prices", "--help"}},
      {"help-prices-show", {"prices", "show", "--help"}},
      {"help-prices-list", {"prices", "list", "--help"}},
      {"help-faulty-provider", {"faulty-provider", "--help"}},
      {"usage-no-command", {}},
      {"usage-unknown-command", {"chekc", "support.json"}},
      {"usage-unknown-option", {"check", "--wat", "support.json"}},
      {"usage-wrong-format", {"graph", "support.json", "--format", "png"}},
      {"usage-missing-output", {"compile", "support.json"}},
      {"check-ok", {"check", "support.json"}},
      {"check-warnings", {"check", "by-length.json"}},
      {"check-warnings-werror", {"check", "--werror", "by-length.json"}},
      {"check-errors", {"check", "broken.json", "support.json"}},
      {"check-json", {"check", "--format", "json", "support.json", "broken.json", "none.json"}},
      {"check-missing-file", {"check", "none.json"}},
      {"check-folder-with-one-name-twice", {"check", "folder"}},
      {"check-folder-without-routes", {"check", "golden"}},
      {"check-stdin", {"check", "-"}, "support.json"},
      {"check-not-json", {"check", "cases.jsonl"}},
      {"graph-dot", {"graph", "support.json"}},
      {"graph-mermaid", {"graph", "support.json", "--format", "mermaid"}},
      {"graph-errors", {"graph", "broken.json"}},
      {"disasm", {"disasm", "support.json"}},
      {"explain-pro",
       {"explain", "support.json", "--request", "request.json", "--at", "2026-11-21T06:30:00Z"}},
      {"explain-pro-json",
       {"explain", "support.json", "--request", "request.json", "--at", "1795242600", "--format",
        "json", "--assume", "large=status:503"}},
      {"explain-free-sticky",
       {"explain", "support.json", "--request", "chat.json", "--metadata", "user=u-3", "--at",
        "1795242600"}},
      {"explain-free-drawn",
       {"explain", "support.json", "--request", "chat.json", "--at", "1795242600", "--seed", "5"}},
      {"explain-limited",
       {"explain", "support.json", "--request", "request.json", "--at", "1795242600", "--assume",
        "per-user=limited", "--assume", "small=connect"}},
      {"explain-retries-then-fallback",
       {"explain", "support.json", "--request", "request.json", "--at", "1795242600", "--assume",
        "large=status:503"}},
      {"explain-deadline",
       {"explain", "support.json", "--request", "request.json", "--at", "1795242600", "--assume",
        "large=timeout", "--assume", "small=timeout"}},
      {"explain-broken-stream",
       {"explain", "streams.json", "--at", "1795242600", "--assume", "gpt=stream"}},
      {"explain-continued-by-a-retry",
       {"explain", "streams.json", "--at", "1795242600", "--metadata", "policy=continue",
        "--assume", "claude=stream,ok"}},
      {"explain-continued-by-the-fallback",
       {"explain", "streams.json", "--at", "1795242600", "--metadata", "policy=continue",
        "--assume", "claude=stream", "--format", "json"}},
      {"explain-not-continued",
       {"explain", "streams.json", "--at", "1795242600", "--metadata", "policy=continue",
        "--assume", "claude=stream", "--assume", "gpt=connect"}},
      {"explain-broken-while-held",
       {"explain", "streams.json", "--at", "1795242600", "--metadata", "policy=hold", "--assume",
        "held=stream,ok"}},
      {"explain-skipped",
       {"explain", "streams.json", "--at", "1795242600", "--metadata", "policy=continue",
        "--assume", "claude=skipped", "--assume", "gpt=skipped"}},
      {"explain-refused",
       {"explain", "by-length.json", "--request", "request.json", "--at", "1795242600", "--assume",
        "budget=limited"}},
      {"explain-derived-facts",
       {"explain", "by-length.json", "--request", "chat.json", "--at", "2026-11-21T23:30:00Z",
        "--metadata", "{\"org\": \"o1\", \"team\": 7}"}},
      {"explain-header",
       {"explain", "by-length.json", "--request", "-", "--header", "x-context: LONG one", "--at",
        "1795242600"},
       "chat.json"},
      {"explain-limits-refused",
       {"explain", "support.json", "--request", "request.json", "--at", "2026-11-21T06:30:00Z",
        "--limits", "limits.json"}},
      {"explain-limits-later",
       {"explain", "support.json", "--request", "request.json", "--at", "2026-11-21T06:30:30Z",
        "--limits", "limits.json"}},
      {"explain-limits-other-key",
       {"explain", "support.json", "--request", "request.json", "--metadata", "user=u-1", "--at",
        "2026-11-21T06:30:00Z", "--limits", "limits.json"}},
      {"explain-limits-assumed",
       {"explain", "support.json", "--request", "request.json", "--at", "2026-11-21T06:30:00Z",
        "--limits", "limits.json", "--assume", "per-user=ok"}},
      {"explain-limits-cost-json",
       {"explain", "budget.json", "--at", "2026-11-21T06:30:00Z", "--limits", "-", "--format",
        "json"},
       "spent.json"},
      {"explain-limits-cost",
       {"explain", "budget.json", "--at", "2026-11-21T06:30:00Z", "--limits", "spent.json"}},
      {"explain-limits-reserved",
       {"explain", "reserved.json", "--at", "2026-11-21T06:30:00Z", "--limits", "spent.json"}},
      {"explain-limits-own-prices",
       {"explain", "reserved.json", "--at", "2026-11-21T06:30:00Z", "--limits", "spent.json",
        "--prices", "prices.json"}},
      {"explain-limits-wrong",
       {"explain", "by-length.json", "--limits", "limits.json", "--at", "1795242600"}},
      {"explain-unknown-element", {"explain", "support.json", "--assume", "larg=ok"}},
      {"explain-bad-time", {"explain", "support.json", "--at", "noon"}},
      {"explain-bad-metadata", {"explain", "support.json", "--metadata", "{\"a\": [1]}"}},
      {"explain-bad-request", {"explain", "support.json", "--request", "cases.jsonl"}},
      {"eval", {"eval"}, "cases.jsonl"},
      {"explain-code-unknown", {"explain-code", "JR9999"}},
      {"prices-no-command", {"prices"}},
      {"prices-show-tiers", {"prices", "show", "anthropic/claude-sonnet-4-5-20250929"}},
      {"prices-show-json", {"prices", "show", "anthropic/claude-sonnet-4-5-20250929", "--json"}},
      {"prices-show-changes", {"prices", "show", "google/models/gemini-3.6-flash"}},
      {"prices-show-time-of-day", {"prices", "show", "deepseek/deepseek-v4-flash"}},
      {"prices-show-time-of-day-json", {"prices", "show", "deepseek/deepseek-v4-flash", "--json"}},
      {"prices-show-fees", {"prices", "show", "perplexity/sonar-deep-research"}},
      {"prices-show-of-other-provider", {"prices", "show", "azure/gpt-5.4"}},
      {"prices-show-back-end", {"prices", "show", "huggingface/openai/gpt-oss-120b:groq"}},
      {"prices-show-file",
       {"prices", "show", "openai/gpt-5.4-2026-03-05", "--file", "prices.json"}},
      {"prices-show-file-new", {"prices", "show", "custom-ours/large", "--file", "prices.json"}},
      {"prices-show-unknown-model", {"prices", "show", "anthropic/claude-opuss-4-9"}},
      {"prices-show-unlike-any", {"prices", "show", "openai/my-own-model"}},
      {"prices-show-unknown-provider", {"prices", "show", "antropic/claude-opus-5"}},
      {"prices-show-provider-unlike-any", {"prices", "show", "us/gpt-5.4"}},
      {"prices-show-at-all-providers", {"prices", "show", "gpt-5.4"}},
      {"prices-show-at-all-providers-json", {"prices", "show", "gpt-5.4", "--json"}},
      {"prices-show-at-no-provider", {"prices", "show", "gpt-5.44"}},
      {"prices-show-no-model", {"prices", "show", "openai/"}},
      {"prices-show-missing-file", {"prices", "show", "openai/gpt-5.4", "--file", "none.json"}},
      {"prices-show-wrong-file",
       {"prices", "show", "openai/gpt-5.4", "--file", "wrong-prices.json"}},
      {"prices-list", {"prices", "list", "cerebras"}},
      {"prices-list-json", {"prices", "list", "cerebras", "--json"}},
      {"prices-list-file", {"prices", "list", "custom-ours", "--file", "prices.json"}},
      {"prices-list-unknown-provider", {"prices", "list", "cerebra"}},
      {"serve-missing-config", {"serve", "--config", "none.json"}},
      {"serve-wrong-config", {"serve", "--config", "support.json"}},
  };
  return kCases;
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::filesystem::path TestData() {
  const char* source = std::getenv("JUNCTOR_SOURCE_DIR");
  return std::filesystem::path(source == nullptr ? "." : source) / "tests/unit/engine/cli/testdata";
}

struct RunResult {
  int status = -1;
  std::string out;
  std::string err;
};

// Runs the binary with `arguments` in the folder of the test data.
RunResult RunJunctor(const std::vector<std::string>& arguments, const std::string& input) {
  const std::filesystem::path scratch =
      std::filesystem::temp_directory_path() / ("junctor_cli_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(scratch);
  const std::string out = (scratch / "out").string();
  const std::string err = (scratch / "err").string();
  std::vector<char*> argv = {const_cast<char*>("junctor")};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const std::string folder = TestData().string();

  const pid_t child = fork();
  if (child == 0) {
    const auto redirect = [](const std::string& file, int flags, int descriptor) {
      const int opened = open(file.c_str(), flags, 0600);
      if (opened < 0 || dup2(opened, descriptor) < 0) _exit(126);
    };
    if (chdir(folder.c_str()) != 0) _exit(126);
    redirect(input, O_RDONLY, STDIN_FILENO);
    redirect(out, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect(err, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    execv(JUNCTOR_BINARY, argv.data());
    _exit(127);
  }
  RunResult result;
  int status = 0;
  waitpid(child, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = ReadAll(out);
  result.err = ReadAll(err);
  std::filesystem::remove_all(scratch);
  return result;
}

std::string Transcript(const Case& one, const RunResult& result) {
  std::string text = "$ junctor";
  for (const std::string& argument : one.arguments) {
    const bool plain = argument.find_first_of(" {\"") == argument.npos;
    text += plain ? " " + argument : " '" + argument + "'";
  }
  if (std::string(one.input) != "/dev/null") text += std::string(" < ") + one.input;
  text += "\nexit status " + std::to_string(result.status) + "\n";
  text += "--- standard output\n" + result.out;
  text += "--- standard error\n" + result.err;
  return text;
}

class CommandGoldenTest : public ::testing::TestWithParam<Case> {};

TEST_P(CommandGoldenTest, PrintsWhatItPrintedBefore) {
  const Case& one = GetParam();
  const std::filesystem::path golden = TestData() / "golden" / (std::string(one.name) + ".txt");
  const std::string actual = Transcript(one, RunJunctor(one.arguments, one.input));
  if (std::getenv("JUNCTOR_REBASE") != nullptr) {
    std::ofstream(golden, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(golden))
      << golden << " is missing; JUNCTOR_REBASE=1 writes it";
  EXPECT_EQ(actual, ReadAll(golden));
}

std::string CaseName(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Commands, CommandGoldenTest, ::testing::ValuesIn(Cases()), CaseName);

TEST(CommandTest, ACompiledProgramIsExplainedAndDisassembledAsItsRouteIs) {
  const std::string program = (std::filesystem::temp_directory_path() /
                               ("junctor_cli_" + std::to_string(getpid()) + ".jnc"))
                                  .string();
  const RunResult compiled = RunJunctor({"compile", "support.json", "-o", program}, "/dev/null");
  EXPECT_EQ(compiled.status, 0) << compiled.err;
  EXPECT_EQ(RunJunctor({"disasm", program}, "/dev/null").out,
            RunJunctor({"disasm", "support.json"}, "/dev/null").out);
  const std::vector<std::string> rest = {"--request", "request.json", "--at", "5"};
  std::vector<std::string> from_program = {"explain", program};
  std::vector<std::string> from_route = {"explain", "support.json"};
  from_program.insert(from_program.end(), rest.begin(), rest.end());
  from_route.insert(from_route.end(), rest.begin(), rest.end());
  EXPECT_EQ(RunJunctor(from_program, "/dev/null").out, RunJunctor(from_route, "/dev/null").out);

  // Damage anywhere is refused with one line.
  std::string bytes = ReadAll(program);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(program, std::ios::binary) << bytes;
  const RunResult damaged = RunJunctor({"disasm", program}, "/dev/null");
  EXPECT_EQ(damaged.status, 1);
  EXPECT_EQ(damaged.out, "");
  EXPECT_EQ(damaged.err.find("error: "), 0u) << damaged.err;
  std::filesystem::remove(program);
}

TEST(CommandTest, AnOutputThatCannotBeWrittenFails) {
  const RunResult result =
      RunJunctor({"compile", "support.json", "-o", "/nonexistent/x.jnc"}, "/dev/null");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "error: cannot write `/nonexistent/x.jnc`: No such file or directory\n");
}

TEST(CommandTest, EveryCodeIsExplained) {
  const RunResult list = RunJunctor({"explain-code"}, "/dev/null");
  EXPECT_EQ(list.status, 0);
  std::istringstream lines(list.out);
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const std::string code = line.substr(0, line.find(' '));
    if (count % 10 != 0) continue;  // a process each: every tenth
    const RunResult page = RunJunctor({"explain-code", code}, "/dev/null");
    EXPECT_EQ(page.status, 0) << code;
    EXPECT_NE(page.out.find(code), std::string::npos) << code;
  }
  EXPECT_GT(count, 10u);
}

}  // namespace
}  // namespace junctor::engine
