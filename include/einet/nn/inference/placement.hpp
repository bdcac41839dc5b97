#pragma once
// Where the maps of a lowered network lie: a map that is concatenated lies in the wider map from the start,
// and maps that are never needed at the same time share memory.

#include <einet/base/round_up.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/maps.hpp>
#include <einet/nn/inference/step.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn::detail {

/// Plans an arena. Operations run in their order, conv part 0, branch 0, conv part 1, …; branches may be left
/// out or run twice. If maps are kept, branches may also run any time after their conv part, one after
/// another, while later conv parts run.
class Placement {
 public:
  /// @param scores the map of every exit's scores, which is kept until its branch ends. Operations that copy
  /// are added to the lowering where a map would have to lie in two places.
  Placement(Lowering& lowering, std::span<const std::size_t> scores, Maps use = Maps::shared)
      : operations_(lowering.operations()), maps_(lowering.maps()), kept_(use == Maps::kept) {
    find_makers();
    put_into_concats();
    find_lifetimes(scores);
    assign();
  }

  [[nodiscard]] const Place& operator[](std::size_t map) const noexcept { return places_[map]; }
  /// Floats of the arena.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  struct Home {
    std::size_t parent;
    std::size_t channel;
  };
  struct Life {
    std::size_t first = static_cast<std::size_t>(-1);
    std::size_t last = 0;
    bool used = false;
    bool backbone = false;  // whether a conv part makes any of it
    bool branch = false;    // whether a branch makes or reads any of it

    /// Whether both are needed at the same time.
    [[nodiscard]] bool meets(const Life& other, bool kept) const noexcept {
      // Branches run one after another. But one that conv parts have passed long ago may run at any time.
      const bool in_turn = !kept || (!backbone && !other.backbone);
      const auto end = [&](const Life& life) {
        return in_turn || !life.branch ? life.last : static_cast<std::size_t>(-1);
      };
      return first <= end(other) && other.first <= end(*this);
    }
  };

  /// Who makes a map; the image and what nobody makes have part 0.
  struct Maker {
    std::size_t part = 0;
    bool pixel = false;
  };

  void find_makers() {
    makers_.resize(maps_.size());
    for (const Operation& operation : operations_)
      makers_[operation.output] = {operation.part, operation.kind == Operation::Kind::pixel};
  }

  void put_into_concats() {
    homes_.resize(maps_.size());
    // Conv parts choose first: what a branch has to copy is copied only if the branch runs.
    for (const std::size_t branch : {std::size_t{0}, std::size_t{1}}) {
      for (std::size_t at = 0; at < operations_.size(); ++at) {
        if (operations_[at].kind == Operation::Kind::concat && operations_[at].part % 2 == branch)
          at += put_into(at);
      }
    }
  }

  /// Gives every input of a concatenation its place in the output, or a copy; returns the number of copies.
  std::size_t put_into(std::size_t at) {
    std::vector<Operation> copies;
    std::size_t channel = 0;
    for (std::size_t i = 0; i < operations_[at].inputs.size(); ++i) {
      const std::size_t input = operations_[at].inputs[i];
      const std::size_t width = maps_[input].channels;
      if (homes_[input] || makers_[input].pixel) {
        Operation copy;
        copy.kind = Operation::Kind::activation;
        copy.part = operations_[at].part;
        copy.layer = operations_[at].layer;
        copy.inputs = {input};
        copy.output = maps_.size();
        maps_.push_back(maps_[input]);
        makers_.push_back({copy.part, false});
        homes_.emplace_back(Home{operations_[at].output, channel});
        operations_[at].inputs[i] = copy.output;
        copies.push_back(std::move(copy));
      } else {
        homes_[input] = Home{operations_[at].output, channel};
      }
      channel += width;
    }
    const std::size_t count = copies.size();
    operations_.insert(operations_.begin() + static_cast<std::ptrdiff_t>(at),
                       std::make_move_iterator(copies.begin()), std::make_move_iterator(copies.end()));
    return count;
  }

  /// The map in whose memory `map` lies.
  [[nodiscard]] std::size_t root(std::size_t map) const noexcept {
    while (homes_[map]) map = homes_[map]->parent;
    return map;
  }

  void find_lifetimes(std::span<const std::size_t> scores) {
    std::vector<std::size_t> alias(maps_.size());
    std::iota(alias.begin(), alias.end(), std::size_t{0});
    // Moments: 0 is the loading of the image; the operation at place i runs at i + 1.
    std::vector<std::size_t> part_ends(2 * scores.size(), 0);
    for (std::size_t at = 0; at < operations_.size(); ++at) part_ends[operations_[at].part] = at + 1;
    for (std::size_t part = 1; part < part_ends.size(); ++part)
      part_ends[part] = (std::max)(part_ends[part], part_ends[part - 1]);
    lives_.resize(maps_.size());
    const auto live = [&](std::size_t map, std::size_t moment, bool in_branch) {
      Life& life = lives_[root(alias[map])];
      life.used = true;
      life.backbone = life.backbone || makers_[map].part % 2 == 0;
      life.branch = life.branch || in_branch;
      life.first = (std::min)(life.first, moment);
      life.last = (std::max)(life.last, moment);
    };
    live(0, 0, false);
    for (std::size_t at = 0; at < operations_.size(); ++at) {
      const Operation& operation = operations_[at];
      if (operation.kind == Operation::Kind::pixel) alias[operation.output] = alias[operation.inputs[0]];
      // A branch may run again: what it reads from outside stays until it ends.
      const bool branch = operation.part % 2 == 1;
      for (const std::size_t input : operation.inputs) {
        const bool outside = branch && makers_[input].part < operation.part;
        live(input, outside ? part_ends[operation.part] : at + 1, branch);
      }
      live(operation.output, at + 1, branch);
    }
    for (std::size_t exit = 0; exit < scores.size(); ++exit)
      live(scores[exit], part_ends[2 * exit + 1], true);
  }

  void assign() {
    struct Block {
      std::size_t map, size, offset;
    };
    std::vector<Block> blocks;
    for (std::size_t map = 0; map < maps_.size(); ++map)
      if (lives_[map].used && !homes_[map])
        blocks.push_back({map, einet::detail::padded(maps_[map].size()), 0});
    std::stable_sort(blocks.begin(), blocks.end(),
                     [](const Block& a, const Block& b) { return a.size > b.size; });
    std::vector<Block> placed;  // by offset
    places_.resize(maps_.size());
    for (Block& block : blocks) {
      std::size_t offset = 0;
      for (const Block& other : placed) {
        if (!lives_[block.map].meets(lives_[other.map], kept_)) continue;
        if (offset + block.size <= other.offset) break;
        offset = (std::max)(offset, other.offset + other.size);
      }
      block.offset = offset;
      size_ = (std::max)(size_, offset + block.size);
      places_[block.map] = {offset, maps_[block.map], maps_[block.map].channels};
      placed.insert(std::upper_bound(placed.begin(), placed.end(), block,
                                     [](const Block& a, const Block& b) { return a.offset < b.offset; }),
                    block);
    }
    for (std::size_t map = 0; map < maps_.size(); ++map) {
      if (!homes_[map]) continue;
      std::size_t channel = 0;
      std::size_t at = map;
      while (homes_[at]) {
        channel += homes_[at]->channel;
        at = homes_[at]->parent;
      }
      places_[map] = {places_[at].offset + channel, maps_[map], places_[at].pitch};
    }
    for (const Operation& operation : operations_) {
      if (operation.kind != Operation::Kind::pixel) continue;
      const Place& of = places_[operation.inputs[0]];
      places_[operation.output] = {of.offset + operation.pixel * of.pitch, maps_[operation.output], of.pitch};
    }
  }

  std::vector<Operation>& operations_;
  std::vector<Shape>& maps_;
  bool kept_;
  std::vector<Maker> makers_;
  std::vector<std::optional<Home>> homes_;
  std::vector<Life> lives_;
  std::vector<Place> places_;
  std::size_t size_ = 0;
};

}  // namespace einet::nn::detail
