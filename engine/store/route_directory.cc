// Reading the folder: list, read, compile what changed, decide who has which name, swap.
#include "engine/store/route_directory.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <chrono>
#include <system_error>
#include <utility>

#include "compiler/diag/render.h"
#include "compiler/source/limits.h"
#include "engine/observe/log_event.h"
#include "engine/store/file_reader.h"

namespace junctor::engine {
namespace {

// Diagnostics that one log line holds; the rest is counted. `junctor check` shows all.
constexpr size_t kMaxLoggedDiagnostics = 20;

bool IsRouteFileName(const std::string& name) {
  return !name.starts_with('.') && (name.ends_with(".json") || name.ends_with(".jsonc"));
}

// When the file was written last, in Unix milliseconds; 0 where that can't be told.
int64_t ModifiedMs(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  const std::filesystem::file_time_type time = entry.last_write_time(error);
  if (error) return 0;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::file_clock::to_sys(time).time_since_epoch())
      .count();
}

uint64_t HashOf(const std::string& text) { return XXH64(text.data(), text.size(), 0); }

}  // namespace

RouteDirectory::RouteDirectory(std::filesystem::path directory, compiler::CompileOptions options,
                               Registry* registry, Log* log, std::function<void()> on_change,
                               ReservedBy reserved_by)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      registry_(registry),
      log_(log),
      on_change_(std::move(on_change)),
      reserved_by_(std::move(reserved_by)) {}

absl::StatusOr<ReloadReport> RouteDirectory::Reload(ReloadCause cause) {
  const std::lock_guard lock(mutex_);
  absl::StatusOr<std::map<std::string, Found>> found = ReadFiles();
  if (!found.ok()) {
    if (!unreadable_ || cause != ReloadCause::kChange) {
      LogEvent(log_, LogLevel::kError, "routes_unreadable")
          .Text("directory", directory_.string())
          .Text("message", std::string(found.status().message()))
          .Unsigned("serving", live_.size());
    }
    unreadable_ = true;
    return found.status();
  }
  unreadable_ = false;

  ReloadReport report;
  std::erase_if(files_, [&found](const auto& file) { return !found->contains(file.first); });
  for (const auto& [name, content] : *found) TakeText(name, content, cause, &report);
  const bool changed = PutLive(AssignNames(&report), &report);
  Show();
  report.serving = live_.size();
  if (changed || cause != ReloadCause::kChange) {
    LogEvent(log_, LogLevel::kInfo, "routes_loaded")
        .Text("directory", directory_.string())
        .Unsigned("serving", report.serving)
        .Unsigned("published", report.published)
        .Unsigned("removed", report.removed)
        .Unsigned("unchanged", report.unchanged)
        .Unsigned("failed", report.failed);
  }
  if (changed && on_change_) on_change_();
  return report;
}

absl::StatusOr<std::map<std::string, RouteDirectory::Found>> RouteDirectory::ReadFiles() const {
  const auto failure = [this](const std::string& reason) {
    return absl::FailedPreconditionError("cannot read the routes directory `" +
                                         directory_.string() + "`: " + reason);
  };
  std::map<std::string, Found> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory_, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!IsRouteFileName(name)) continue;
    if (found.size() == kMaxRouteFiles) {
      return failure("it holds more than " + std::to_string(kMaxRouteFiles) + " route files");
    }
    // One byte over the compiler's limit is enough for it to say so with its own diagnostic.
    absl::StatusOr<std::string> text =
        ReadFile(entry->path().string(), compiler::kMaxRouteTextBytes + 1);
    if (text.ok()) {
      found[name].text = *std::move(text);
      found[name].modified_ms = ModifiedMs(*entry);
    } else if (!absl::IsNotFound(
                   text.status())) {  // gone between listing and reading: as if never listed
      found[name].status = text.status();
    }
  }
  if (error) return failure(error.message());
  return found;
}

