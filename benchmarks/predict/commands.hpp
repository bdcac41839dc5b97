#pragma once
// The commands of bench_predict, one per source file.

namespace einet::bench {

/// How good the predictors are on real profiles.
/// @param count, arguments the arguments after the command's name
/// @return the program's exit code
int quality(int count, char** arguments);
/// How long observing takes, compared with reading the weights. Arguments and result as `quality`.
int speed(int count, char** arguments);
/// How long the CS-Predictor takes to train, and how good it gets. Arguments and result as `quality`.
int training(int count, char** arguments);

}  // namespace einet::bench
