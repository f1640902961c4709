// The values of a program's fields for one request: filled on first use, at most once each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "runtime/program/field.h"
#include "runtime/program/program.h"
#include "runtime/request/lazy_arena.h"
#include "runtime/request/request.h"

namespace junctor {

// One field's value for one request.
struct Slot {
  enum class State : uint8_t {
    kUnread,    // not looked up yet
    kScalar,    // `value` is the field: a scalar, or missing, and no array lies on its path
    kCompound,  // `value` is the tree that the field's path begins in; walk `path_from` on (arrays
                // fan out, R29)
  };
  State state = State::kUnread;
  uint16_t path_from = 0;  // kCompound: index of the first segment to walk inside `value`
  Value value;
};

// The slots of one execution. Movable; views into the request.
class SlotFrame {
 public:
  SlotFrame(const Program* program, const Request* request)
      : SlotFrame(program->fields(), request) {}
  // The slots of `fields`, in their order. Both outlive the frame.
  SlotFrame(std::span<const Field> fields, const Request* request);
  SlotFrame(SlotFrame&&) noexcept = default;
  SlotFrame& operator=(SlotFrame&&) noexcept = default;

  // The slot, filled. Never fails: what can't be read is missing (R32, R33).
  const Slot& Get(uint16_t index) {
    Slot& slot = slots_[index];
    if (slot.state == Slot::State::kUnread) [[unlikely]]
      Fill(index);
    return slot;
  }

 private:
  // The tree of one array or object of the body, read once however many fields lead into it.
  struct Tree {
    const char* text;
    Value value;
  };

  void Fill(uint16_t index);
  Slot FillFromBody(const Field& field);
  Value FillFromHeaders(std::string_view name);
  Value ReadTree(std::string_view text);

  std::span<const Field> fields_;
  const Request* request_;
  std::vector<Slot> slots_;
  std::vector<Tree> trees_;
  LazyArena arena_;  // unescaped strings and trees
};

}  // namespace junctor
