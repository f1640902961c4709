#include "tests/unit/structure/source_files.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace junctor::structure {
namespace {

namespace fs = std::filesystem;

fs::path Root() {
  const char* root = std::getenv("JUNCTOR_SOURCE_DIR");
  return root == nullptr ? fs::current_path() : fs::path(root);
}

bool IsSource(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".hpp" || extension == ".cc" || extension == ".cpp" ||
         extension == ".c" || extension == ".def";
}

// The first two parts of a path, or the first where the file stands right below it.
std::string FolderOf(const std::string& path) {
  const size_t first = path.find('/');
  const size_t second = path.find('/', first + 1);
  return path.substr(0, second == std::string::npos ? first : second);
}

SourceFile Read(const fs::path& file) {
  SourceFile source;
  source.path = file.lexically_relative(Root()).generic_string();
  source.folder = FolderOf(source.path);
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) source.lines.push_back(line);
  return source;
}

}  // namespace

std::vector<SourceFile> SourceFiles(const std::vector<std::string>& tops) {
  std::vector<SourceFile> files;
  for (const std::string& top : tops) {
    if (!fs::is_directory(Root() / top)) continue;
    fs::recursive_directory_iterator walk(Root() / top);
    for (const fs::directory_entry& entry : walk) {
      if (entry.is_directory() && entry.path().filename() == "node_modules") {
        walk.disable_recursion_pending();
      } else if (entry.is_regular_file() && IsSource(entry.path())) {
        files.push_back(Read(entry.path()));
      }
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

bool IsFile(const std::string& path) { return fs::is_regular_file(Root() / path); }

}  // namespace junctor::structure
