// The command line's grammar and its help. Those of the commands that call a running gateway:
// client/client_command_line.h.
#include "engine/cli/command_line.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "compiler/syntax/suggest.h"
#include "engine/cli/client/client_command_line.h"
#include "engine/cli/commands.h"
#include "engine/config/config.h"
#include "runtime/program/program_file.h"

namespace junctor::engine {
namespace {

const std::map<std::string, OutputFormat> kOutputFormats = {{"text", OutputFormat::kText},
                                                            {"json", OutputFormat::kJson}};
const std::map<std::string, GraphFormat> kGraphFormats = {{"dot", GraphFormat::kDot},
                                                          {"mermaid", GraphFormat::kMermaid}};
const std::map<std::string, TlsMode> kTlsModes = {
    {"good", TlsMode::kGood},       {"self-signed", TlsMode::kSelfSigned},
    {"expired", TlsMode::kExpired}, {"wrong-host", TlsMode::kWrongHost},
    {"abort", TlsMode::kAbort},     {"refuse-handshake", TlsMode::kRefuseHandshake}};

// An option that takes one of the words of `names`.
template <typename Choice>
void AddChoice(CLI::App* command, const char* name, Choice* target,
               const std::map<std::string, Choice>& names, const std::string& what) {
  std::string words;
  for (const auto& [word, choice] : names) words += (words.empty() ? "" : "|") + word;
  const auto take = [target, &names](const CLI::results_t& values) {
    const auto chosen = names.find(values.front());
    if (chosen == names.end()) return false;
    *target = chosen->second;
    return true;
  };
  CLI::Option* option = command->add_option(name, take, what);
  option->type_name(words);
  option->expected(1);
  option->check([&names, words](const std::string& word) {
    return names.contains(word) ? std::string() : "expected " + words + ", found `" + word + "`";
  });
}

// An option that may be given several times, one value each.
void AddList(CLI::App* command, const char* name, std::vector<std::string>* target,
             const char* type, const char* what) {
  command->add_option(name, *target, what)->type_name(type)->allow_extra_args(false);
}

// All commands with their options; `status` gets what the chosen one returns.
class CommandLine {
 public:
  explicit CommandLine(const Console& console)
      : console_(console), app_("An LLM gateway whose routes are programs.", "junctor") {
    app_.set_version_flag("--version", std::string("junctor " JUNCTOR_VERSION ", program format ") +
                                           std::to_string(kProgramFormat));
    app_.require_subcommand(1);
    app_.get_formatter()->column_width(36);
    app_.footer(
        "`junctor COMMAND --help` shows a command's options, with examples.\n"
        "Exit status: 0 done, 1 something is wrong (it is on standard error), 2 wrong usage.");
    AddServe();
    AddCheck();
    AddCompile();
    AddDisassemble();
    AddGraph();
    AddExplain();
    AddEval();
    AddExplainCode();
    AddPrices();
    AddSecrets();
    AddFaultyProvider();
    client_.emplace(&app_, console_, ProcessEnvironment(),
                    [this](std::function<int()> action) { action_ = std::move(action); });
  }

  int Run(int argc, const char* const* argv) {
    if (argc > 1 && !IsCommandOrOption(argv[1])) return kExitUsage;
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error, console_.out, console_.err) == 0 ? kExitOk : kExitUsage;
    }
    return action_();
  }

 private:
  // CLI11 would only say that a command is missing.
  bool IsCommandOrOption(const std::string& word) {
    if (word.starts_with('-')) return true;
    std::vector<std::string> names;
    for (const CLI::App* command : app_.get_subcommands({})) names.push_back(command->get_name());
    if (std::find(names.begin(), names.end(), word) != names.end()) return true;
    const std::string nearest(compiler::ClosestName(word, {names.begin(), names.end()}));
    PrintError(console_, "unknown command `" + word + "`; " +
                             (nearest.empty() ? std::string("`junctor --help` lists the commands")
                                              : "did you mean `" + nearest + "`?"));
    return false;
  }

