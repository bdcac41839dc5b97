# Copies the core's headers and calls the compiler directly: no build system, and no library but xsimd.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(folder "${SCRATCH}/copied_headers")
file(REMOVE_RECURSE "${folder}")
foreach(part IN ITEMS base plan search predict run einet.hpp)
  file(COPY "${ROOT}/include/einet/${part}" DESTINATION "${folder}/include/einet")
endforeach()

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
einet_step("compile" "${COMPILER}" ${flags} -std=c++20 "-I${folder}/include" "-I${XSIMD_INCLUDE}" "${SOURCE}" -o
           "${folder}/consumer" -MD -MF "${folder}/consumer.d")
einet_run_consumer("${folder}/consumer")

file(READ "${folder}/consumer.d" used)
foreach(library IN ITEMS xtensor xtl tbb oneapi nlohmann zlib.h)
  if(used MATCHES "[ /]${library}[/ \n]")
    message(FATAL_ERROR "einet.hpp reaches ${library}")
  endif()
endforeach()
if(NOT used MATCHES "/einet/einet.hpp")
  message(FATAL_ERROR "the list of headers used is not what this test takes it for: ${used}")
endif()
