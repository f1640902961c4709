// Watches the folder of route files, and has it read again when something in it changes.
#pragma once

#include <thread>

#include "absl/status/status.h"
#include "engine/observe/log.h"
#include "engine/store/route_directory.h"

namespace junctor::engine {

// One thread that waits on inotify. Every event, whatever it says, leads to one reading of the
// whole folder after a short rest, so that an event which the kernel had to drop loses nothing, and
// all ways in which editors and deployments replace files work alike: written in place, renamed
// over, links swapped (Kubernetes' `..data`), the folder itself replaced. While the folder is gone
// it is looked for once a second. Not noticed: a change in a file elsewhere that a link in the
// folder leads to; ask for a reload then.
class RouteWatcher {
 public:
  // `directory` and `log` outlive the watcher.
  RouteWatcher(RouteDirectory* directory, Log* log);
  RouteWatcher(const RouteWatcher&) = delete;
  RouteWatcher& operator=(const RouteWatcher&) = delete;
  // Stops the thread; a reading that has begun is finished.
  ~RouteWatcher();

  // Begins to watch. Fails when the kernel gives no inotify instance or descriptor. Call once; the
  // folder should be read afterwards, so that nothing that changes in between is missed.
  absl::Status Start();

  // Has the folder read, whether or not something changed (ReloadCause::kRequest). May be called
  // from any thread and from a signal handler.
  void RequestReload();

 private:
  void Run();
  void Wake(unsigned char reason);
  void Arm();
  bool DrainEvents();

  RouteDirectory* const directory_;
  Log* const log_;
  int inotify_ = -1;
  int wake_read_ = -1;  // a pipe: one byte per wish
  int wake_write_ = -1;
  int folder_watch_ =
      -1;  // watch descriptor of the folder; -1: not there. Only the thread touches it
  int parent_watch_ = -1;  // of the folder that holds it
  bool armed_before_ = false;
  std::thread thread_;
};

}  // namespace junctor::engine
