// inotify. The watch is always set before the folder is read, so a change is either seen by the
// reading or by the watch.
#include "engine/store/route_watcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "engine/observe/log_event.h"

namespace junctor::engine {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Several files written together, or one in several steps, are read once: after a rest of this
// length,
constexpr milliseconds kRest{30};
// but at the latest so long after the first event.
constexpr milliseconds kLongestRest{500};
// How often a folder that is gone is looked for.
constexpr milliseconds kRetry{1000};

constexpr unsigned char kWishReload = 'r';
constexpr unsigned char kWishStop = 's';

constexpr uint32_t kFolderEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                   IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                   IN_ONLYDIR;
// For the case that the folder, or a link to it, is replaced as a whole.
constexpr uint32_t kParentEvents = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR;

absl::Status Failure(const std::string& what) {
  return absl::FailedPreconditionError("cannot watch the routes directory: " + what + ": " +
                                       std::generic_category().message(errno));
}

int TimeoutUntil(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

}  // namespace

RouteWatcher::RouteWatcher(RouteDirectory* directory, Log* log)
    : directory_(directory), log_(log) {}

RouteWatcher::~RouteWatcher() {
  if (thread_.joinable()) {
    Wake(kWishStop);
    thread_.join();
  }
  for (const int descriptor : {inotify_, wake_read_, wake_write_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

absl::Status RouteWatcher::Start() {
  inotify_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify_ < 0) return Failure("inotify");
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0) return Failure("pipe");
  wake_read_ = ends[0];
  wake_write_ = ends[1];
  Arm();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void RouteWatcher::RequestReload() { Wake(kWishReload); }

void RouteWatcher::Wake(unsigned char reason) {
  const int saved_errno = errno;
  // A full pipe holds wishes enough: the thread is awake already.
  [[maybe_unused]] const ssize_t written = write(wake_write_, &reason, 1);
  errno = saved_errno;
}

void RouteWatcher::Arm() {
  const std::string folder = directory_->directory().string();
  const int before = folder_watch_;
  folder_watch_ = inotify_add_watch(inotify_, folder.c_str(), kFolderEvents);
  const int error = errno;
  if (before >= 0 && before != folder_watch_) inotify_rm_watch(inotify_, before);
  if (folder_watch_ < 0 && (before >= 0 || !armed_before_)) {
    LogEvent(log_, LogLevel::kError, "routes_not_watched")
        .Text("directory", folder)
        .Text("message", std::generic_category().message(error))
        .Text("help",
              "changes are not seen until it is there again; it is looked for once a second");
  } else if (folder_watch_ >= 0 && before < 0 && armed_before_) {
    LogEvent(log_, LogLevel::kInfo, "routes_watched_again").Text("directory", folder);
  }
  armed_before_ = true;
  std::filesystem::path path = directory_->directory();
  if (!path.has_filename())
    path = path.parent_path();  // "routes/" means the folder before the slash
  const int parent_before = parent_watch_;
  // Without a parent to watch, the folder is still looked for while it is gone.
  parent_watch_ = inotify_add_watch(
      inotify_, (path.has_parent_path() ? path.parent_path() : ".").c_str(), kParentEvents);
  if (parent_before >= 0 && parent_before != parent_watch_) {
    inotify_rm_watch(inotify_, parent_before);
  }
}

// Takes all events that there are. Whether one of them can concern the routes.
bool RouteWatcher::DrainEvents() {
  std::filesystem::path path = directory_->directory();
  if (!path.has_filename()) path = path.parent_path();
  const std::string own_name = path.filename().string();
  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  bool relevant = false;
  while (true) {
    const ssize_t size = read(inotify_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return relevant;
    for (size_t at = 0; at < static_cast<size_t>(size);) {
      inotify_event event;
      std::memcpy(&event, buffer.data() + at, sizeof(event));
      const char* name = event.len > 0 ? buffer.data() + at + sizeof(event) : "";
      // Of the parent only what happens to the folder itself matters; an overflow (wd -1) may have
      // been anything.
      if (event.wd != parent_watch_ || own_name == name) relevant = true;
      at += sizeof(event) + event.len;
    }
  }
}

void RouteWatcher::Run() {
  const Clock::time_point never = Clock::time_point::max();
  Clock::time_point read_at = never;  // when the folder is to be read
  Clock::time_point read_latest = never;
  bool requested = false;
  while (true) {
    int timeout = -1;
    if (read_at != never) {
      timeout = TimeoutUntil(std::min(read_at, read_latest));
    } else if (folder_watch_ < 0) {
      timeout = static_cast<int>(kRetry.count());
    }
    std::array<pollfd, 2> waits = {pollfd{inotify_, POLLIN, 0}, pollfd{wake_read_, POLLIN, 0}};
    const int ready = poll(waits.data(), waits.size(), timeout);
    if (ready < 0 && errno != EINTR) {
      LogEvent(log_, LogLevel::kError, "routes_not_watched")
          .Text("message", std::string(Failure("poll").message()));
      return;
    }
    std::array<char, 64> wishes;
    ssize_t count = 0;
    while ((count = read(wake_read_, wishes.data(), wishes.size())) > 0) {
      for (ssize_t i = 0; i < count; ++i) {
        const auto wish = static_cast<unsigned char>(wishes[static_cast<size_t>(i)]);
        if (wish == kWishStop) return;
        requested = true;
        read_at = Clock::now();
      }
    }
    const bool gone_before = folder_watch_ < 0;
    if (DrainEvents()) {
      const Clock::time_point now = Clock::now();
      if (read_at == never) read_latest = now + kLongestRest;
      if (!requested) read_at = now + kRest;
      continue;
    }
    if (ready == 0 && read_at == never && gone_before) {
      Arm();
      if (folder_watch_ < 0) continue;
      read_at = Clock::now();
    }
    if (read_at == never || std::min(read_at, read_latest) > Clock::now()) continue;
    Arm();
    // What can't be read is in the log, and what serves goes on serving.
    directory_->Reload(requested ? ReloadCause::kRequest : ReloadCause::kChange).IgnoreError();
    read_at = never;
    read_latest = never;
    requested = false;
  }
}

}  // namespace junctor::engine
