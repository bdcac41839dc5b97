#pragma once
// What bench_runner can do, one command a source file.

namespace einet::bench {

/// What publishing an output costs, and reading it, in every result slot.
/// @param count, arguments those after the name of the command
/// @return the program's exit code
int slots(int count, char** arguments);

/// What every exit costs beside its branch: publishing, predicting, searching.
int exits(int count, char** arguments);

}  // namespace einet::bench
