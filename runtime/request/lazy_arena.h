// Memory that is taken only when something has to be made: most requests need none.
#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>

namespace junctor {

// A monotonic arena that takes its first block at the first allocation. Movable: what it gave out
// stays where it is. Not thread-safe.
class LazyArena final : public std::pmr::memory_resource {
 public:
  LazyArena() = default;
  LazyArena(LazyArena&&) noexcept = default;
  LazyArena& operator=(LazyArena&&) noexcept = default;

 private:
  // Room for a few unescaped strings; it grows by itself.
  static constexpr size_t kFirstBlockBytes = 1024;

  void* do_allocate(size_t bytes, size_t alignment) override {
    if (arena_ == nullptr) {
      arena_ = std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstBlockBytes);
    }
    return arena_->allocate(bytes, alignment);
  }
  void do_deallocate(void*, size_t, size_t) override {}
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
};

}  // namespace junctor
