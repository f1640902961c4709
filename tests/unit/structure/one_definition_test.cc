// Two types of one name in one namespace are two definitions of the same thing to the linker, which
// keeps either one's functions and says nothing.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "tests/unit/structure/source_files.h"

namespace junctor::structure {
namespace {

// The name of the type that `line` begins to define outside of any other, or nothing.
std::string DefinedType(std::string_view line) {
  for (const std::string_view keyword : {"struct ", "class ", "enum class "}) {
    if (!line.starts_with(keyword)) continue;
    std::string_view rest = line.substr(keyword.size());
    if (rest.starts_with("alignas(")) rest.remove_prefix(rest.find(") ") + 2);
    const size_t end = rest.find_first_of(" :{;");
    if (end == rest.npos || rest[end] == ';' || line.find('{') == line.npos) return {};
    // A member of another type, defined apart, carries that type's name.
    if (rest.substr(end).starts_with("::")) return {};
    return std::string(rest.substr(0, end));
  }
  return {};
}

TEST(Structure, EachTypeOfANamespaceIsDefinedOnce) {
  std::map<std::string, std::string> defined;  // "namespace::Type" → where
  for (const SourceFile& file : SourceFiles({"compiler", "runtime", "engine"})) {
    std::string space;
    bool unnamed = false;
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (line.starts_with("namespace ") && line.ends_with("{")) {
        unnamed = line == "namespace {";
        if (!unnamed) space = line.substr(10, line.size() - 12);
      } else if (line == "}  // namespace") {
        unnamed = false;
      }
      if (unnamed) continue;
      const std::string name = DefinedType(line);
      if (name.empty()) continue;
      const std::string where = file.path + ":" + std::to_string(i + 1);
      const auto [found, is_new] = defined.emplace(space + "::" + name, where);
      EXPECT_TRUE(is_new) << space << "::" << name << " is defined at " << found->second
                          << " and at " << where;
    }
  }
  EXPECT_GT(defined.size(), 300u);
}

}  // namespace
}  // namespace junctor::structure
