#pragma once
// What bench_runner can do, one command a source file.

namespace einet::bench {

/// What publishing an output costs, and reading it, in every result slot.
/// @param count, arguments those after the name of the command
/// @return the program's exit code
int slots(int count, char** arguments);

/// What every exit costs beside its branch: publishing, predicting, searching.
int exits(int count, char** arguments);

/// What the runner adds to the blocks of a network that it runs without planning.
int overhead(int count, char** arguments);

/// What following the pace of a run brings where it drops to half speed on the way.
int drift(int count, char** arguments);

/// How often an answer is in time for a known deadline, by the margin that is kept.
int deadline(int count, char** arguments);

/// What planning by the stops that came brings, after so many of them.
int learned(int count, char** arguments);

/// What skipping plannings that cost more than they gain brings.
int budget(int count, char** arguments);

/// How long a run takes to return after a stop, with and without kernels that poll.
int latency(int count, char** arguments);

}  // namespace einet::bench
