// Where the entries of a table stand, found by the hashes of their keys: read without a lock.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace junctor::engine {

// Numbers by hash, 4 bytes each in an open table. One thread at a time writes; any may read beside
// it, and then may miss a number: who must know looks again while nobody writes.
class SlotIndex {
 public:
  // The largest number.
  static constexpr uint32_t kMaxNumber = (1u << 20) - 3;

  SlotIndex() { Grow(kFirstSlots); }
  SlotIndex(const SlotIndex&) = delete;
  SlotIndex& operator=(const SlotIndex&) = delete;

  // Calls is_it(number) for numbers that may have this hash until it says true; false: none did.
  template <typename IsIt>
  bool Find(uint64_t hash, IsIt is_it) const {
    const Slots& slots = *slots_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i <= slots.mask; ++i) {
      const uint32_t slot = slots.At(hash + i).load(std::memory_order_acquire);
      if (slot == kEmpty) return false;
      if (slot != kErased && (slot & ~kNumberMask) == TagOf(hash) &&
          is_it((slot & kNumberMask) - 1)) {
        return true;
      }
    }
    return false;
  }

  // Whoever calls one of these is the only one.

  // `hash_of` gives the hash of a number that is there, for when the table is made anew.
  template <typename HashOf>
  void Insert(uint64_t hash, uint32_t number, HashOf hash_of) {
    const Slots& slots = *slots_.load(std::memory_order_relaxed);
    // At most 7 of 8 slots are taken, so that searches end soon.
    if (uint64_t{taken_ + 1} * 8 > uint64_t{slots.mask + 1} * 7) Rebuild(hash_of);
    Put(hash, number);
    ++size_;
  }

  void Erase(uint64_t hash, uint32_t number) {
    const Slots& slots = *slots_.load(std::memory_order_relaxed);
    const uint32_t wanted = TagOf(hash) | (number + 1);
    uint64_t place = hash;
    while (slots.At(place).load(std::memory_order_relaxed) != wanted) ++place;
    --size_;
    if (slots.At(place + 1).load(std::memory_order_relaxed) != kEmpty) {
      slots.At(place).store(kErased, std::memory_order_relaxed);
      return;
    }
    // Nothing stands behind it: no search has to go over it, nor over erased ones before it.
    do {
      slots.At(place--).store(kEmpty, std::memory_order_relaxed);
      --taken_;
    } while (slots.At(place).load(std::memory_order_relaxed) == kErased);
  }

  size_t size() const { return size_; }

 private:
  static constexpr uint32_t kFirstSlots = 16;
  static constexpr uint32_t kEmpty = 0;
  static constexpr uint32_t kNumberMask = (1u << 20) - 1;  // of a slot: its number and 1
  static constexpr uint32_t kErased = kNumberMask;

  struct Slots {
    std::atomic<uint32_t>& At(uint64_t place) const { return values[place & mask]; }

    uint32_t mask;
    std::unique_ptr<std::atomic<uint32_t>[]> values;
  };

  // Bits that do not choose the slot in tables of usual sizes.
  static uint32_t TagOf(uint64_t hash) { return static_cast<uint32_t>(hash) & ~kNumberMask; }

  void Grow(uint32_t count) {
    auto slots = std::make_unique<Slots>();
    slots->mask = count - 1;
    slots->values = std::make_unique<std::atomic<uint32_t>[]>(count);
    slots_.store(slots.get(), std::memory_order_release);
    all_.push_back(std::move(slots));
  }

  void Put(uint64_t hash, uint32_t number) {
    const Slots& slots = *slots_.load(std::memory_order_relaxed);
    uint64_t place = hash;
    while (true) {
      const uint32_t slot = slots.At(place).load(std::memory_order_relaxed);
      if (slot == kEmpty) ++taken_;
      if (slot == kEmpty || slot == kErased) break;
      ++place;
    }
    slots.At(place).store(TagOf(hash) | (number + 1), std::memory_order_release);
  }

  // Without the erased ones; in twice the room, where more than half of it is needed.
  template <typename HashOf>
  void Rebuild(HashOf hash_of) {
    const Slots& slots = *slots_.load(std::memory_order_relaxed);
    const uint32_t count = slots.mask + 1;
    std::vector<uint32_t> numbers;
    numbers.reserve(size_);
    const bool is_full = size_ * 2 > count;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t slot = slots.At(i).load(std::memory_order_relaxed);
      if (slot != kEmpty && slot != kErased) numbers.push_back((slot & kNumberMask) - 1);
      if (!is_full) slots.At(i).store(kEmpty, std::memory_order_relaxed);
    }
    if (is_full) Grow(2 * count);
    taken_ = 0;
    for (const uint32_t number : numbers) Put(hash_of(number), number);
  }

  std::atomic<const Slots*> slots_;
  // With the tables before it, since somebody may still read them: as much again.
  std::vector<std::unique_ptr<const Slots>> all_;
  size_t size_ = 0;
  size_t taken_ = 0;  // slots that are not empty
};

}  // namespace junctor::engine