  CLI::App* Add(const char* name, const char* what, const char* examples,
                std::function<int()> action) {
    return Add(&app_, name, what, examples, std::move(action));
  }
  CLI::App* Add(CLI::App* parent, const char* name, const char* what, const char* examples,
                std::function<int()> action) {
    CLI::App* command = parent->add_subcommand(name, what);
    command->footer(std::string("Examples:\n") + examples);
    command->callback([this, action] { action_ = action; });
    return command;
  }

  void AddServe() {
    CLI::App* command = Add("serve", "Start the gateway",
                            "  junctor serve\n"
                            "  junctor serve --config /etc/junctor/junctor.json",
                            [this] { return RunServe(serve_, console_); });
    command
        ->add_option(
            "-c,--config", serve_.config,
            "The configuration; without it ./junctor.json, or defaults where there is none")
        ->type_name("FILE");
  }

  void AddCheck() {
    CLI::App* command =
        Add("check", "Compile routes and report everything that is wrong with them",
            "  junctor check routes/\n"
            "  junctor check --werror routes/support.json\n"
            "  junctor check --format json - < route.json     one JSON object a line for each file",
            [this] { return RunCheck(check_, console_); });
    command
        ->add_option("files", check_.files, "Route files, folders of them, or - for standard input")
        ->required()
        ->type_name("FILE");
    command->add_flag("--werror", check_.warnings_are_errors, "Warnings fail too");
    command
        ->add_option("-c,--config", check_.config,
                     "A configuration whose providers are known, beside the built-in ones")
        ->type_name("FILE");
    AddChoice(command, "--format", &check_.format, kOutputFormats, "How to report (default text)");
  }

  void AddCompile() {
    CLI::App* command = Add("compile", "Write a route's program to a file",
                            "  junctor compile routes/support.json -o support.jnc",
                            [this] { return RunCompile(compile_, console_); });
    command->add_option("file", compile_.file, "The route, or - for standard input")
        ->required()
        ->type_name("FILE");
    command->add_option("-o,--output", compile_.output, "Where to, or - for standard output")
        ->required()
        ->type_name("OUT");
  }

  void AddDisassemble() {
    CLI::App* command = Add("disasm", "Print a program's tables and instructions",
                            "  junctor disasm routes/support.json\n"
                            "  junctor disasm support.jnc",
                            [this] { return RunDisassemble(disassemble_, console_); });
    command->add_option("file", disassemble_.file, "A route or a program, or - for standard input")
        ->required()
        ->type_name("FILE");
  }

  void AddGraph() {
    CLI::App* command = Add("graph", "Draw a route",
                            "  junctor graph routes/support.json | dot -Tsvg > support.svg\n"
                            "  junctor graph routes/support.json --format mermaid",
                            [this] { return RunGraph(graph_, console_); });
    command->add_option("file", graph_.file, "The route, or - for standard input")
        ->required()
        ->type_name("FILE");
    AddChoice(command, "--format", &graph_.format, kGraphFormats,
              "The picture's language (default dot)");
  }

