// With EINET_KERNELS empty, these headers compile their kernels; see cmake/developer.cmake.

#include <einet/nn/kernels/activation.hpp>
#include <einet/nn/kernels/attention_kernel.hpp>
#include <einet/nn/kernels/conv2d_gradient.hpp>
#include <einet/nn/kernels/conv_by_taps.hpp>
#include <einet/nn/kernels/depthwise_gradient.hpp>
#include <einet/nn/kernels/pool_kernel.hpp>
#include <einet/nn/kernels/winograd.hpp>
