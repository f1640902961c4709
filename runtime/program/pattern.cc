#include "runtime/program/pattern.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/program/program_limits.h"

namespace junctor {

absl::StatusOr<std::unique_ptr<re2::RE2>> CompilePattern(std::string_view pattern,
                                                         std::string_view options) {
  re2::RE2::Options re2_options;
  re2_options.set_log_errors(false);
  re2_options.set_never_capture(true);
  re2_options.set_max_mem(kPatternMemoryBytes);
  std::string text;
  for (size_t i = 0; i < options.size(); ++i) {
    if (options.find(options[i], i + 1) != std::string_view::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("option `", std::string(1, options[i]), "` is given twice"));
    }
    switch (options[i]) {
      case 'i':
        re2_options.set_case_sensitive(false);
        break;
      case 'm':
        text = "(?m)";  // RE2 has no option for it outside POSIX syntax
        break;
      case 's':
        re2_options.set_dot_nl(true);
        break;
      default:
        return absl::InvalidArgumentError(absl::StrCat(
            "option `", std::string(1, options[i]), "` is unknown: expected any of `i`, `m`, `s`"));
    }
  }
  text += pattern;
  auto compiled = std::make_unique<re2::RE2>(text, re2_options);
  if (!compiled->ok()) return absl::InvalidArgumentError(compiled->error());
  return compiled;
}

}  // namespace junctor
