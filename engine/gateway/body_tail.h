// The end of a body that goes through piece by piece: where plain answers tell their usage.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace junctor::engine {

// Keeps the last kBytes of what it is given, in at most twice as much memory. Used by one thread.
class BodyTail {
 public:
  // Usage stands behind the text of an answer, in some hundred bytes.
  static constexpr size_t kBytes = size_t{16} * 1024;

  void Add(std::string_view piece) {
    if (piece.size() >= kBytes) {
      bytes_ = piece.substr(piece.size() - kBytes);
      return;
    }
    bytes_.append(piece);
    // Cut seldom, so that small pieces cost no copies each.
    if (bytes_.size() > 2 * kBytes) bytes_.erase(0, bytes_.size() - kBytes);
  }
  bool empty() const { return bytes_.empty(); }
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace junctor::engine
