// Prints a profile of three exits with class scores, for check_make_profile.py to compare.
// usage: print_profile FILE

#include <einet/io/profile_file.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace {

void print(const einet::io::SafetensorsFile& file) {
  const auto times = einet::io::read_time_profile<3>(file);
  const auto spread = einet::io::read_time_spread<3>(file);
  const auto profile = einet::io::read_confidence_profile<3>(file);
  if (!spread) throw std::runtime_error("no spread");
  for (std::size_t k = 0; k < 3; ++k)
    std::printf("%.17g %.17g %.17g %.17g\n", times.conv[k], times.branch[k], spread->conv[k],
                spread->branch[k]);
  const auto top_class = file.read<std::int32_t>("top_class");
  const auto top_logprob = file.read<float>("top_logprob");
  const std::size_t listed = file.tensor("top_class").shape.back();
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    std::printf("label %d\n", profile.label[s]);
    for (std::size_t k = 0; k < 3; ++k) {
      std::printf("%d %.9g", profile.predicted[s][k], static_cast<double>(profile.confidence[s][k]));
      for (std::size_t i = (s * 3 + k) * listed; i < (s * 3 + k + 1) * listed; ++i)
        std::printf(" %d %.9g", top_class[i], static_cast<double>(top_logprob[i]));
      std::printf("\n");
    }
  }
  std::printf("classes %s\n", file.metadata().at("classes").c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: print_profile FILE\n";
    return 2;
  }
  try {
    print(einet::io::SafetensorsFile(argv[1]));
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "print_profile: " << error.what() << '\n';
    return 1;
  }
}
