// The process that the crash test kills: makes numbered changes in a SQLite file, and writes each
// number on standard output once it is acknowledged.
// Usage: crash_writer FILE FIRST LAST
#include "tests/unit/engine/store/crash_writer.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using namespace junctor::engine;
  if (argc != 4) return 2;
  const auto store = ControlStore::Open({.sqlite_file = argv[1], .postgresql_url = ""});
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
    return 1;
  }
  for (int number = std::atoi(argv[2]); number <= std::atoi(argv[3]); ++number) {
    const absl::Status status =
        (*store)->Change([&](ControlTransaction& t) { return WriteNumbered(t, number); });
    if (!status.ok()) {
      std::fprintf(stderr, "%d: %s\n", number, status.ToString().c_str());
      return 1;
    }
    if (write(STDOUT_FILENO, &number, sizeof(number)) != sizeof(number)) return 1;
  }
  return 0;
}
