// The project's own source files, as lines.
#pragma once

#include <string>
#include <vector>

namespace junctor::structure {

// One source file.
struct SourceFile {
  std::string path;    // relative to the project's root, "runtime/program/value.h"
  std::string folder;  // "runtime/program"; of a file beside such folders the part that there is:
                       // "compiler"
  std::vector<std::string> lines;

  bool is_header() const { return path.ends_with(".h") || path.ends_with(".hpp"); }
};

// All .h, .hpp, .cc, .cpp, .c and .def files below `tops`, in order of their paths. Third-party
// packages are passed over.
std::vector<SourceFile> SourceFiles(const std::vector<std::string>& tops);

// Whether `path`, relative to the project's root, is a file.
bool IsFile(const std::string& path);

}  // namespace junctor::structure
