#pragma once
// All layers that come with einet.

#include <einet/nn/layers/activation.hpp>           // IWYU pragma: export
#include <einet/nn/layers/attention.hpp>            // IWYU pragma: export
#include <einet/nn/layers/conv.hpp>                 // IWYU pragma: export
#include <einet/nn/layers/dropout.hpp>              // IWYU pragma: export
#include <einet/nn/layers/layer_norm.hpp>           // IWYU pragma: export
#include <einet/nn/layers/linear.hpp>               // IWYU pragma: export
#include <einet/nn/layers/local_response_norm.hpp>  // IWYU pragma: export
#include <einet/nn/layers/norm.hpp>                 // IWYU pragma: export
#include <einet/nn/layers/pool.hpp>                 // IWYU pragma: export
#include <einet/nn/layers/tokens.hpp>               // IWYU pragma: export
#include <einet/nn/layers/wiring.hpp>               // IWYU pragma: export
