// See sink.h.
#include "compiler/diag/sink.h"

#include <algorithm>
#include <utility>

#include "compiler/diag/catalog.h"
#include "compiler/diag/text.h"
#include "compiler/source/limits.h"

namespace junctor::compiler {

void DiagnosticSink::Report(Diagnostic diagnostic) {
  const std::tuple key(diagnostic.code, diagnostic.span.begin, diagnostic.span.end,
                       diagnostic.message);
  if (seen_.contains(key)) return;
  diagnostic.severity = InfoOf(diagnostic.code).severity;
  size_t& count = diagnostic.severity == Severity::kError ? errors_ : warnings_;
  if (++count > kMaxFindings) return;
  seen_.insert(key);
  const Position position = source_.lines().PositionOf(diagnostic.span.begin);
  diagnostic.line = position.line;
  diagnostic.column = position.column;
  for (RelatedPlace& place : diagnostic.related) {
    const Position at = source_.lines().PositionOf(place.span.begin);
    place.line = at.line;
    place.column = at.column;
  }
  findings_.push_back(std::move(diagnostic));
}

bool DiagnosticSink::full() const { return errors_ > kMaxFindings; }

std::vector<Diagnostic> DiagnosticSink::Take() {
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::pair(a.span.begin, a.code) < std::pair(b.span.begin, b.code);
                   });
  const size_t dropped = errors_ + warnings_ - findings_.size();
  if (dropped > 0) {
    Diagnostic rest;
    rest.code = DiagCode::kFindingsNotShown;
    rest.severity = Severity::kWarning;
    rest.message =
        Text({Counted(dropped, "more finding"), dropped == 1 ? " is" : " are", " not shown"});
    rest.help = "correct some of those above and check again";
    const auto end = static_cast<uint32_t>(std::min(source_.text().size(), kMaxRouteTextBytes));
    rest.span = {end, end};
    const Position position = source_.lines().PositionOf(end);
    rest.line = position.line;
    rest.column = position.column;
    findings_.push_back(std::move(rest));
  }
  seen_.clear();
  errors_ = 0;
  warnings_ = 0;
  return std::exchange(findings_, {});
}

}  // namespace junctor::compiler
