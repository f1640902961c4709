// Key values as windows keep them: the commonest long ones, UUIDs, in 17 bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace junctor::engine {

// A key value in its kept form: `\xfe` and 16 bytes for a string key that is a UUID in lower case
// (41 bytes as LimitStep::key); a text that itself begins with `\xfe` or `\xff` after `\xff`;
// any other as it is. Views `text` or itself; must not outlive `text`.
class PackedKey {
 public:
  explicit PackedKey(std::string_view text);
  PackedKey(const PackedKey&) = delete;
  PackedKey& operator=(const PackedKey&) = delete;

  std::string_view view() const { return view_; }

 private:
  std::array<char, 17> uuid_;
  std::string escaped_;
  std::string_view view_;
};

// The text that was packed.
std::string UnpackKey(std::string_view packed);

}  // namespace junctor::engine
