# Flags for tests, benchmarks and examples. No target that consumers see has them.

set(CMAKE_CXX_EXTENSIONS OFF)

add_library(einet_developer_flags INTERFACE)
target_compile_options(einet_developer_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 takes "text" + std::to_string(n) for an overlapping copy (GCC bug 105651).
  target_compile_options(einet_developer_flags INTERFACE -Wno-restrict)
endif()
target_compile_definitions(einet_developer_flags INTERFACE EINET_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                                           EINET_PROJECT_VERSION="${PROJECT_VERSION}"
                                                           EINET_NO_BASELINE_NOTE)

if(EINET_SYNTAX_ONLY)
  # Half of the time that objects take. A precompiled header is the exception, as others are parsed with it. What is not
  # made is an empty file, which tells Ninja that it was done.
  set(EINET_FRONT_END -fsyntax-only)
  target_compile_options(einet_developer_flags
                         INTERFACE $<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:NAME>,program_pch>>:${EINET_FRONT_END}>)
  set(CMAKE_CXX_COMPILE_OBJECT "${CMAKE_CXX_COMPILE_OBJECT}" "${CMAKE_COMMAND} -E touch <OBJECT>")
  foreach(rule IN ITEMS LINK_EXECUTABLE CREATE_STATIC_LIBRARY CREATE_SHARED_LIBRARY CREATE_SHARED_MODULE)
    set(CMAKE_CXX_${rule} "${CMAKE_COMMAND} -E touch <TARGET>")
  endforeach()
endif()

# einet_quiet_avx512_headers(<target> <scope> <flag>...)
# g++ 12's own AVX-512 headers set off its warnings about uninitialised values (GCC bug 105593); they are silenced if
# the flags enable AVX-512.
function(einet_quiet_avx512_headers target scope)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    include(CheckCXXSourceCompiles)
    list(JOIN ARGN " " CMAKE_REQUIRED_FLAGS)
    string(MAKE_C_IDENTIFIER "EINET_AVX512_BY_${CMAKE_REQUIRED_FLAGS}" result)
    check_cxx_source_compiles("#ifndef __AVX512F__\n#error none\n#endif\nint main() {}" ${result})
    if(${result})
      target_compile_options(${target} ${scope} -Wno-uninitialized -Wno-maybe-uninitialized)
    endif()
  endif()
endfunction()

if(EINET_NATIVE)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native EINET_HAS_MARCH_NATIVE)
  if(EINET_HAS_MARCH_NATIVE)
    target_compile_options(einet_developer_flags INTERFACE -march=native)
    einet_quiet_avx512_headers(einet_developer_flags INTERFACE -march=native)
  endif()
endif()

# The kernels of convolutions and their gradients, half of what a source with a network takes to compile: compiled once,
# for all that links this. einet itself stays headers alone; the programs of docs/ are compiled as a user's are.
set(EINET_KERNEL_FLAGS "" CACHE STRING "Compiler flags of these kernels alone, which most of a test's time is spent in")
if(TARGET einet::inference)
  add_library(einet_developer_kernels STATIC EXCLUDE_FROM_ALL "${PROJECT_SOURCE_DIR}/cmake/developer_kernels.cpp")
  target_compile_options(einet_developer_kernels PRIVATE ${EINET_KERNEL_FLAGS})
  target_compile_definitions(einet_developer_kernels PRIVATE EINET_KERNELS= INTERFACE EINET_KERNELS=extern)
  target_link_libraries(einet_developer_kernels PRIVATE einet_developer_flags einet::inference)
endif()

# einet_link_if_present(<target> <component>...): links each einet::<component> that is defined.
function(einet_link_if_present target)
  foreach(component IN LISTS ARGN)
    if(TARGET einet::${component})
      target_link_libraries(${target} PRIVATE einet::${component})
    endif()
  endforeach()
endfunction()

# einet_add_cli_test(<name> <program> <exit code> <regex> [<argument>...])
# A test that runs the target <program>. With exit code 0 its standard output must match <regex>; with any other the
# error output must, and must be one line.
function(einet_add_cli_test name program expected_exit regex)
  add_test(NAME "${name}"
           COMMAND ${CMAKE_COMMAND} "-DEXPECTED_EXIT=${expected_exit}" "-DREGEX=${regex}" -P
                   "${PROJECT_SOURCE_DIR}/cmake/check_program.cmake" -- $<TARGET_FILE:${program}> ${ARGN})
endfunction()
