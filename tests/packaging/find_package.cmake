# Installs einet into the build folder and finds it there.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(prefix "${SCRATCH}/prefix")
file(REMOVE_RECURSE "${prefix}")
einet_step("install" "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${prefix}")
einet_build_consumer(find_package "-DCMAKE_PREFIX_PATH=${prefix}")

file(GLOB_RECURSE installed RELATIVE "${prefix}" "${prefix}/*")
list(FILTER installed EXCLUDE REGEX "^(include/einet|share/cmake/einet)/")
if(installed)
  message(FATAL_ERROR "installed outside include/einet and share/cmake/einet: ${installed}")
endif()
