# Copies the core's headers and calls the compiler directly: no build system, and no library but xsimd.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(folder "${SCRATCH}/copied_headers")
file(REMOVE_RECURSE "${folder}")
foreach(part IN ITEMS base plan search predict run posix profile einet.hpp version.hpp)
  file(COPY "${ROOT}/include/einet/${part}" DESTINATION "${folder}/include/einet")
endforeach()

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
einet_step("compile" "${COMPILER}" ${flags} -std=c++20 "-I${folder}/include" "-I${XSIMD_INCLUDE}" "${SOURCE}" -o
           "${folder}/consumer")
einet_run_consumer("${folder}/consumer")

# The line markers of the preprocessed source name the files that were read. (Lists of dependencies also name files that
# clang only looked for: libstdc++ asks whether there is a tbb/tbb.h.)
einet_step("preprocess" "${COMPILER}" ${flags} -std=c++20 "-I${folder}/include" "-I${XSIMD_INCLUDE}" -E "${SOURCE}" -o
           "${folder}/consumer.ii")
file(STRINGS "${folder}/consumer.ii" used REGEX "^# [0-9]+ \"")
foreach(library IN ITEMS xtensor xtl tbb oneapi nlohmann zlib.h)
  if("${used}" MATCHES "/${library}[/\"]")
    message(FATAL_ERROR "einet.hpp reaches ${library}")
  endif()
endforeach()
if(NOT "${used}" MATCHES "/einet/einet.hpp\"")
  message(FATAL_ERROR "the list of headers used is not what this test takes it for: ${used}")
endif()
