// How findings are collected.
#include "compiler/diag/sink.h"

#include <gtest/gtest.h>

#include "compiler/source/limits.h"

namespace junctor::compiler {
namespace {

Diagnostic At(DiagCode code, uint32_t begin, std::string message = "m") {
  Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.span = {begin, begin + 1};
  diagnostic.message = std::move(message);
  return diagnostic;
}

TEST(DiagnosticSink, SortsByPositionAndFillsPlaces) {
  const Source source("x", "ab\ncd\n");
  DiagnosticSink sink(source);
  sink.Report(At(DiagCode::kUnknownKey, 4));
  sink.Report(At(DiagCode::kEmptyCondition, 0));
  EXPECT_EQ(sink.error_count(), 1u);
  EXPECT_EQ(sink.warning_count(), 1u);
  const std::vector<Diagnostic> all = sink.Take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].severity, Severity::kWarning);
  EXPECT_EQ(all[1].line, 2u);
  EXPECT_EQ(all[1].column, 2u);
  EXPECT_EQ(sink.error_count(), 0u);
}

TEST(DiagnosticSink, DropsWhatWasSaidAlready) {
  const Source source("x", "ab");
  DiagnosticSink sink(source);
  sink.Report(At(DiagCode::kMissingKey, 0, "no `a`"));
  sink.Report(At(DiagCode::kMissingKey, 0, "no `a`"));
  sink.Report(At(DiagCode::kMissingKey, 0, "no `b`"));
  EXPECT_EQ(sink.Take().size(), 2u);
}

TEST(DiagnosticSink, CountsWhatItDoesNotKeep) {
  const Source source("x", std::string(kMaxFindings + 10, 'a'));
  DiagnosticSink sink(source);
  for (uint32_t i = 0; i < kMaxFindings + 7; ++i) sink.Report(At(DiagCode::kUnknownKey, i));
  // Errors don't take the place of warnings.
  sink.Report(At(DiagCode::kEmptyCondition, 0));
  EXPECT_TRUE(sink.full());
  EXPECT_EQ(sink.error_count(), kMaxFindings + 7);
  const std::vector<Diagnostic> all = sink.Take();
  ASSERT_EQ(all.size(), kMaxFindings + 2);
  EXPECT_EQ(all.back().code, DiagCode::kFindingsNotShown);
  EXPECT_EQ(all.back().message, "7 more findings are not shown");
}

}  // namespace
}  // namespace junctor::compiler