  void AddExplain() {
    CLI::App* command =
        Add("explain", "Run one request through a route and show what decided each step",
            "  junctor explain routes/support.json --request chat.json --metadata plan=free\n"
            "  junctor explain routes/support.json --assume gpt=timeout --assume limit=limited\n"
            "  junctor explain routes/support.json --assume gpt=status:503,status:503,ok\n"
            "  junctor explain support.jnc --at 2026-11-21T23:30:00Z --seed 7 --format json\n"
            "  junctor limits list support --json | junctor explain support.json --limits -\n"
            "\n"
            "The request file holds a chat completion's body, or an object with `body` and, where "
            "wanted,\n"
            "`headers`, `metadata`, `method`, `path` and `client_ip`. No model is called and no "
            "limit is taken:\n"
            "elements answer `ok` unless --assume says otherwise. Of several answers each attempt "
            "takes the next;\n"
            "the last one stays. `stream` is a success whose answer breaks off after the first "
            "token; `skipped`\n"
            "a target that is known to be down. With --limits, limits that --assume does not name "
            "say what they\n"
            "would say in that state.",
            [this] { return RunExplain(explain_, console_); });
    command->add_option("file", explain_.file, "A route or a program")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("-r,--request", explain_.request,
                     "The request, or - for standard input (default: one without a body)")
        ->type_name("FILE");
    AddList(command, "-H,--header", &explain_.headers, "'NAME: VALUE'", "A header of the request");
    AddList(command, "-m,--metadata", &explain_.metadata, "KEY=VALUE|JSON",
            "An entry of the request's metadata, or a JSON object of them");
    command
        ->add_option("--at", explain_.at,
                     "When the request comes: RFC 3339 or Unix seconds (default now)")
        ->type_name("TIME");
    command->add_option("--seed", explain_.seed, "Of random draws and jitter (default 0)")
        ->type_name("N");
    AddList(
        command, "-a,--assume", &explain_.assumed, "ELEMENT=ANSWER[,...]",
        "ok, skipped, timeout, status:N or an error class for a model; ok or limited for a limit");
    command
        ->add_option(
            "--limits", explain_.limits,
            "What limits have counted, as `junctor limits list --json` prints it, or - for "
            "standard input")
        ->type_name("FILE");
    command
        ->add_option("--prices", explain_.prices,
                     "A price file, whose prices go before the built-in ones")
        ->type_name("FILE");
    AddChoice(command, "--format", &explain_.format, kOutputFormats,
              "How to write it (default text)");
  }

  void AddEval() {
    Add("eval", "Evaluate conditions from standard input",
        "  echo '{\"condition\": {\"metadata.plan\": \"pro\"}, \"request\": {\"metadata\": "
        "{\"plan\": \"pro\"}}}' | "
        "junctor eval\n"
        "\n"
        "Each line is an object with `condition` and `request` (as in `explain`); for each, a line "
        "`true` or\n"
        "`false` comes out, or `error` with the reason on standard error, and then the exit status "
        "is 1.",
        [this] { return RunEval(console_); });
  }

  void AddExplainCode() {
    CLI::App* command =
        Add("explain-code", "Explain a diagnostic's code; without one, list them all",
            "  junctor explain-code JR0304",
            [this] { return RunExplainCode(explain_code_, console_); });
    command->add_option("code", explain_code_.code, "The code, e.g. JR0304")->type_name("CODE");
  }

  void AddPrices() {
    CLI::App* prices = app_.add_subcommand("prices", "Show what models cost");
    prices->require_subcommand(1);
    prices->footer(
        "Examples:\n"
        "  junctor prices show openai/gpt-4o-mini\n"
        "  junctor prices list anthropic");
    CLI::App* show = Add(prices, "show", "Show a model's prices, and the entry that has them",
                         "  junctor prices show openai/gpt-4o-mini\n"
                         "  junctor prices show gpt-4o-mini\n"
                         "  junctor prices show huggingface/openai/gpt-oss-120b:groq\n"
                         "  junctor prices show openai/gpt-4o-mini --file prices.json --json",
                         [this] { return RunPricesShow(prices_show_, console_); });
    show->add_option(
            "model", prices_show_.model,
            "The model, with its provider in front; without one, at every provider that has it")
        ->required()
        ->type_name("[PROVIDER/]MODEL");
    AddPriceOptions(show, &prices_show_.file, &prices_show_.json,
                    "Write a JSON object, or one a line for each provider");
    CLI::App* list = Add(prices, "list", "List the models that have prices",
                         "  junctor prices list anthropic\n"
                         "  junctor prices list --json | grep '\"deprecated\":true'",
                         [this] { return RunPricesList(prices_list_, console_); });
    list->add_option("provider", prices_list_.provider, "Of this provider only")
        ->type_name("PROVIDER");
    AddPriceOptions(list, &prices_list_.file, &prices_list_.json, "Write one JSON object a line");
  }

