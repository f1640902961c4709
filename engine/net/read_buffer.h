// The bytes that a connection has read and not yet used, in a block of its loop's pool.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "engine/net/buffer_pool.h"

namespace junctor::net {

// Holds a block only while it is needed. Used on one thread.
class ReadBuffer {
 public:
  explicit ReadBuffer(BufferPool& pool) : pool_(pool) {}
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;
  ~ReadBuffer() { pool_.Give(block_, capacity_); }

  // The unread bytes.
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  char* data() const { return block_ + begin_; }
  std::string_view view() const { return {block_ + begin_, size()}; }
  void Consume(size_t bytes) { begin_ += bytes; }
  void Clear() { begin_ = end_ = 0; }

  // Where the next bytes go, and how many.
  char* tail() const { return block_ + end_; }
  size_t room() const { return capacity_ - end_; }
  void Extend(size_t bytes) { end_ += bytes; }

  // At least a byte of room. Moves the unread bytes to the front, or grows, when there is none, so
  // that views of the buffer break.
  void EnsureRoom() {
    if (block_ == nullptr) {
      block_ = pool_.Take();
      capacity_ = BufferPool::kBlockBytes;
    }
    if (begin_ == end_) Clear();
    if (end_ < capacity_) return;
    if (begin_ > 0) {
      MoveToFront();
      return;
    }
    void* grown = std::realloc(block_, capacity_ * 2 + BufferPool::kPadding);
    if (grown == nullptr) throw std::bad_alloc();
    block_ = static_cast<char*>(grown);
    capacity_ *= 2;
  }

  // Moves the unread bytes to the beginning of the block; views of the buffer break.
  void MoveToFront() {
    if (begin_ == 0) return;
    std::memmove(block_, block_ + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }

  // Gives the block back when it holds nothing unread.
  void ReleaseIfEmpty() {
    if (block_ == nullptr || !empty()) return;
    pool_.Give(block_, capacity_);
    block_ = nullptr;
    capacity_ = 0;
    Clear();
  }

 private:
  BufferPool& pool_;
  char* block_ = nullptr;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace junctor::net
