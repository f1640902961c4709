#include "runtime/request/json_reader.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <optional>
#include <vector>

#include "runtime/request/json_cursor.h"

namespace junctor {
namespace {

// Objects up to this size are searched for duplicate keys pair by pair; larger ones by sorting.
constexpr size_t kFewMembers = 16;

template <typename T>
const T* CopyInto(std::pmr::memory_resource* arena, const T* begin, size_t count) {
  if (count == 0) return nullptr;
  auto* copy = static_cast<T*>(arena->allocate(count * sizeof(T), alignof(T)));
  std::uninitialized_copy_n(begin, count, copy);
  return copy;
}

// Reads a tree with a stack of its own instead of the program's.
class TreeReader {
 public:
  TreeReader(std::string_view text, std::pmr::memory_resource* arena)
      : cursor_(text), arena_(arena) {}

  Value Read() {
    Value value;
    if (!ReadValue(&value)) return Value();
    cursor_.Next();
    return cursor_.at_end() ? value : Value();
  }

 private:
  // An array or object whose end has not come yet. Its children so far are the last ones of items_
  // or members_.
  struct Open {
    bool is_object;
    size_t first;          // index of its first child
    std::string_view key;  // is_object: of the member whose value is read now
  };

  bool ReadValue(Value* result) {
    Value value;
    bool has_value = false;  // whether `value` is complete and waits to be put where it belongs
    while (true) {
      if (!has_value) {
        if (!Begin(&value, &has_value)) return false;
        if (!has_value) continue;
      }
      if (stack_.empty()) {
        *result = value;
        return true;
      }
      if (!Add(value, &has_value, &value)) return false;
    }
  }

  // Reads a scalar or an empty array or object into `value`, or opens one that has children.
  bool Begin(Value* value, bool* has_value) {
    if (++values_ > kMaxReadValues) return false;
    const char first = cursor_.Next();
    *has_value = true;
    if (first == '[' || first == '{') {
      const bool is_object = first == '{';
      if (stack_.size() == kMaxReadDepth) return false;
      cursor_.Consume(first);
      if (cursor_.Consume(is_object ? '}' : ']')) {
        *value = is_object ? Value::Object(nullptr, 0) : Value::Array(nullptr, 0);
        return true;
      }
      stack_.push_back({is_object, is_object ? members_.size() : items_.size(), {}});
      *has_value = false;
      return !is_object || ReadKey();
    }
    std::string_view text;
    if (!cursor_.TakeValue(&text)) return false;
    *value = DecodeScalar(text, arena_);
    return !value->is_missing();
  }

  bool ReadKey() {
    std::string_view raw;
    if (cursor_.Next() != '"' || !cursor_.TakeString(&raw)) return false;
    const std::optional<std::string_view> key = DecodeString(raw, arena_);
    if (!key) return false;
    stack_.back().key = *key;
    return cursor_.Consume(':');
  }

  // Adds a finished value to the innermost open one; if that ends here, `closed` gets it and waits
  // in turn.
  bool Add(Value value, bool* has_value, Value* closed) {
    Open& open = stack_.back();
    if (open.is_object) {
      members_.push_back({open.key, value});
    } else {
      items_.push_back(value);
    }
    *has_value = false;
    if (cursor_.Consume(',')) return !open.is_object || ReadKey();
    if (!cursor_.Consume(open.is_object ? '}' : ']')) return false;
    *closed = open.is_object ? CloseObject(open.first) : CloseArray(open.first);
    stack_.pop_back();
    *has_value = true;
    return true;
  }

  Value CloseArray(size_t first) {
    const size_t count = items_.size() - first;
    const Value* items = CopyInto(arena_, items_.data() + first, count);
    items_.resize(first);
    return Value::Array(items, static_cast<uint32_t>(count));
  }

  Value CloseObject(size_t first) {
    DropEarlierDuplicates(first);
    const size_t count = members_.size() - first;
    const Member* members = CopyInto(arena_, members_.data() + first, count);
    members_.resize(first);
    return Value::Object(members, static_cast<uint32_t>(count));
  }

  void DropEarlierDuplicates(size_t first) {
    const size_t count = members_.size() - first;
    Member* members = members_.data() + first;
    std::vector<bool> dropped;
    const auto drop = [&](size_t index) {
      if (dropped.empty()) dropped.resize(count);
      dropped[index] = true;
    };
    if (count <= kFewMembers) {
      for (size_t later = 1; later < count; ++later) {
        for (size_t earlier = 0; earlier < later; ++earlier) {
          if (members[earlier].key == members[later].key) drop(earlier);
        }
      }
    } else {
      std::vector<uint32_t> order(count);
      for (size_t i = 0; i < count; ++i) order[i] = static_cast<uint32_t>(i);
      std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
        const int by_key = members[a].key.compare(members[b].key);
        return by_key != 0 ? by_key < 0 : a < b;
      });
      for (size_t i = 1; i < count; ++i) {
        if (members[order[i - 1]].key == members[order[i]].key) drop(order[i - 1]);
      }
    }
    if (dropped.empty()) return;
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      if (!dropped[i]) members[kept++] = members[i];
    }
    members_.resize(first + kept);
  }

  JsonCursor cursor_;
  std::pmr::memory_resource* arena_;
  size_t values_ = 0;
  std::vector<Open> stack_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

}  // namespace

Value ReadJson(std::string_view text, std::pmr::memory_resource* arena) {
  return TreeReader(text, arena).Read();
}

}  // namespace junctor
