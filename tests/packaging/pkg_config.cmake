# Installs einet, moves the folder elsewhere, and asks pkg-config for it.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

find_program(pkg_config NAMES pkg-config pkgconf)
if(NOT pkg_config)
  message("skipped: there is no pkg-config")
  return()
endif()

set(folder "${SCRATCH}/pkg_config")
file(REMOVE_RECURSE "${folder}")
einet_step("install" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${folder}/installed")
file(RENAME "${folder}/installed" "${folder}/moved")
set(ENV{PKG_CONFIG_PATH} "${folder}/moved/share/pkgconfig")
einet_step("check the file" "${pkg_config}" --print-errors --exists "einet >= 0.2")
einet_step("ask for flags" "${pkg_config}" --cflags --libs einet)
separate_arguments(flags UNIX_COMMAND "${FLAGS} ${output}")
if(NOT "${output}" MATCHES "^-I[^ ]*/include *\n?$")
  message(FATAL_ERROR "more flags than a path of headers: ${output}")
endif()
einet_step("compile" "${COMPILER}" -std=c++20 "${SOURCE}" ${flags} -o "${folder}/consumer")
einet_run_consumer("${folder}/consumer")
