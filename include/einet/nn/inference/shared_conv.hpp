#pragma once
// One convolution on two cores: halves of its output channels, or of its rows, whichever leaves each core
// less to read. A ConvMaker, so that the network, its kernels and its blocks need not know.

#include <einet/base/aligned.hpp>
#include <einet/base/round_up.hpp>
#include <einet/nn/inference/operation.hpp>
#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/run/pipelined.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn {

/// Which convolutions are worth two cores.
struct ConvSharingOptions {
  std::size_t least_macs = 200'000;  ///< multiply-adds; below, handing over takes longer than it saves
};

namespace detail {

/// A part of a convolution as one of its own, and where its maps lie.
struct ConvPiece {
  std::unique_ptr<Step> step;
  std::vector<Place> inputs;
  Place output;

  [[nodiscard]] bool run(float* arena, float* scratch, PacedStop& stop) const noexcept {
    return step->run({arena, inputs, output, scratch}, stop);
  }
};

/// The step of a convolution by einet's own kernel.
[[nodiscard]] inline ConvPiece make_piece(const FusedConv& conv) {
  return {make_own_step(conv), {conv.inputs.begin(), conv.inputs.end()}, conv.output};
}

/// Output channels [first, first + count) of a map.
[[nodiscard]] inline Place channels_of(Place place, std::size_t first, std::size_t count) noexcept {
  place.offset += first;
  place.shape.channels = count;
  return place;
}

/// Rows [first, first + count) of a map.
[[nodiscard]] inline Place rows_of(Place place, std::size_t first, std::size_t count) noexcept {
  place.offset += first * place.shape.width * place.pitch;
  place.shape.height = count;
  return place;
}

/// The convolution to output channels [first, last).
[[nodiscard]] inline ConvPiece channel_piece(FusedConv conv, std::size_t first, std::size_t last) {
  const std::size_t count = last - first, each = conv.shape.weights() / conv.shape.out_channels;
  const auto part = [&](std::span<const float> of) { return of.empty() ? of : of.subspan(first, count); };
  std::vector<Place> inputs{conv.inputs.begin(), conv.inputs.end()};
  if (inputs.size() > 1) inputs[1] = channels_of(inputs[1], first, count);
  conv.shape.out_channels = count;
  conv.weights = conv.weights.subspan(first * each, count * each);
  conv.bias = part(conv.bias);
  conv.scale = {part(conv.scale.factor), part(conv.scale.shift)};
  conv.inputs = inputs;
  conv.output = channels_of(conv.output, first, count);
  return make_piece(conv);
}

/// Rows [from, to) of a convolution's input, and the padding that stays above and below them.
struct InputRows {
  std::size_t from, to, above, below;
};

/// What output rows [first, last) meet; there may be no row of the input among it.
[[nodiscard]] constexpr InputRows input_rows(const ConvShape& shape, std::size_t first,
                                             std::size_t last) noexcept {
  // Rows of the padded input.
  const std::size_t begin = first * shape.stride.height;
  const std::size_t end = (last - 1) * shape.stride.height + shape.reach().height;
  const std::size_t top = shape.padding.top, bottom = top + shape.in.height;
  const auto within = [&](std::size_t row) { return (std::min)((std::max)(row, top), bottom) - top; };
  return {within(begin), within(end), top > begin ? top - begin : 0, end > bottom ? end - bottom : 0};
}

/// The convolution to output rows [first, last).
/// @pre they meet rows of the input
[[nodiscard]] inline ConvPiece row_piece(FusedConv conv, std::size_t first, std::size_t last) {
  const auto [from, to, above, below] = input_rows(conv.shape, first, last);
  std::vector<Place> inputs{conv.inputs.begin(), conv.inputs.end()};
  inputs[0] = rows_of(inputs[0], from, to - from);
  if (inputs.size() > 1) inputs[1] = rows_of(inputs[1], first, last - first);
  conv.shape.in.height = to - from;
  conv.shape.padding.top = above;
  conv.shape.padding.bottom = below;
  conv.inputs = inputs;
  conv.output = rows_of(conv.output, first, last - first);
  return make_piece(conv);
}

/// Whether pieces give what the whole gives, bit for bit, on maps of random values. Where a kernel sums in
/// another order for other sizes, they do not.
[[nodiscard]] inline bool same_bits(const ConvPiece& whole, std::span<const ConvPiece> pieces) {
  const auto floats = [](const Place& place) { return place.offset + place.shape.pixels() * place.pitch; };
  std::size_t size = floats(whole.output), scratch = whole.step->scratch();
  for (const Place& input : whole.inputs) size = (std::max)(size, floats(input));
  for (const ConvPiece& piece : pieces) scratch = (std::max)(scratch, piece.step->scratch());
  AlignedVector<float> expected(size), found(size), memory(scratch);
  std::uint32_t random = 1;
  for (float& value : expected) {
    random = random * 1664525u + 1013904223u;
    value = static_cast<float>(random >> 8) / static_cast<float>(1 << 23) - 1.f;
  }
  found = expected;
  PacedStop never;
  static_cast<void>(whole.run(expected.data(), memory.data(), never));
  for (const ConvPiece& piece : pieces) static_cast<void>(piece.run(found.data(), memory.data(), never));
  return std::memcmp(expected.data(), found.data(), size * sizeof(float)) == 0;
}

/// Two halves of a convolution that together give the same bits, or nothing.
[[nodiscard]] inline std::optional<std::array<ConvPiece, 2>> halves_of(FusedConv conv) {
  using Halves = std::optional<std::array<ConvPiece, 2>>;
  const std::size_t channels = conv.shape.out_channels, rows = conv.shape.out().height;
  const auto by_rows = [&]() -> Halves {
    const std::size_t tile = conv.kernel == ConvKernel::winograd_4   ? 4
                             : conv.kernel == ConvKernel::winograd_2 ? 2
                                                                     : 1;
    const std::size_t middle = rows < 2 ? rows : einet::detail::round_up(rows / 2, tile);
    if (middle >= rows) return std::nullopt;
    const auto meets_rows = [&](std::size_t first, std::size_t last) {
      const InputRows met = input_rows(conv.shape, first, last);
      return met.from < met.to;
    };
    if (!meets_rows(0, middle) || !meets_rows(middle, rows)) return std::nullopt;
    return std::array{row_piece(conv, 0, middle), row_piece(conv, middle, rows)};
  };
  const auto by_channels = [&](std::size_t block) -> Halves {
    const std::size_t middle = (channels / 2 + block / 2) / block * block;
    if (conv.shape.groups > 1 || middle == 0 || middle >= channels) return std::nullopt;
    return std::array{channel_piece(conv, 0, middle), channel_piece(conv, middle, channels)};
  };

  auto step = make_own_step(conv);
  // Left to itself, a narrower convolution would have narrower blocks, whose tiles may sum in another order.
  conv.vectors_per_block = step->vectors_per_block();
  const ConvPiece whole{std::move(step), {conv.inputs.begin(), conv.inputs.end()}, conv.output};
  const auto same = [&](Halves halves) {
    return halves && same_bits(whole, *halves) ? std::move(halves) : std::nullopt;
  };
  const auto channel_halves = [&] {
    // Whole blocks, or else whole cache lines.
    for (const std::size_t block :
         {conv.vectors_per_block * lanes<xsimd::default_arch>, einet::detail::padded(1)})
      if (Halves halves = same(by_channels(block))) return halves;
    return Halves{};
  };
  // By rows, each core reads all weights; by channels, each reads the whole map.
  const bool rows_first = conv.shape.in.size() >= conv.weights.size();
  Halves halves = rows_first ? same(by_rows()) : channel_halves();
  if (!halves) halves = rows_first ? channel_halves() : same(by_rows());
  return halves;
}

/// A companion that the steps of a network share: one of them at a time has it.
template <class Companion>
struct SharedCompanion {
  Companion* companion;
  std::atomic_flag busy{};
};

template <class Companion>
class SharedConvStep final : public Step {
 public:
  /// @param origin where the output of the whole lies
  SharedConvStep(std::shared_ptr<SharedCompanion<Companion>> shared, std::array<ConvPiece, 2> halves,
                 std::size_t origin)
      : shared_(std::move(shared)), halves_(std::move(halves)), origin_(origin) {}

