#pragma once
// Reading and writing of safetensors files together.

#include <einet/io/safetensors_reader.hpp>
#include <einet/io/safetensors_writer.hpp>
