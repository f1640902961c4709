// junctor faulty-provider: starts it, says where it listens, and waits for a signal.
#include "engine/faulty/faulty_provider.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "engine/cli/commands.h"

namespace junctor::engine {
namespace {

absl::StatusOr<std::string> ReadText(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (in.is_open()) text << in.rdbuf();
  if (!in.is_open() || in.bad()) {
    return absl::FailedPreconditionError("cannot read `" + file + "`");
  }
  return text.str();
}

absl::Status WriteText(const std::string& file, const std::string& text) {
  std::ofstream out(file, std::ios::binary);
  out << text << std::flush;
  if (out.good()) return absl::OkStatus();
  return absl::FailedPreconditionError("cannot write to `" + file + "`");
}

absl::StatusOr<std::unique_ptr<FaultyProvider>> StartProvider(
    const FaultyProviderCommand& options) {
  FaultyProviderOptions provider;
  const absl::StatusOr<ListenAddress> listen = ParseListenAddress(options.listen);
  if (!listen.ok()) return listen.status();
  provider.listen = *listen;
  provider.tls = options.tls;
  provider.record_file = options.record;
  if (!options.script.empty()) {
    absl::StatusOr<std::string> script = ReadText(options.script);
    if (!script.ok()) return script.status();
    provider.script = *std::move(script);
  }
  return FaultyProvider::Start(provider);
}

// A file that becomes readable with the first SIGINT or SIGTERM; the threads to come inherit that
// the signals are blocked.
absl::StatusOr<int> StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  const int stop =
      sigprocmask(SIG_BLOCK, &signals, nullptr) == 0 ? signalfd(-1, &signals, SFD_CLOEXEC) : -1;
  if (stop < 0) return absl::InternalError("cannot wait for signals");
  return stop;
}

}  // namespace

int RunFaultyProvider(const FaultyProviderCommand& options, const Console& console) {
  const auto fail = [&console](const absl::Status& status) {
    PrintError(console, std::string(status.message()));
    return kExitFailure;
  };
  const absl::StatusOr<std::unique_ptr<FaultyProvider>> provider = StartProvider(options);
  if (!provider.ok()) return fail(provider.status());
  if (!options.tls_authority.empty()) {
    if (absl::Status status = WriteText(options.tls_authority, (*provider)->authority_pem());
        !status.ok()) {
      return fail(status);
    }
  }
  const absl::StatusOr<int> stop = StopSignals();
  if (!stop.ok()) return fail(stop.status());
  console.out << "listening on " << (*provider)->url() << std::endl;
  (*provider)->Run(*stop);
  close(*stop);
  return kExitOk;
}

}  // namespace junctor::engine
