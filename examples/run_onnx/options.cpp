#include "run_onnx/options.hpp"

#include "common/arguments.hpp"

#include <einet/nn/shape.hpp>

#include <vector>

#include <CLI/CLI.hpp>

namespace example::onnx {

std::optional<Options> parse(int count, const char* const* arguments) {
  Options options;
  CLI::App app{"Runs an ONNX model with several exits, interrupted at random moments."};
  app.add_option("model", options.model, "the model; its outputs are the exits")->check(a_path);
  app.add_flag("--operators", options.operators,
               "print the operators that models may have, and do nothing else");
  app.add_option("--data", options.data,
                 "images: IDX, CIFAR or .npy, or a folder of pictures, or of one for each class")
      ->check(a_path);
  app.add_option("--labels", options.labels, "classes of the images, IDX, if the data do not have them")
      ->check(a_path);
  app.add_option("--exits", options.exits, "outputs that are exits, in the order in which they are run");
  std::vector<std::size_t> size;
  app.add_option("--image-size", size, "height, width and channels, where the model leaves them open")
      ->expected(3)
      ->check(a_whole_number(1, 4096));
  std::string preset = "none", channels = "rgb";
  Preprocessing own;
  CLI::Option* const resize =
      app.add_option("--resize", own.resize, "shorter side of the images")->check(a_whole_number(1, 4096));
  CLI::Option* const crop =
      app.add_option("--crop", own.crop, "side of a square in the middle")->check(a_whole_number(1, 4096));
  CLI::Option* const mean =
      app.add_option("--mean", own.mean, "subtracted from values in [0, 1], for all channels or for each")
          ->expected(1, 3)
          ->check(a_number(-1000, 1000));
  CLI::Option* const deviation = app.add_option("--std", own.deviation, "what the rest is divided by")
                                     ->expected(1, 3)
                                     ->check(a_number(1e-6, 1000));
  CLI::Option* const order =
      app.add_option("--channels", channels, "rgb or bgr")->check(CLI::IsMember({"rgb", "bgr"}));
  app.add_option("--preset", preset,
                 "imagenet, cifar10 or cifar100: usual sizes, means and deviations, which options override")
      ->check(CLI::IsMember({"none", "imagenet", "cifar10", "cifar100"}));
  app.add_option("--images", options.images, "how many to run")
      ->check(a_whole_number(4, 1'000'000))
      ->capture_default_str();
  app.add_option("--repeats", options.repeats, "runs that are timed")
      ->check(a_whole_number(3, 100'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "of the stopping moments")->capture_default_str();
  app.add_option("--save", options.save, "keep times, predictor and preprocessing in this file")
      ->check(a_path);
  app.add_option("--load", options.load, "take them from this file")->check(a_path);
  app.add_option(
         "--kernels", options.kernels,
         "how each layer is computed: by the model of costs, as measured now, or as a file of --explain says")
      ->type_name("model|measure|FILE")
      ->capture_default_str();
  app.add_flag("--explain", options.explain, "print the kernel of each layer, and do nothing else");
  app.add_flag("--any-origin", options.any_origin,
               "take a file that was made with another network, engine or number of threads");
  app.add_option(
      "--serve", options.serve,
      "answer until a signal comes; the newest answer is in shared memory by this name, such as /answers");
  if (!read_command_line(app, count, arguments)) return std::nullopt;
  if (options.operators) return options;
  if (options.model.empty()) throw CLI::RequiredError("model");
  if (options.data.empty() && !options.explain) throw CLI::RequiredError("--data");
  if (options.save && options.load) throw CLI::ValidationError("--save", "makes no sense with --load");
  if (own.mean.size() == 2 || own.deviation.size() == 2)
    throw CLI::ValidationError("--mean, --std", "take 1 or 3 numbers");
  if (!size.empty()) options.image_shape = einet::nn::Shape{size[0], size[1], size[2]};
  Preprocessing& how = options.preprocessing;
  // As published with the models of torchvision, and as usual for the 32 x 32 images of CIFAR.
  if (preset == "imagenet") how = {256, 224, {.485f, .456f, .406f}, {.229f, .224f, .225f}, false};
  if (preset == "cifar10") how = {0, 0, {.4914f, .4822f, .4465f}, {.2470f, .2435f, .2616f}, false};
  if (preset == "cifar100") how = {0, 0, {.5071f, .4865f, .4409f}, {.2673f, .2564f, .2762f}, false};
  if (*resize) how.resize = own.resize;
  if (*crop) how.crop = own.crop;
  if (*mean) how.mean = own.mean;
  if (*deviation) how.deviation = own.deviation;
  if (*order) how.bgr = channels == "bgr";
  return options;
}

}  // namespace example::onnx
