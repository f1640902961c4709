// The read buffers of one event loop. Connections hold one only while they have bytes or read, so
// that idle ones cost none.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

namespace junctor::net {

// Used on one thread.
class BufferPool {
 public:
  // What one read takes at most: a whole request or a good piece of a body.
  static constexpr size_t kBlockBytes = 16 * 1024;
  // Readable bytes after every block, for simdjson.
  static constexpr size_t kPadding = 64;
  // Free blocks kept: 4 MiB a loop, enough for a burst of connections.
  static constexpr size_t kMaxFree = 256;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool() {
    for (char* block : free_) std::free(block);
  }

  // kBlockBytes + kPadding bytes. Blocks come from malloc, so that an owner may grow one with
  // realloc.
  char* Take() {
    if (!free_.empty()) {
      char* block = free_.back();
      free_.pop_back();
      return block;
    }
    char* block = static_cast<char*>(std::calloc(1, kBlockBytes + kPadding));
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }

  // Gives back a block of `capacity` usable bytes; a grown one is freed.
  void Give(char* block, size_t capacity) {
    if (block == nullptr) return;
    if (capacity != kBlockBytes || free_.size() >= kMaxFree) {
      std::free(block);
      return;
    }
    free_.push_back(block);
  }

 private:
  std::vector<char*> free_;
};

}  // namespace junctor::net
