#pragma once
// The commands of bench_runner, one per source file.

namespace einet::bench {

/// Cost of publishing an output and reading it, in every slot.
/// @param count, arguments the arguments after the command's name
/// @return the program's exit code
int slots(int count, char** arguments);

/// Cost of every exit on top of its branch: publishing, predicting, searching.
int exits(int count, char** arguments);

/// What the runner adds to the blocks of a network that it runs without planning.
int overhead(int count, char** arguments);

/// What the runner adds to the blocks of each engine: einet's own, oneDNN, LibTorch, ONNX Runtime.
int engines(int count, char** arguments);

/// What is gained by following the pace of a run that drops to half speed on the way.
int drift(int count, char** arguments);

/// How often an answer meets a known deadline, by the margin kept.
int deadline(int count, char** arguments);

/// What is gained by planning by past stops, after various numbers of them.
int learned(int count, char** arguments);

/// What is gained by skipping planning that costs more than it gains.
int budget(int count, char** arguments);

/// How long a run takes to return after a stop, with and without kernels that poll.
int latency(int count, char** arguments);

/// What a second core brings if branches run on it beside the backbone.
int two_cores(int count, char** arguments);

}  // namespace einet::bench
