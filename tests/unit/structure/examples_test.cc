// The examples are the first thing that a reader copies: every one compiles, and warns only where
// its comment says so.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "compiler/compile.h"

namespace junctor::structure {
namespace {

namespace fs = std::filesystem;

// Warnings that are meant, by file; the comment at the file's top explains them.
const std::map<std::string, std::vector<std::string>>& ExpectedWarnings() {
  static const std::map<std::string, std::vector<std::string>> warnings = {
      {"budget.jsonc", {"JR0706"}}};
  return warnings;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

fs::path Root() {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  return root == nullptr ? fs::current_path() : fs::path(root);
}

std::vector<fs::path> RouteFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  return files;
}

TEST(Examples, CompileWithTheWarningsThatTheirCommentsExplain) {
  std::vector<fs::path> files = RouteFiles(Root() / "examples/routes");
  EXPECT_GE(files.size(), 10u);
  files.push_back(Root() / "bench/gateway/routes/bench.jsonc");
  for (const fs::path& file : files) {
    const std::string text = ReadFile(file);
    const compiler::CompileResult result = compiler::Compile(file.string(), text, {});
    std::vector<std::string> warnings;
    for (const compiler::Diagnostic& diagnostic : result.diagnostics) {
      const std::string code = compiler::DiagCodeName(diagnostic.code);
      if (diagnostic.severity == compiler::Severity::kWarning) warnings.push_back(code);
      const bool is_error = diagnostic.severity == compiler::Severity::kError;
      EXPECT_FALSE(is_error) << file << ":" << diagnostic.line << ": " << code << " "
                             << diagnostic.message;
    }
    const auto expected = ExpectedWarnings().find(file.filename().string());
    EXPECT_EQ(warnings,
              expected == ExpectedWarnings().end() ? std::vector<std::string>() : expected->second)
        << file;
    EXPECT_TRUE(text.starts_with("//")) << file << ": no comment at the top says what it is for";
    if (result.ok()) {
      EXPECT_EQ(std::string(result.program->route_name()), file.stem().string())
          << file << ": a route is called as its file";
    }
  }
}

}  // namespace
}  // namespace junctor::structure