void RouteDirectory::TakeText(const std::string& name, const Found& found, ReloadCause cause,
                              ReloadReport* report) {
  const auto [entry, fresh] = files_.try_emplace(name);
  File& file = entry->second;
  if (!found.status.ok()) {
    ++report->failed;
    file.usable = false;
    const std::string reason(found.status.message());
    const bool said = !fresh && file.unreadable_because == reason;
    file.unreadable_because = reason;
    if (said && cause != ReloadCause::kRequest) return;
    LogEvent(log_, LogLevel::kError, "route_unreadable")
        .Text("file", (directory_ / name).string())
        .Text("message", reason)
        .Text("route", file.program == nullptr ? std::string_view() : file.program->route_name());
    return;
  }
  const bool was_unreadable = !std::exchange(file.unreadable_because, std::string()).empty();
  const uint64_t hash = HashOf(found.text);
  const bool same = !fresh && !was_unreadable && hash == file.text_hash;
  if (cause == ReloadCause::kRequest) file.conflict_reported = false;
  if (same && (file.usable || cause != ReloadCause::kRequest)) {
    ++report->unchanged;
  } else {
    file.text_hash = hash;
    Compile(name, found, &file);
  }
  if (!file.usable) ++report->failed;
}

void RouteDirectory::Compile(const std::string& name, const Found& found, File* file) {
  const compiler::CompileResult result =
      compiler::Compile((directory_ / name).string(), found.text, options_);
  file->usable = result.ok();
  if (!result.ok()) {
    SayErrors(name, *file, result);
    return;
  }
  SayWarnings(name, result);
  file->program = result.program;
  file->conflict_reported = false;
  auto route = std::make_shared<FileRoute>();
  route->name = result.program->route_name();
  route->file = (directory_ / name).string();
  route->text = found.text;
  route->modified_ms = found.modified_ms;
  file->route = std::move(route);
}

std::map<std::string, std::string> RouteDirectory::AssignNames(ReloadReport* report) {
  has_reserved_ = false;
  std::map<std::string, std::string> reserved;  // route names of files that others have, and whose
  if (reserved_by_) {
    for (const auto& [name, file] : files_) {
      if (file.program == nullptr) continue;
      const std::string route(file.program->route_name());
      if (std::string owner = reserved_by_(route); !owner.empty()) {
        reserved.emplace(route, std::move(owner));
      }
    }
  }
  std::map<std::string, std::string> owners;
  // Who has a name keeps it as long as its file still says it.
  for (const auto& [route, live] : live_) {
    const auto file = files_.find(live.file);
    if (file == files_.end() || file->second.program == nullptr) continue;
    if (reserved.contains(route)) continue;
    if (file->second.program->route_name() == route) owners.emplace(route, live.file);
  }
  for (auto& [name, file] : files_) {
    if (file.program == nullptr) continue;
    const std::string route(file.program->route_name());
    if (const auto owner = reserved.find(route); owner != reserved.end()) {
      has_reserved_ = true;
      SayTaken(name, owner->second, &file, report);
      continue;
    }
    const auto [owner, fresh] = owners.emplace(route, name);
    if (owner->second == name) {
      file.conflict_reported = false;
    } else {
      SayTaken(name, "`" + owner->second + "`", &file, report);
    }
  }
  return owners;
}

void RouteDirectory::SayTaken(const std::string& name, const std::string& owner, File* file,
                              ReloadReport* report) {
  if (file->usable) ++report->failed;
  if (std::exchange(file->conflict_reported, true)) return;
  const std::string route(file->program->route_name());
  LogEvent(log_, LogLevel::kError, "route_name_taken")
      .Text("file", (directory_ / name).string())
      .Text("route", route)
      .Text("message", "the route `" + route + "` is already defined by " + owner + ", so `" +
                           name + "` is not used; give it another name");
}

void RouteDirectory::Show() {
  std::map<std::string, Shown, std::less<>> shown;
  for (const auto& [route, live] : live_) {
    shown.emplace(route, Shown{files_.at(live.file).route, live.version});
  }
  const std::lock_guard lock(shown_mutex_);
  shown_.swap(shown);
  shown_reserved_ = has_reserved_;
}

