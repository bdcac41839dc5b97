#pragma once
// All of einet's core: plans, searches, predictors and the runner. It needs a C++20 compiler and xsimd.

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/predict/cs_predictor.hpp>
#include <einet/predict/cs_trainer.hpp>
#include <einet/predict/cs_weights.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/run/slot.hpp>
#include <einet/run/stop.hpp>
#include <einet/search/enumeration.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>
#include <einet/search/greedy.hpp>
#include <einet/search/hybrid.hpp>
#include <einet/search/search.hpp>
#include <einet/search/threshold.hpp>
