#pragma once
// The searches on planning problems of one number of exits.

#include "paper/study.hpp"

#include <einet/plan/problem.hpp>

#include <cstddef>
#include <vector>

namespace paper {

/// Tables I and figures 12 and 13 for these problems, before the start of the inference each.
template <std::size_t N>
SearchTables score_searches(const std::vector<einet::Problem<N>>& problems);

}  // namespace paper
