#pragma once
// Who does the work of a training pass: the calling thread, or several (training/tbb_workers.hpp). Layers see
// only this interface, so that they need no library of threads.

#include <einet/base/aligned.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace einet::nn {

/// Runs pieces of work, in any order and on any thread. What layers compute does not depend on who does it.
class Workers {
 public:
  /// body(context, first, last) does the items [first, last).
  using Body = void (*)(const void* context, std::size_t first, std::size_t last);

  virtual ~Workers() = default;
  /// Calls `body` over pieces that cover [0, count), and returns when all are done. An exception of a body is
  /// passed on.
  virtual void run(std::size_t count, Body body, const void* context) = 0;
  /// Scratch memory of the calling thread: `count` floats of any content, valid until its next call.
  [[nodiscard]] virtual float* scratch(std::size_t count) = 0;

  /// Memory for partial sums: `count` floats of any content, valid until the next call. Other than scratch
  /// memory, all pieces may share it.
  [[nodiscard]] float* partial(std::size_t count) {
    if (partial_.size() < count) partial_.resize(count);
    return partial_.data();
  }

  /// body(first, last) over pieces of [0, count) that begin at multiples of `grain`: where a loop over a
  /// piece goes from whole vectors to single values, whose last bits may differ, depends on nothing but the
  /// grain if that is a multiple of a vector.
  template <class F>
  void pieces(std::size_t count, std::size_t grain, const F& body) {
    const std::size_t whole = grain > 0 ? grain : 1;
    const auto grains = [&](std::size_t first, std::size_t last) {
      body(first * whole, last * whole < count ? last * whole : count);
    };
    run(
        count / whole + (count % whole > 0 ? 1 : 0),
        [](const void* context, std::size_t first, std::size_t last) {
          (*static_cast<const decltype(grains)*>(context))(first, last);
        },
        std::addressof(grains));
  }

  /// body(i) for i in [0, count), at least `grain` of them at a time.
  template <class F>
  void each(std::size_t count, std::size_t grain, const F& body) {
    pieces(count, grain, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) body(i);
    });
  }

  /// body(chunk, first, last) for `chunks` nearly equal pieces of [0, count), which depend only on count and
  /// chunks: for sums that must not depend on the number of threads.
  template <class F>
  void chunks(std::size_t count, std::size_t chunks, const F& body) {
    each(chunks, 1,
         [&](std::size_t chunk) { body(chunk, count * chunk / chunks, count * (chunk + 1) / chunks); });
  }

 private:
  AlignedVector<float> partial_;
};

/// The calling thread does all of it.
class OneWorker final : public Workers {
 public:
  void run(std::size_t count, Body body, const void* context) override {
    if (count > 0) body(context, 0, count);
  }
  [[nodiscard]] float* scratch(std::size_t count) override {
    if (scratch_.size() < count) scratch_.resize(count);
    return scratch_.data();
  }

 private:
  AlignedVector<float> scratch_;
};

namespace detail {

/// Items per piece such that a piece touches about 64 KiB, if an item has `floats` numbers.
[[nodiscard]] constexpr std::size_t grain_of(std::size_t floats) noexcept {
  return 1 + 16384 / (floats + 1);
}

/// How many partial sums of `size` floats to keep for `count` items: many if they are small, fewer if adding
/// them up would cost more than it gains.
[[nodiscard]] constexpr std::size_t chunks_for(std::size_t count, std::size_t size) noexcept {
  const std::size_t wanted = size > 65536 ? 4 : size > 8192 ? 8 : 16;
  const std::size_t most = count < wanted ? count : wanted;
  return most > 0 ? most : 1;
}

}  // namespace detail

}  // namespace einet::nn