  static void AddPriceOptions(CLI::App* command, std::string* file, bool* json,
                              const char* json_help) {
    command->add_option("--file", *file, "A price file whose entries win over the built-in ones")
        ->type_name("FILE");
    command->add_flag("--json", *json, json_help);
  }

  void AddSecrets() {
    CLI::App* secrets = app_.add_subcommand("secrets", "The master key of stored secrets");
    secrets->require_subcommand(1);
    secrets->footer(
        "Examples:\n  junctor secrets rotate --config junctor.json --new-key-file new.key");
    CLI::App* rotate = Add(
        secrets, "rotate", "Seal everything that is stored under a new master key",
        "  openssl rand -hex 32 > new.key && chmod 600 new.key\n"
        "  junctor secrets rotate --config junctor.json --new-key-file new.key\n"
        "\n"
        "Works on the store itself, in one transaction, and may be run again. Gateways that run "
        "meanwhile need both\n"
        "keys, the new one first (a line each in the master key's file), until it is done. Where "
        "no new key is\n"
        "named here, the configuration's first key is the new one.",
        [this] { return RunSecretsRotate(secrets_rotate_, console_); });
    rotate->add_option("-c,--config", secrets_rotate_.config, "The gateway's configuration")
        ->required()
        ->type_name("FILE");
    CLI::Option* file =
        rotate->add_option("--new-key-file", secrets_rotate_.new_key_file, "Holds the new key");
    file->type_name("FILE");
    rotate
        ->add_option("--new-key-env", secrets_rotate_.new_key_env,
                     "The variable that holds the new key")
        ->type_name("VARIABLE")
        ->excludes(file);
  }

  void AddFaultyProvider() {
    CLI::App* command =
        Add("faulty-provider", "Start a provider that misbehaves as it is told, for tests",
            "  junctor faulty-provider --listen 127.0.0.1:9100\n"
            "  junctor faulty-provider --tls good --tls-authority ca.pem\n"
            "  curl http://127.0.0.1:9100/v1/chat/completions -d '{\"model\": \"status-503\"}'\n"
            "  curl http://127.0.0.1:9100/faulty/behaviours      what a model's name can ask for\n"
            "  curl http://127.0.0.1:9100/faulty/requests        what it received, credentials too",
            [this] { return RunFaultyProvider(faulty_provider_, console_); });
    command
        ->add_option("-l,--listen", faulty_provider_.listen,
                     "Where to listen; port 0 is any free one (default 127.0.0.1:9100)")
        ->type_name("HOST:PORT");
    AddChoice(command, "--tls", &faulty_provider_.tls, kTlsModes,
              "Serve HTTPS, well or badly (default plain HTTP)");
    command
        ->add_option("--tls-authority", faulty_provider_.tls_authority,
                     "Write the certificate to trust there, as PEM")
        ->type_name("FILE");
    command
        ->add_option("--script", faulty_provider_.script,
                     "JSON: behaviours by model or path, one a request")
        ->type_name("FILE");
    command
        ->add_option("--record", faulty_provider_.record,
                     "Append every request there, one JSON object a line, credentials too")
        ->type_name("FILE");
  }

  const Console& console_;
  CLI::App app_;
  std::function<int()> action_ = [] { return int{kExitUsage}; };
  ServeOptions serve_;
  CheckOptions check_;
  CompileFileOptions compile_;
  DisassembleOptions disassemble_;
  GraphOptions graph_;
  ExplainOptions explain_;
  ExplainCodeOptions explain_code_;
  PricesShowOptions prices_show_;
  PricesListOptions prices_list_;
  SecretsRotateOptions secrets_rotate_;
  FaultyProviderCommand faulty_provider_;
  std::optional<ClientCommandLine> client_;
};

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const Console& console) {
  const int status = CommandLine(console).Run(argc, argv);
  console.out.flush();
  if (!console.out.good()) {
    PrintError(console, "cannot write to standard output");
    return status == kExitOk ? kExitFailure : status;
  }
  return status;
}

}  // namespace junctor::engine
