// See catalog.h.
#include "compiler/diag/catalog.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace junctor::compiler {
namespace {

constexpr DiagnosticInfo kDiagnostics[] = {
#define JUNCTOR_DIAGNOSTIC(code, id, severity, title, explanation) \
  {DiagCode::id, Severity::severity, title, explanation},
#include "compiler/diag/diagnostics.def"
#undef JUNCTOR_DIAGNOSTIC
};

constexpr bool RisesStrictly() {
  for (size_t i = 1; i < std::size(kDiagnostics); ++i) {
    if (kDiagnostics[i - 1].code >= kDiagnostics[i].code) return false;
  }
  return true;
}
static_assert(RisesStrictly(), "diagnostics.def stands in the order of its codes, each once");

constexpr std::string_view kPrefix = "JR";
constexpr size_t kDigits = 4;

const DiagnosticInfo* Find(uint16_t number) {
  const auto* found = std::lower_bound(std::begin(kDiagnostics), std::end(kDiagnostics), number,
                                       [](const DiagnosticInfo& info, uint16_t wanted) {
                                         return static_cast<uint16_t>(info.code) < wanted;
                                       });
  const bool hit = found != std::end(kDiagnostics) && static_cast<uint16_t>(found->code) == number;
  return hit ? found : nullptr;
}

}  // namespace

std::span<const DiagnosticInfo> AllDiagnostics() { return kDiagnostics; }

const DiagnosticInfo& InfoOf(DiagCode code) { return *Find(static_cast<uint16_t>(code)); }

std::string DiagCodeName(DiagCode code) {
  const std::string number = std::to_string(static_cast<uint16_t>(code));
  return std::string(kPrefix) + std::string(kDigits - number.size(), '0') + number;
}

std::string_view SeverityName(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

std::optional<DiagCode> ParseDiagCode(std::string_view name) {
  const bool prefixed = name.size() > kPrefix.size() && (name[0] == 'J' || name[0] == 'j') &&
                        (name[1] == 'R' || name[1] == 'r');
  if (prefixed) name.remove_prefix(kPrefix.size());
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  const DiagnosticInfo* info = Find(number);
  if (info == nullptr) return std::nullopt;
  return info->code;
}

std::string ExplainCode(DiagCode code) {
  const DiagnosticInfo& info = InfoOf(code);
  std::string result = DiagCodeName(code) + " (" + std::string(SeverityName(info.severity)) + "): ";
  result += info.title;
  result += '\n';
  result += info.explanation;
  return result;
}

}  // namespace junctor::compiler
