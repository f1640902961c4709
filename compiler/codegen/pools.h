// What the instructions of one program share: slots, constants, patterns, elements. Equal entries
// are kept once, numbered by first use.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "compiler/graph/same_test.h"
#include "runtime/program/program_parts.h"

namespace junctor::compiler {

// Texts that are numbered in the order in which they are first asked for.
class TextPool {
 public:
  uint32_t IndexOf(std::string_view text);
  size_t size() const { return texts_.size(); }
  std::vector<std::string> Take() { return std::move(texts_); }

 private:
  absl::flat_hash_map<std::string, uint32_t> indices_;
  std::vector<std::string> texts_;
  std::string key_;  // reused by look-ups
};

// Constants, deep-copied into the program's own arena.
class ConstantPool {
 public:
  ConstantPool() : arena_(std::make_shared<std::pmr::monotonic_buffer_resource>()) {}

  uint32_t IndexOf(const Value& value);
  std::vector<Value> Take() { return std::move(values_); }
  // Owns what the constants view.
  std::shared_ptr<std::pmr::monotonic_buffer_resource> arena() const { return arena_; }

 private:
  Value Copy(const Value& value);
  std::string_view CopyText(std::string_view text);
  template <typename Item>
  Item* Allocate(size_t count) {
    return static_cast<Item*>(arena_->allocate(count * sizeof(Item), alignof(Item)));
  }

  std::shared_ptr<std::pmr::monotonic_buffer_resource> arena_;
  absl::flat_hash_map<Value, uint32_t, ValueHash, ValueEqual> indices_;  // keys view the arena
  std::vector<Value> values_;
};

// Regular expressions.
class PatternPool {
 public:
  uint32_t IndexOf(const std::string& pattern, const std::string& options);
  std::vector<PatternSpec> Take() { return std::move(patterns_); }

 private:
  absl::flat_hash_map<std::pair<std::string, std::string>, uint32_t> indices_;
  std::vector<PatternSpec> patterns_;
};

}  // namespace junctor::compiler
