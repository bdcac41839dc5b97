// Time budgets: a file that is accepted is written, and must be the same when read again; and the price that
// it leads to is one, whatever is observed.

#include "files.hpp"
#include "safetensors_mutator.hpp"

#include <einet/io/time_budget_file.hpp>
#include <einet/run/time_budget.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  static const std::filesystem::path path = fuzz::scratch() / "again.safetensors";
  std::optional<TimeBudget> budget;
  if (!fuzz::accepts([&] { budget.emplace(io::load_time_budget(memory.with({data, size}))); })) return 0;
  fuzz::require(fuzz::accepts([&] {
                  io::save_time_budget(path, *budget);
                  fuzz::require(io::load_time_budget(path).state() == budget->state(), "budgets are kept");
                }),
                "budgets that were read can be written and read");
  for (const double busy : {0., budget->per_sample(), 1e300, 1e-300, -1.}) {
    budget->observe(busy);
    fuzz::require(std::isfinite(budget->price()) && budget->price() >= 0, "prices are finite and >= 0");
  }
  return 0;
}
