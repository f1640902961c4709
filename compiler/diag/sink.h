// Where every stage of the compiler reports what it finds.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "compiler/diag/diagnostic.h"
#include "compiler/source/source.h"

namespace junctor::compiler {

// Collects the diagnostics of one compilation. For one thread. The source must outlive it.
class DiagnosticSink {
 public:
  explicit DiagnosticSink(const Source& source) : source_(source) {}

  // Takes a finding: sets its severity (from diagnostics.def), line and column. A second finding of
  // the same code and message at the same place is dropped. Beyond kMaxFindings errors (or
  // warnings), they are only counted.
  void Report(Diagnostic diagnostic);

  // Errors, and warnings, reported so far, those that are only counted included.
  size_t error_count() const { return errors_; }
  size_t warning_count() const { return warnings_; }

  // Whether so many errors were reported that more are only counted: time to give up on a text that
  // is no route at all.
  bool full() const;

  // What was reported, by position in the text; where some were only counted, a last one says how
  // many. Empties the sink.
  std::vector<Diagnostic> Take();

 private:
  const Source& source_;
  std::vector<Diagnostic> findings_;
  std::set<std::tuple<DiagCode, uint32_t, uint32_t, std::string>> seen_;  // of those in findings_
  size_t errors_ = 0;
  size_t warnings_ = 0;
};

}  // namespace junctor::compiler
