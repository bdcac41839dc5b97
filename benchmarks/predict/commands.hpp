#pragma once
// What bench_predict can do, one command a source file.

namespace einet::bench {

/// What the predictors are worth on real profiles.
/// @param count, arguments those after the name of the command
/// @return the program's exit code
int quality(int count, char** arguments);
/// How long observing takes, against what reading the weights takes. Arguments and result as `quality`.
int speed(int count, char** arguments);
/// How long the CS-Predictor takes to train, and how good it gets. Arguments and result as `quality`.
int training(int count, char** arguments);

}  // namespace einet::bench
