#pragma once
// EINet as published: every part of the paper under its name.

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
#include <einet/paper/fit.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/greedy_steps.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/lookup.hpp>
#include <einet/paper/matrix_product.hpp>
#include <einet/paper/packed_rows.hpp>
#include <einet/paper/passed_on.hpp>
#include <einet/paper/random.hpp>
#include <einet/paper/threshold.hpp>
#include <einet/paper/uniform_increments.hpp>
#include <einet/paper/weight_format.hpp>
