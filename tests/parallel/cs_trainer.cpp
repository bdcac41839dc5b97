#include "catch.hpp"
#include "predict/samples.hpp"

#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/parallel/tbb_executor.hpp>

#include <random>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

TEST_CASE("trained weights are the same, bit for bit, for any number of threads", "[parallel][cs_trainer]") {
  const tbb::global_control more_than_processors(tbb::global_control::max_allowed_parallelism, 8);
  std::mt19937 random(1);
  const auto samples = einet::test::random_samples<5>(100, random);
  einet::CsTrainerOptions options;
  options.target = einet::Target::correctness;
  options.epochs = 3;
  options.dropout = .1f;
  const auto train = [&](const auto& executor) {
    return einet::train_cs_predictor<160>(samples.view(), options, einet::NoProgress{}, executor);
  };
  const auto serial = train(einet::Serial{});
  for (const int threads : {1, 2, 3, 8}) {
    CAPTURE(threads);
    tbb::task_arena arena(threads);
    const auto shared = arena.execute([&] { return train(einet::parallel::TbbExecutor{}); });
    CHECK(shared.parameters == serial.parameters);
    CHECK(shared.best_epoch == serial.best_epoch);
  }
}
