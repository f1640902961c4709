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

uint64_t HashOf(const std::string& text) { return XXH64(text.data(), text.size(), 0); }

}  // namespace

RouteDirectory::RouteDirectory(std::filesystem::path directory, compiler::CompileOptions options,
                               Registry* registry, Log* log, std::function<void()> on_change)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      registry_(registry),
      log_(log),
      on_change_(std::move(on_change)) {}

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
    Compile(name, found.text, &file);
  }
  if (!file.usable) ++report->failed;
}

void RouteDirectory::Compile(const std::string& name, const std::string& text, File* file) {
  const compiler::CompileResult result =
      compiler::Compile((directory_ / name).string(), text, options_);
  file->usable = result.ok();
  if (!result.ok()) {
    SayErrors(name, *file, result);
    return;
  }
  SayWarnings(name, result);
  file->program = result.program;
  file->conflict_reported = false;
}

std::map<std::string, std::string> RouteDirectory::AssignNames(ReloadReport* report) {
  std::map<std::string, std::string> owners;
  // Who has a name keeps it as long as its file still says it.
  for (const auto& [route, live] : live_) {
    const auto file = files_.find(live.file);
    if (file == files_.end() || file->second.program == nullptr) continue;
    if (file->second.program->route_name() == route) owners.emplace(route, live.file);
  }
  for (auto& [name, file] : files_) {
    if (file.program == nullptr) continue;
    const std::string route(file.program->route_name());
    const auto [owner, fresh] = owners.emplace(route, name);
    if (owner->second == name) {
      file.conflict_reported = false;
      continue;
    }
    if (file.usable) ++report->failed;
    if (std::exchange(file.conflict_reported, true)) continue;
    LogEvent(log_, LogLevel::kError, "route_name_taken")
        .Text("file", (directory_ / name).string())
        .Text("route", route)
        .Text("message", "the route `" + route + "` is already defined by `" + owner->second +
                             "`, so `" + name + "` is not used; give it another name");
  }
  return owners;
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
