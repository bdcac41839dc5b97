// Streams: samples arrive by themselves, each due by a deadline, and a network with exits answers as many of
// them as well as it can. A scheduler gives every sample its time and its price of time.

#include "common/arguments.hpp"
#include "common/network_files.hpp"
#include "stream/options.hpp"
#include "stream/show.hpp"

#include <einet/io/file_error.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/plan/exits.hpp>

#include <cstddef>
#include <string>

namespace {

using namespace example::stream;

void run(const Options& options) {
  const std::size_t exits = einet::io::read_exit_count(einet::io::SafetensorsFile(options.files.profile));
  if (exits > example::most_exits)
    throw einet::io::FileError(
        options.files.profile, "",
        "has " + std::to_string(exits) + " exits, expected at most " + std::to_string(example::most_exits));
  einet::with_exits<EINET_EXIT_SIZES>(exits, [&]<std::size_t N>() { show<N>(options); });
}

}  // namespace

int main(int argc, char** argv) {
  return example::run_program("stream", [&] {
    if (const auto options = parse(argc, argv)) run(*options);
    return 0;
  });
}
