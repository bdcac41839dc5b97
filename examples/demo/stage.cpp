// The marked block. It has a file of its own so that there is one copy of its code; see stage.hpp.

#include "demo/stage.hpp"

namespace example::demo {

bool MarkedBlock::advance(einet::nn::Features& features, const Deadline& stop) const noexcept {
  const bool whole = block_->advance(features, stop);
  marks_->at[marks_->count++] = clock_.now();
  return whole;
}

std::optional<Output> MarkedBlock::classify(const einet::nn::Features& features,
                                            const Deadline& stop) const noexcept {
  const auto output = block_->classify(features, stop);
  marks_->at[marks_->count++] = clock_.now();
  return output;
}

}  // namespace example::demo