std::optional<FileRoute> RouteDirectory::Find(std::string_view name) const {
  std::optional<FileRoute> route;
  const std::lock_guard lock(shown_mutex_);
  const auto found = shown_.find(name);
  if (found == shown_.end()) return route;
  route = *found->second.route;
  route->version = static_cast<int64_t>(found->second.version);
  return route;
}

std::vector<FileRoute> RouteDirectory::All() const {
  std::vector<FileRoute> routes;
  const std::lock_guard lock(shown_mutex_);
  for (const auto& [name, shown] : shown_) {
    routes.push_back({name, shown.route->file, "", static_cast<int64_t>(shown.version),
                      shown.route->modified_ms});
  }
  return routes;
}

bool RouteDirectory::HasReservedNames() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_reserved_;
}

bool RouteDirectory::PutLive(const std::map<std::string, std::string>& owners,
                             ReloadReport* report) {
  bool changed = false;
  for (auto live = live_.begin(); live != live_.end();) {
    if (owners.contains(live->first)) {
      ++live;
      continue;
    }
    registry_->Remove(live->first);
    LogEvent(log_, LogLevel::kInfo, "route_removed")
        .Text("route", live->first)
        .Text("file", (directory_ / live->second.file).string())
        .Unsigned("version", live->second.version);
    live = live_.erase(live);
    ++report->removed;
    changed = true;
  }
  for (const auto& [route, name] : owners) {
    const std::shared_ptr<const Program>& program = files_.at(name).program;
    Live& live = live_[route];
    live.file = name;
    // A file that was only renamed has the text that is live already.
    const bool same = live.program == program ||
                      (live.program != nullptr &&
                       live.program->parts().source_hash == program->parts().source_hash);
    if (same) continue;
    live.program = program;
    live.version = registry_->Publish(route, program);
    LogEvent(log_, LogLevel::kInfo, "route_published")
        .Text("route", route)
        .Unsigned("version", live.version)
        .Text("file", (directory_ / name).string())
        .Unsigned("longest_path", program->bounds().longest_path)
        .Unsigned("max_calls", program->bounds().max_calls)
        .Unsigned("worst_first_byte_ms", program->bounds().worst_first_byte_ms);
    ++report->published;
    changed = true;
  }
  return changed;
}

void RouteDirectory::SayWarnings(const std::string& name, const compiler::CompileResult& result) {
  for (const compiler::Diagnostic& diagnostic : result.diagnostics) {
    LogEvent(log_, LogLevel::kWarn, "route_warning")
        .Text("file", (directory_ / name).string())
        .Text("route", result.program->route_name())
        .Text("code", compiler::DiagCodeName(diagnostic.code))
        .Unsigned("line", diagnostic.line)
        .Unsigned("column", diagnostic.column)
        .Text("pointer", diagnostic.pointer)
        .Text("message", diagnostic.message)
        .Text("help", diagnostic.help);
  }
}

void RouteDirectory::SayErrors(const std::string& name, const File& file,
                               const compiler::CompileResult& result) {
  const size_t errors = result.CountOf(compiler::Severity::kError);
  std::vector<compiler::Diagnostic> shown = result.diagnostics;
  std::erase_if(shown, [](const compiler::Diagnostic& diagnostic) {
    return diagnostic.severity != compiler::Severity::kError;
  });
  if (shown.size() > kMaxLoggedDiagnostics) shown.resize(kMaxLoggedDiagnostics);
  std::string text = compiler::RenderText(shown, *result.source);
  if (errors > shown.size()) {
    text += std::to_string(errors - shown.size()) + " more errors not shown\n";
  }
  LogEvent line(log_, LogLevel::kError, "route_rejected");
  line.Text("file", (directory_ / name).string()).Unsigned("errors", errors);
  if (file.program == nullptr) {
    line.Text("message", "the file has errors and no earlier version of it serves");
  } else {
    const std::string route(file.program->route_name());
    const auto live = live_.find(route);
    line.Text("route", route);
    if (live != live_.end() && live->second.file == name) {
      line.Unsigned("serving_version", live->second.version);
    }
    line.Text("message", "the file has errors; the version before goes on serving");
  }
  line.Text("diagnostics", text);
}

}  // namespace junctor::engine
