# Makes the core's single header, and compiles a program with it and nothing else of einet. A second source of the program
# includes it, too: what is not inline would be there twice.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(folder "${SCRATCH}/single_header")
file(REMOVE_RECURSE "${folder}")
einet_step("make the header" sh "${ROOT}/cmake/single_header.sh" "${folder}/einet.hpp")

execute_process(COMMAND sh "${ROOT}/cmake/single_header.sh" --nonsense RESULT_VARIABLE result ERROR_VARIABLE error)
if(NOT result EQUAL 2 OR NOT error MATCHES "^einet: unknown option --nonsense[^\n]*\n$")
  message(FATAL_ERROR "an unknown option ended with ${result} and '${error}'")
endif()

file(READ "${folder}/einet.hpp" header)
if(header MATCHES "#include <einet/")
  message(FATAL_ERROR "the header includes another one of einet")
endif()
file(STRINGS "${ROOT}/include/einet/version.hpp" version REGEX "^#define EINET_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
string(REGEX REPLACE "#define EINET_VERSION_[A-Z]+ " "" version "${version}")
list(JOIN version "." version)
if(NOT header MATCHES "^// einet ${version}[^\n]*\n//\n// BSD 3-Clause License\n")
  message(FATAL_ERROR "the header does not begin with its version, ${version}, and its license")
endif()

file(READ "${SOURCE}" program)
string(REPLACE "#include <einet/einet.hpp>" "#include \"einet.hpp\"" program "${program}")
file(WRITE "${folder}/consumer.cpp" "${program}")
file(WRITE "${folder}/second.cpp" "#include \"einet.hpp\"\n#include \"einet.hpp\"\n")
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
einet_step("compile" "${COMPILER}" ${flags} -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -idirafter
           "${XSIMD_INCLUDE}" "${folder}/consumer.cpp" "${folder}/second.cpp" -o "${folder}/consumer")
einet_run_consumer("${folder}/consumer")
