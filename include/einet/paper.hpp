#pragma once
// EINet as published (Huang, Gao, Dong), complete, to compare with; a product needs none of it.

// clang-format off
//
//   the paper                                   here
//   ------------------------------------------  ------------------------------------------------------------
//   V-A, Algorithm 1: expectation of a plan     plan/expectation.hpp; of many plans at once:
//                                               paper/batch_expectation.hpp (even_quads.hpp, lookup.hpp)
//   V-B, Algorithm 2, line 1: enumeration       paper/enumeration.hpp
//   V-B, Algorithm 2, lines 5-11: greedy        paper/greedy.hpp (greedy_steps.hpp, uniform_increments.hpp)
//   V-B, Algorithm 2: hybrid search             paper/hybrid.hpp
//   IV-C1, Fig. 5: training set                 paper/cs_prefixes.hpp
//   IV-C2, Eq. 1: CS-Predictor, its mask        paper/cs_predictor.hpp, cs_weights.hpp
//   IV-C3, Eq. 3: loss; training                paper/cs_gradient.hpp, cs_trainer.hpp, clipped_sgd.hpp, fit.hpp
//   IV-C4, Table III: activation cache          paper/cs_predictor.hpp (dense_kernels.hpp and what it includes)
//   VI-B, Fig. 8: static plans                  paper/evenly_spread.hpp
//   VI-B, Fig. 9: confidence threshold          paper/threshold.hpp
//   VI-C3, Fig. 12: random search               paper/random.hpp
//
// clang-format on

#include <einet/paper/batch_expectation.hpp>
#include <einet/paper/clipped_sgd.hpp>
#include <einet/paper/counted_columns.hpp>
#include <einet/paper/cs_gradient.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_prefixes.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/enumeration.hpp>
#include <einet/paper/even_quads.hpp>
#include <einet/paper/evenly_spread.hpp>
#include <einet/paper/fit.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/greedy_steps.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/lanes.hpp>
#include <einet/paper/lookup.hpp>
#include <einet/paper/matrix_product.hpp>
#include <einet/paper/packed_rows.hpp>
#include <einet/paper/passed_on.hpp>
#include <einet/paper/random.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/paper/uniform_increments.hpp>
#include <einet/paper/weight_format.hpp>
