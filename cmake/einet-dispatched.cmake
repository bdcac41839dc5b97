# einet_add_dispatched(): the target einet::dispatched, einet's inference compiled for several instruction sets, of which
# a program that links it takes the best when it runs (einet/nn/inference/dispatch.hpp).
#
# Each instruction set is a unit: one relocatable object whose other symbols are local, groups that a linker would merge
# by name resolved. Otherwise inline functions, einet's and those of std, would be shared between instruction sets. That
# takes GNU's linker and objcopy; where they are missing, and on other processors, the target has no units.

set_property(GLOBAL PROPERTY EINET_DISPATCHED_SOURCES "${CMAKE_CURRENT_LIST_DIR}/dispatched")

function(einet_add_dispatched)
  if(TARGET einet::dispatched)
    return()
  endif()
  find_program(EINET_LD NAMES ld.bfd)
  find_program(EINET_OBJCOPY NAMES objcopy)
  set(without)
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(without "${CMAKE_SYSTEM_PROCESSOR} is not x86-64")
  elseif(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR NOT EINET_LD OR NOT EINET_OBJCOPY)
    set(without "they take ld.bfd and objcopy")
  elseif(NOT CMAKE_CXX_COMPILER_ID MATCHES "^(GNU|Clang)$" OR CMAKE_CXX_FLAGS MATCHES "-fsanitize|-fno-rtti")
    set(without "they take g++ or clang++, RTTI and no sanitizer")
  endif()
  if(without)
    message(STATUS "einet::dispatched has no kernels: ${without}")
  endif()

  get_property(sources GLOBAL PROPERTY EINET_DISPATCHED_SOURCES)
  add_library(einet_dispatched STATIC EXCLUDE_FROM_ALL "${sources}/kernel_sets.cpp")
  add_library(einet::dispatched ALIAS einet_dispatched)
  set_target_properties(einet_dispatched PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(einet_dispatched PUBLIC einet::inference)
  target_compile_definitions(einet_dispatched PUBLIC EINET_NO_BASELINE_NOTE)
  if(without)
    return()
  endif()
  target_compile_definitions(einet_dispatched PRIVATE EINET_UNITS)
  foreach(set IN ITEMS "avx2" "avx512")
    # What kernel_sets.cpp asks the processor for.
    set(flags -march=x86-64 -mtune=generic -fvisibility=hidden -mavx2 -mfma)
    if(set STREQUAL "avx512")
      list(APPEND flags -mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Unique symbols, which g++ makes of the static variables of inline functions, cannot be made local. Its own
      # AVX-512 headers set off its warnings (GCC bug 105593).
      list(APPEND flags -fno-gnu-unique -Wno-uninitialized -Wno-maybe-uninitialized)
    endif()
    set(function "einet_compile_graph_${set}")
    set(object einet_dispatched_${set})
    add_library(${object} OBJECT EXCLUDE_FROM_ALL "${sources}/unit.cpp")
    target_link_libraries(${object} PRIVATE einet::inference)
    target_compile_definitions(${object} PRIVATE EINET_UNIT=${function} EINET_NO_BASELINE_NOTE)
    # After the project's own flags, so that a -march among them does not count. Optimised in debug builds, too: there
    # they would be useless, and g++ does not compile all of xsimd.
    set(released "$<OR:$<CONFIG:Release>,$<CONFIG:RelWithDebInfo>,$<CONFIG:MinSizeRel>>")
    target_compile_options(${object} PRIVATE ${flags} -fno-lto "$<$<NOT:${released}>:-O2>")
    set_target_properties(${object} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF POSITION_INDEPENDENT_CODE ON)

    set(unit "${CMAKE_CURRENT_BINARY_DIR}/einet_dispatched_${set}.o")
    add_custom_command(
      OUTPUT "${unit}"
      COMMAND "${EINET_LD}" -r --force-group-allocation "$<TARGET_OBJECTS:${object}>" -o "${unit}"
      COMMAND "${EINET_OBJCOPY}" "--keep-global-symbol=${function}" "${unit}"
      DEPENDS ${object} "$<TARGET_OBJECTS:${object}>"
      VERBATIM)
    set_source_files_properties("${unit}" PROPERTIES GENERATED TRUE EXTERNAL_OBJECT TRUE)
    target_sources(einet_dispatched PRIVATE "${unit}")
  endforeach()
endfunction()
