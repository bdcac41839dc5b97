# Installs einet and builds a consumer with Meson, which reads CMake's packages in its own way.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

find_program(meson meson)
find_program(ninja NAMES ninja ninja-build)
if(NOT meson OR NOT ninja)
  message("skipped: there is no meson, or no ninja")
  return()
endif()

set(folder "${SCRATCH}/meson")
file(REMOVE_RECURSE "${folder}")
einet_step("install" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${folder}/prefix")
file(COPY_FILE "${SOURCE}" "${folder}/consumer.cpp")
file(WRITE "${folder}/meson.build" "\
project('consumer', 'cpp', default_options: ['cpp_std=c++20'])
einet = dependency('einet', method: 'cmake', modules: ['einet::einet'])
executable('consumer', 'consumer.cpp', dependencies: [einet, dependency('threads')])
")
set(ENV{CXX} "${COMPILER}")
set(ENV{CXXFLAGS} "${FLAGS}")
einet_step("set Meson up" "${meson}" setup "${folder}/build" "${folder}"
           "--cmake-prefix-path=${folder}/prefix")
einet_step("build the consumer" "${ninja}" -C "${folder}/build")
einet_run_consumer("${folder}/build/consumer")
