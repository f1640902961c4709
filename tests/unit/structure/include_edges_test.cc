// Every #include of the product against the plan: the arrows between folders, and the rooms of
// third parties.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/structure/source_files.h"

namespace junctor::structure {
namespace {

using Folders = std::set<std::string>;

// What each folder may include besides itself. A top-level name ("runtime") stands for all its
// folders. The product may include nothing that is not listed here, so a new folder needs a line.
const std::map<std::string, Folders>& AllowedEdges() {
  static const std::map<std::string, Folders> edges = {
      // runtime/ includes nothing of the house but itself, in this order.
      {"runtime/program", {}},
      {"runtime/request", {"runtime/program"}},
      {"runtime/interp", {"runtime/program", "runtime/request"}},
      {"runtime/limits", {"runtime/program", "runtime/request", "runtime/interp"}},
      {"runtime/registry",
       {"runtime/program", "runtime/request", "runtime/interp", "runtime/limits"}},
      {"runtime", {"runtime"}},  // junctor.h, the embedder's header

      // compiler/ adds runtime/program. The graph's types stand below sema, which builds it.
      {"compiler/source", {"runtime/program"}},
      {"compiler/diag", {"compiler/source", "runtime/program"}},
      {"compiler/syntax", {"compiler/source", "compiler/diag", "runtime/program"}},
      {"compiler/graph", {"compiler/source", "compiler/diag", "runtime/program"}},
      {"compiler/sema",
       {"compiler/source", "compiler/diag", "compiler/syntax", "compiler/graph",
        "runtime/program"}},
      {"compiler/passes",
       {"compiler/source", "compiler/diag", "compiler/graph", "runtime/program"}},
      {"compiler/codegen",
       {"compiler/source", "compiler/diag", "compiler/graph", "compiler/passes",
        "runtime/program"}},
      {"compiler", {"compiler", "runtime/program"}},  // compile.h, the one public entry

      // engine/ composes. net knows nothing of routes; observe and config stand below the rest.
      {"engine/net", {}},
      {"engine/observe", {}},
      {"engine/config", {"engine/observe", "engine/net", "compiler", "runtime"}},
      {"engine/directory", {"engine/config", "runtime"}},
      {"engine/secrets", {"engine/config", "engine/store"}},
      {"engine/store", {"engine/observe", "engine/config", "engine/limits", "compiler", "runtime"}},
      {"engine/providers",
       {"engine/net", "engine/observe", "engine/config", "engine/directory", "runtime"}},
      {"engine/prices", {"engine/providers", "runtime/program", "runtime/request"}},
      {"engine/gateway",
       {"engine/net", "engine/observe", "engine/config", "engine/directory", "engine/limits",
        "engine/providers", "engine/prices", "runtime"}},
      {"engine/limits", {"engine/observe", "engine/prices", "runtime"}},
      {"engine/explain",
       {"engine/observe", "engine/config", "engine/limits", "engine/prices", "engine/providers",
        "compiler", "runtime"}},
      {"engine/control",
       {"engine/net", "engine/observe", "engine/config", "engine/directory", "engine/secrets",
        "engine/prices", "engine/store", "compiler", "runtime"}},
      {"engine/admin",
       {"engine/observe", "engine/config", "engine/directory", "engine/store", "engine/secrets",
        "engine/control", "engine/explain", "engine/limits", "compiler", "runtime"}},
      // A provider for tests: knows nothing of the gateway.
      {"engine/faulty", {"engine/net", "engine/observe", "engine/config"}},
      {"engine/serve", {"engine", "compiler", "runtime"}},
      {"engine/cli", {"engine", "compiler", "runtime"}},
      {"engine", {"engine", "compiler", "runtime"}},
  };
  return edges;
}

// Where a third party's headers may be included.
struct Room {
  std::string_view prefix;  // of the included path
  Folders folders;
  bool in_headers;  // whether our headers may include it
};

const std::vector<Room>& Rooms() {
  static const std::vector<Room> rooms = {
      {"rapidjson/",
       {"compiler/syntax", "runtime/request", "engine/config", "engine/providers", "engine/explain",
        "engine/control", "engine/admin", "engine/faulty", "engine/cli"},
       false},
      {"boost/asio", {"engine/net"}, true},
      {"boost/beast", {"engine/net"}, true},
      {"httplib.h", {"engine/admin", "engine/cli"}, false},
      {"openssl/",
       {"engine/net", "engine/config", "engine/directory", "engine/secrets", "engine/control",
        "engine/providers", "engine/store", "engine/faulty"},
       true},
      {"ares.h", {"engine/net"}, false},
      {"zlib.h", {"engine/net", "engine/faulty"}, true},
      {"sqlite3.h", {"engine/store"}, false},
      {"libpq", {"engine/store"}, false},
      {"postgresql/", {"engine/store"}, false},
      {"hiredis/", {"engine/store"}, false},
      {"CLI/", {"engine/cli"}, true},
      {"spdlog/", {"engine/observe"}, true},
  };
  return rooms;
}

// Headers that only serve their own folder and may therefore show a third party that others may not
// see.
const Folders& PrivateHeaders() {
  static const Folders headers = {"engine/admin/http_server.h", "engine/config/object_reader.h",
                                  "engine/config/provider_reader.h"};
  return headers;
}

struct Include {
  std::string path;
  bool quoted;
};

std::optional<Include> IncludeOf(std::string_view line) {
  const size_t hash = line.find_first_not_of(" \t");
  if (hash == std::string_view::npos || line[hash] != '#') return std::nullopt;
  const size_t word = line.find_first_not_of(" \t", hash + 1);
  if (word == std::string_view::npos || !line.substr(word).starts_with("include")) {
    return std::nullopt;
  }
  const size_t open = line.find_first_of("<\"", word);
  if (open == std::string_view::npos) return std::nullopt;
  const size_t close = line.find_first_of(">\"", open + 1);
  return Include{std::string(line.substr(open + 1, close - open - 1)), line[open] == '"'};
}

bool IsOurs(const std::string& path) {
  for (const std::string_view top : {"compiler/", "runtime/", "engine/", "tests/", "bench/"}) {
    if (path.starts_with(top)) return true;
  }
  return false;
}

std::string FolderOfInclude(const std::string& path) {
  const size_t first = path.find('/');
  const size_t second = path.find('/', first + 1);
  return path.substr(0, second == std::string::npos ? first : second);
}

bool Allows(const std::string& from, const std::string& to) {
  if (from == to) return true;
  const auto edges = AllowedEdges().find(from);
  if (edges == AllowedEdges().end()) return false;
  return edges->second.contains(to) || edges->second.contains(to.substr(0, to.find('/')));
}

const std::vector<SourceFile>& Product() {
  static const std::vector<SourceFile> files = SourceFiles({"compiler", "runtime", "engine"});
  return files;
}

TEST(Structure, EveryFolderOfTheProductHasALineInTheTable) {
  ASSERT_FALSE(Product().empty()) << "no source files: is JUNCTOR_SOURCE_DIR the project's root?";
  for (const SourceFile& file : Product()) {
    EXPECT_TRUE(AllowedEdges().contains(file.folder)) << file.path;
  }
}

TEST(Structure, IncludesFollowTheArrows) {
  for (const SourceFile& file : Product()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::optional<Include> include = IncludeOf(file.lines[i]);
      if (!include || !IsOurs(include->path)) continue;
      EXPECT_TRUE(Allows(file.folder, FolderOfInclude(include->path)))
          << file.path << ":" << i + 1 << ": " << file.folder << " may not include "
          << include->path;
      EXPECT_TRUE(IsFile(include->path))
          << file.path << ":" << i + 1 << ": no such file: " << include->path;
    }
  }
}

TEST(Structure, OwnFilesAreIncludedFromTheRoot) {
  for (const SourceFile& file : Product()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::optional<Include> include = IncludeOf(file.lines[i]);
      if (!include || !include->quoted || IsOurs(include->path)) continue;
      const std::string beside = file.path.substr(0, file.path.rfind('/') + 1) + include->path;
      EXPECT_FALSE(IsFile(beside)) << file.path << ":" << i + 1 << ": write \"" << beside << "\"";
    }
  }
}

TEST(Structure, ThirdPartiesStayInTheirRooms) {
  for (const SourceFile& file : Product()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::optional<Include> include = IncludeOf(file.lines[i]);
      if (!include) continue;
      for (const Room& room : Rooms()) {
        if (!include->path.starts_with(room.prefix)) continue;
        EXPECT_TRUE(room.folders.contains(file.folder))
            << file.path << ":" << i + 1 << ": <" << include->path << "> does not belong here";
        EXPECT_TRUE(room.in_headers || !file.is_header() || PrivateHeaders().contains(file.path))
            << file.path << ":" << i + 1 << ": <" << include->path
            << "> belongs into source files only";
      }
    }
  }
}

}  // namespace
}  // namespace junctor::structure
