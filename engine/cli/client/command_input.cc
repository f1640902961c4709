#include "engine/cli/client/command_input.h"

#include <termios.h>
#include <unistd.h>

#include <charconv>
#include <optional>

namespace junctor::engine {
namespace {

// Standard input without echo, as long as it lives.
class SilentTerminal {
 public:
  SilentTerminal() : silent_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!silent_) return;
    termios quiet = before_;
    quiet.c_lflag &= static_cast<tcflag_t>(~ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~SilentTerminal() {
    if (silent_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  termios before_{};
  bool silent_;
};

std::optional<absl::Duration> ReadSpan(std::string_view text) {
  uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end + 1 != text.data() + text.size()) return std::nullopt;
  switch (*end) {
    case 's':
      return absl::Seconds(count);
    case 'm':
      return absl::Minutes(count);
    case 'h':
      return absl::Hours(count);
    case 'd':
      return absl::Hours(24) * count;
    default:
      return std::nullopt;
  }
}

}  // namespace

absl::StatusOr<Json> ReadAssignments(const std::vector<std::string>& settings) {
  Json object = Json::Object();
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == setting.npos) {
      return absl::InvalidArgumentError("`" + setting +
                                        "` is no setting; expected FIELD=VALUE, for example "
                                        "authentication=true");
    }
    const std::string value = setting.substr(equals + 1);
    absl::StatusOr<Json> json = Json::Parse(value);
    object.Set(setting.substr(0, equals), json.ok() ? *std::move(json) : Json::String(value));
  }
  return object;
}

absl::StatusOr<std::string> ReadTime(std::string_view text, absl::Time now, bool ahead) {
  absl::Time time;
  std::string error;
  if (const std::optional<absl::Duration> span = ReadSpan(text)) {
    time = ahead ? now + *span : now - *span;
  } else if (!absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error)) {
    return absl::InvalidArgumentError("`" + std::string(text) +
                                      "` is no time; expected a span such as 30d, 12h or 90m, or "
                                      "RFC 3339 such as 2026-11-21T23:30:00Z");
  }
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

absl::StatusOr<Secret> ReadSecretInput(const std::string& what, const std::string& variable,
                                       bool from_input, const EnvironmentLookup& environment,
                                       const Console& console) {
  std::string secret;
  if (!variable.empty()) {
    secret = environment(variable).value_or("");
    if (secret.empty()) return absl::NotFoundError("the variable `" + variable + "` is not set");
  } else if (from_input || console.interactive) {
    std::optional<SilentTerminal> silent;
    if (console.interactive) {
      console.err << what << ": " << std::flush;
      silent.emplace();
    }
    for (char c = 0; secret.size() <= kMaxSecretBytes && console.in.get(c) && c != '\n';) {
      secret += c;
    }
    silent.reset();
    if (console.interactive) console.err << '\n';
  } else {
    return absl::InvalidArgumentError("nobody is here to be asked for the " + what +
                                      ": give it on standard input or in a variable (--help)");
  }
  while (secret.ends_with('\r') || secret.ends_with(' ')) secret.pop_back();
  if (secret.empty()) return absl::InvalidArgumentError("the " + what + " is empty");
  if (secret.size() > kMaxSecretBytes) {
    return absl::InvalidArgumentError("the " + what + " is longer than " +
                                      std::to_string(kMaxSecretBytes) + " bytes");
  }
  return Secret(std::move(secret));
}

}  // namespace junctor::engine