  [[nodiscard]] bool run(const StepMaps& maps, PacedStop& stop) const noexcept override {
    float* const arena = maps.out().data - origin_;
    float* const far_scratch = maps.scratch() + scratch_of_first();
    const bool alone = shared_->busy.test_and_set(std::memory_order_acquire);  // by another thread's run
    Job job{&halves_[1], arena, far_scratch, stop};
    if (!alone) shared_->companion->start(&Job::run, &job);
    const bool done = halves_[0].run(arena, maps.scratch(), stop);
    if (!alone) {
      shared_->companion->join();
      shared_->busy.clear(std::memory_order_release);
    }
    // A companion that sleeps, or whose core is taken, has not begun by now: then nobody waits for it.
    return done && (job.begun ? job.whole : halves_[1].run(arena, far_scratch, stop));
  }

  [[nodiscard]] std::size_t scratch() const noexcept override {
    return scratch_of_first() + halves_[1].step->scratch();
  }

 private:
  struct Job {
    const ConvPiece* piece;
    float* arena;
    float* scratch;
    PacedStop stop;  // a count of its own; it asks the same stop, from another thread
    bool begun = false, whole = false;

    static void run(void* of) noexcept {
      Job& job = *static_cast<Job*>(of);
      job.begun = true;
      job.whole = job.piece->run(job.arena, job.scratch, job.stop);
    }
  };

  [[nodiscard]] std::size_t scratch_of_first() const noexcept {
    return einet::detail::padded(halves_[0].step->scratch());
  }

  std::shared_ptr<SharedCompanion<Companion>> shared_;
  std::array<ConvPiece, 2> halves_;
  std::size_t origin_;
};

}  // namespace detail

/// For InferenceNetwork: shares its convolutions and linear layers out over the calling thread and
/// `companion`, which must outlive the network. Outputs are the same bit for bit: a layer whose halves would
/// sum in another order is left whole. A stop ends both halves at their next poll, and is polled from two
/// threads. Not together with PipelinedRunner on the same two cores: that gives the second core to the
/// branches.
template <run_companion Companion>
[[nodiscard]] ConvMaker share_convs(Companion& companion, const ConvSharingOptions& options = {}) {
  auto shared = std::make_shared<detail::SharedCompanion<Companion>>();
  shared->companion = &companion;
  return [shared, options](const FusedConv& conv) -> std::unique_ptr<Step> {
    if (conv.shape.depthwise() || conv.shape.macs() < options.least_macs) return nullptr;
    auto halves = detail::halves_of(conv);
    if (!halves) return nullptr;
    return std::make_unique<detail::SharedConvStep<Companion>>(shared, *std::move(halves),
                                                               conv.output.offset);
  };
}

}  // namespace einet::nn
