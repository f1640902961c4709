// The table of diagnostics.
#include "compiler/diag/catalog.h"

#include <gtest/gtest.h>

#include <set>

namespace junctor::compiler {
namespace {

TEST(Catalog, NamesCodesWithFourDigits) {
  EXPECT_EQ(DiagCodeName(DiagCode::kUnknownElement), "JR0304");
  EXPECT_EQ(ParseDiagCode("JR0304"), DiagCode::kUnknownElement);
  EXPECT_EQ(ParseDiagCode("jr0304"), DiagCode::kUnknownElement);
  EXPECT_EQ(ParseDiagCode("304"), DiagCode::kUnknownElement);
  EXPECT_EQ(ParseDiagCode("JR9999"), std::nullopt);
  EXPECT_EQ(ParseDiagCode("JR"), std::nullopt);
  EXPECT_EQ(ParseDiagCode("JR03x"), std::nullopt);
  EXPECT_EQ(ParseDiagCode(""), std::nullopt);
}

TEST(Catalog, EveryCodeHasAPageOfItsOwn) {
  std::set<std::string_view> titles;
  for (const DiagnosticInfo& info : AllDiagnostics()) {
    SCOPED_TRACE(DiagCodeName(info.code));
    EXPECT_TRUE(titles.insert(info.title).second);
    EXPECT_NE(info.title.back(), '.');
    const std::string page = ExplainCode(info.code);
    EXPECT_TRUE(page.starts_with(DiagCodeName(info.code)));
    EXPECT_EQ(page.back(), '\n');
    // Advice about numbers of findings has no example; everything else shows what is wrong or
    // right.
    const bool has_example =
        page.find("Wrong:") != std::string::npos || page.find("Right:") != std::string::npos;
    EXPECT_TRUE(has_example || info.code == DiagCode::kFindingsNotShown);
    EXPECT_EQ(info.severity == Severity::kWarning, static_cast<uint16_t>(info.code) >= 700 ||
                                                       info.code == DiagCode::kUnreachable ||
                                                       info.code == DiagCode::kNoModelOnPath ||
                                                       info.code == DiagCode::kFindingsNotShown);
  }
}

}  // namespace
}  // namespace junctor::compiler
