// Memory for the length of one search: taken piece by piece, given back at once. Private.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace flopscope {

// The first pieces lie in the arena itself, so that a small search asks for no memory.
class Arena {
 public:
  Arena() noexcept : next_{first_}, end_{first_ + sizeof first_} {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* take(std::size_t bytes) {
    bytes = (bytes + k_alignment - 1) & ~(k_alignment - 1);
    if (bytes > static_cast<std::size_t>(end_ - next_)) open_block(bytes);
    void* piece = next_;
    next_ += bytes;
    return piece;
  }

 private:
  static constexpr std::size_t k_alignment = alignof(std::max_align_t);
  static constexpr std::size_t k_block = 64 << 10U;

  void open_block(std::size_t bytes) {
    const std::size_t size = bytes > k_block ? bytes : k_block;
    blocks_.push_back(std::unique_ptr<std::byte[]>{new std::byte[size]});
    next_ = blocks_.back().get();
    end_ = next_ + size;
  }

  alignas(std::max_align_t) std::byte first_[16 << 10U];
  std::byte* next_;
  std::byte* end_;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

template <class T>
class ArenaAllocator {
 public:
  using value_type = T;

  explicit ArenaAllocator(Arena& arena) noexcept : arena_{&arena} {}
  template <class U>
  ArenaAllocator(const ArenaAllocator<U>& other) noexcept : arena_{other.arena()} {}

  T* allocate(std::size_t count) { return static_cast<T*>(arena_->take(count * sizeof(T))); }
  void deallocate(T*, std::size_t) noexcept {}
  Arena* arena() const noexcept { return arena_; }

  friend bool operator==(const ArenaAllocator& a, const ArenaAllocator& b) noexcept {
    return a.arena_ == b.arena_;
  }
  friend bool operator!=(const ArenaAllocator& a, const ArenaAllocator& b) noexcept {
    return !(a == b);
  }

 private:
  Arena* arena_;
};

template <class T>
using ArenaVector = std::vector<T, ArenaAllocator<T>>;

}  // namespace flopscope
