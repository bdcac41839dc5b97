# Makes the reference by Doxygen, in REFERENCE/html, and fails if anything public lacks its documentation or has a wrong
# one. Members of a class may lack it: a name such as `exit_count` says it all.
#
#   cmake -DREFERENCE=FOLDER [-DDOXYGEN=PROGRAM] -P cmake/reference.cmake

cmake_minimum_required(VERSION 3.22)

if(NOT REFERENCE)
  message(FATAL_ERROR "usage: cmake -DREFERENCE=FOLDER [-DDOXYGEN=PROGRAM] -P cmake/reference.cmake")
endif()
find_program(DOXYGEN doxygen REQUIRED)
get_filename_component(PROJECT_SOURCE_DIR "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
get_filename_component(EINET_REFERENCE "${REFERENCE}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
file(STRINGS "${PROJECT_SOURCE_DIR}/include/einet/version.hpp" version
     REGEX "^#define EINET_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
string(REGEX REPLACE "#define EINET_VERSION_[A-Z]+ " "" version "${version}")
list(JOIN version "." PROJECT_VERSION)
set(PROJECT_DESCRIPTION "Multi-exit networks that can be stopped at any moment")

file(REMOVE_RECURSE "${EINET_REFERENCE}/html")
file(MAKE_DIRECTORY "${EINET_REFERENCE}")
configure_file("${PROJECT_SOURCE_DIR}/docs/reference/Doxyfile.in" "${EINET_REFERENCE}/Doxyfile" @ONLY)
execute_process(COMMAND "${DOXYGEN}" "${EINET_REFERENCE}/Doxyfile" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "doxygen ended with ${result}")
endif()

file(STRINGS "${EINET_REFERENCE}/warnings.txt" warnings)
list(FILTER warnings EXCLUDE REGEX "Member .* of (class|struct|union) .* is not documented")
# Deduction guides.
list(FILTER warnings EXCLUDE REGEX "Member .*[)] -> .* is not documented")
list(FILTER warnings EXCLUDE REGEX "^ *$")
if(warnings)
  list(JOIN warnings "\n" warnings)
  message(FATAL_ERROR "The reference is not complete:\n${warnings}")
endif()
message(STATUS "The reference: ${EINET_REFERENCE}/html/index.html")
