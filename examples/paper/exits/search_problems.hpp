#pragma once
// The searches on the planning problems of a network.

#include "paper/study.hpp"

#include <einet/plan/problem.hpp>

#include <cstddef>
#include <vector>

namespace paper {

/// Table I and figures 12 and 13 for these problems, each at the start of the inference.
template <std::size_t N>
SearchTables score_searches(const std::vector<einet::Problem<N>>& problems);

}  // namespace paper
