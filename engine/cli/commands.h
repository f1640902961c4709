// The commands of `junctor`: what each is asked, and the function that does it. command_line.cc
// fills the options from the command line. Every function returns the process's exit status.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cli/console.h"
#include "engine/faulty/tls_mode.h"

namespace junctor::engine {

// How results are written.
enum class OutputFormat : uint8_t { kText, kJson };

// check: compiles routes and reports everything that is wrong with them.
struct CheckOptions {
  std::vector<std::string> files;  // files, folders, or "-" for standard input
  bool warnings_are_errors = false;
  OutputFormat format = OutputFormat::kText;
  std::string config;  // configuration that names further providers and prices; may be empty
};
int RunCheck(const CheckOptions& options, const Console& console);

// compile: writes a route's program to a file.
struct CompileFileOptions {
  std::string file;
  std::string output;  // "-": standard output
};
int RunCompile(const CompileFileOptions& options, const Console& console);

// disasm: prints a program, from its file or from a route's source.
struct DisassembleOptions {
  std::string file;
};
int RunDisassemble(const DisassembleOptions& options, const Console& console);

// graph: prints a route as a picture's source.
enum class GraphFormat : uint8_t { kDot, kMermaid };
struct GraphOptions {
  std::string file;
  GraphFormat format = GraphFormat::kDot;
};
int RunGraph(const GraphOptions& options, const Console& console);

// explain: runs one request through a route, with the world assumed, and says what decided each
// step.
struct ExplainOptions {
  std::string file;  // route source or program
  std::string
      request;  // file with the request, "-" for standard input; empty: a request without a body
  std::vector<std::string> headers;   // "Name: value"
  std::vector<std::string> metadata;  // a JSON object, or key=value
  std::string at;                     // RFC 3339 or Unix seconds; empty: now
  uint64_t seed = 0;                  // of draws and jitter
  std::vector<std::string> assumed;   // ELEMENT=answer[,answer…]
  std::string limits;                 // file with rows of limits; empty: nothing is known of them
  std::string prices;                 // price file; empty: the built-in prices
  OutputFormat format = OutputFormat::kText;
};
int RunExplain(const ExplainOptions& options, const Console& console);

// eval: conditions and requests on standard input, one answer a line.
int RunEval(const Console& console);

// explain-code: the page on a diagnostic code; without one, the list of them.
struct ExplainCodeOptions {
  std::string code;
};
int RunExplainCode(const ExplainCodeOptions& options, const Console& console);

// serve: the gateway.
struct ServeOptions {
  std::string config;  // empty: ./junctor.json where it exists, else defaults
};
int RunServe(const ServeOptions& options, const Console& console);

// faulty-provider: a provider that misbehaves as it is told, for tests. Serves until SIGINT or
// SIGTERM.
struct FaultyProviderCommand {
  std::string listen = "127.0.0.1:9100";
  TlsMode tls = TlsMode::kNone;
  std::string
      tls_authority;   // file to write the certificate to that clients must trust; may be empty
  std::string script;  // file; may be empty
  std::string record;  // file; may be empty
};
int RunFaultyProvider(const FaultyProviderCommand& options, const Console& console);

// prices show: what a model costs, and which entry of the price table says so.
struct PricesShowOptions {
  std::string model;  // PROVIDER/MODEL
  std::string file;   // a price file whose entries win over the built-in ones; may be empty
  bool json = false;
};
int RunPricesShow(const PricesShowOptions& options, const Console& console);

// prices list: the price table's entries.
struct PricesListOptions {
  std::string provider;  // empty: of all
  std::string file;      // as above
  bool json = false;
};
int RunPricesList(const PricesListOptions& options, const Console& console);

// secrets rotate: seals what is stored under another master key, in the store itself. With neither
// variable nor file the new key is the first one of the configuration.
struct SecretsRotateOptions {
  std::string config;
  std::string new_key_env;   // name of the variable that holds the new key; or
  std::string new_key_file;  // the file that does
};
int RunSecretsRotate(const SecretsRotateOptions& options, const Console& console);

}  // namespace junctor::engine
