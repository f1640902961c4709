// The folder of route files, and what of it serves: each file compiled, each good version put live
// in the registry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "compiler/compile.h"
#include "engine/observe/log.h"
#include "engine/store/file_routes.h"
#include "runtime/registry/registry.h"

namespace junctor::engine {

// Most route files of one folder; more is a wrong folder, and each costs a read at every change.
inline constexpr size_t kMaxRouteFiles = 10'000;

// Why the folder is read.
enum class ReloadCause : uint8_t {
  kStart,    // the first time
  kChange,   // something in it changed: files that were wrong and are as they were are not reported
             // again
  kRequest,  // somebody asked (SIGHUP): everything wrong is reported again
};

// What one reading of the folder came to.
struct ReloadReport {
  size_t serving = 0;    // routes live now
  size_t published = 0;  // new versions
  size_t removed = 0;    // routes taken away
  size_t unchanged = 0;  // files whose text is what it was
  size_t failed =
      0;  // files that can't be used now: errors, unreadable, a name that another file has
};

// Keeps a registry in step with a folder. Route files are `*.json` and `*.jsonc`, links followed,
// hidden files left out; folders in it are not entered. Thread-safe: one reading at a time.
//
// A file with errors leaves the version that was live from it live, and says so at level error with
// its diagnostics. Of two files with one route name the one that has it already keeps it (at the
// start: the first by file name), and the other is reported. A file that is gone takes its route
// away; one that was only renamed does not. A text that did not change makes no new version. A file
// whose name is reserved (a stored route has it) does not serve, and that is reported.
//
// Find and All tell what serves since the last reading, and never wait for one.
class RouteDirectory : public FileRoutes {
 public:
  // Who else has the route name: words for a message ("the gateway `a`"); empty: nobody. Called
  // while the folder is read.
  using ReservedBy = std::function<std::string(std::string_view name)>;

  // `registry` and `log` outlive this. `on_change` is called after each reading that changed the
  // registry, on the reading thread.
  RouteDirectory(std::filesystem::path directory, compiler::CompileOptions options,
                 Registry* registry, Log* log, std::function<void()> on_change = {},
                 ReservedBy reserved_by = {});

  // Reads the folder and puts live what changed. FailedPrecondition when the folder can't be read:
  // what serves goes on serving. Files that can't be used are in the report and in the log, and are
  // no error here.
  absl::StatusOr<ReloadReport> Reload(ReloadCause cause);

  const std::filesystem::path& directory() const { return directory_; }

  std::optional<FileRoute> Find(std::string_view name) const override;
  std::vector<FileRoute> All() const override;

  // Whether the last reading left a file out because its name is reserved: then it is worth reading
  // again when names become free.
  bool HasReservedNames() const;

 private:
  // One file as it was read last.
  struct File {
    uint64_t text_hash = 0;
    std::shared_ptr<const FileRoute> route;  // the newest text that compiled
    std::string unreadable_because;          // empty: it was read
    bool usable = false;                     // the text that `text_hash` stands for compiled
    std::shared_ptr<const Program> program;  // of the newest text that compiled; null when none did
    bool conflict_reported = false;          // its name is another's, and that was said
  };
  // One live route.
  struct Live {
    std::string file;
    std::shared_ptr<const Program> program;
    uint64_t version = 0;
  };
  // What a reading found under one file name.
  struct Found {
    std::string text;
    int64_t modified_ms = 0;
    absl::Status status;
  };

  absl::StatusOr<std::map<std::string, Found>> ReadFiles() const;
  void TakeText(const std::string& name, const Found& found, ReloadCause cause,
                ReloadReport* report);
  void Compile(const std::string& name, const Found& found, File* file);
  std::map<std::string, std::string> AssignNames(ReloadReport* report);
  // Says once that `file` does not serve, since its route's name is `owner`'s.
  void SayTaken(const std::string& name, const std::string& owner, File* file,
                ReloadReport* report);
  void Show();
  bool PutLive(const std::map<std::string, std::string>& owners, ReloadReport* report);
  void SayWarnings(const std::string& name, const compiler::CompileResult& result);
  void SayErrors(const std::string& name, const File& file, const compiler::CompileResult& result);

  const std::filesystem::path directory_;
  const compiler::CompileOptions options_;
  Registry* const registry_;
  Log* const log_;
  const std::function<void()> on_change_;
  const ReservedBy reserved_by_;

  std::mutex mutex_;
  std::map<std::string, File> files_;  // by file name; guarded by mutex_
  std::map<std::string, Live> live_;   // by route name; guarded by mutex_
  bool unreadable_ =
      false;  // the folder could not be read last time, and that was said; guarded by mutex_
  bool has_reserved_ = false;  // of the reading that goes on; guarded by mutex_

  // What Find and All tell: by route name, the text without a version, and the version.
  struct Shown {
    std::shared_ptr<const FileRoute> route;
    uint64_t version = 0;
  };
  mutable std::mutex shown_mutex_;                   // held for moments
  std::map<std::string, Shown, std::less<>> shown_;  // guarded by shown_mutex_
  bool shown_reserved_ = false;                      // guarded by shown_mutex_
};

}  // namespace junctor::engine
