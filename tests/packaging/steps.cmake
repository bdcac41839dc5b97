# Shared by the packaging tests.

cmake_minimum_required(VERSION 3.23)

string(REPLACE "," ";" COMPONENTS "${COMPONENTS}")

# einet_step(<what> <command>...): runs the command, or fails with everything it printed. Sets `output`.
function(einet_step what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what}: ended with ${result}\n${output}\n${error}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

# einet_run_consumer(<program>): the program must print what the README says.
function(einet_run_consumer program)
  einet_step("run the consumer" "${program}")
  if(NOT output MATCHES "label|no output")
    message(FATAL_ERROR "the consumer printed '${output}'")
  endif()
endfunction()

# einet_build_consumer(<way> <setting>...): configures, builds and runs tests/packaging/consumer.
function(einet_build_consumer way)
  set(build "${SCRATCH}/${way}")
  list(JOIN COMPONENTS "\\;" components)
  set(libraries)
  foreach(variable IN ITEMS EINET_ONNXRUNTIME_INCLUDE EINET_ONNXRUNTIME_LIBRARY EINET_ONEDNN_INCLUDE EINET_ONEDNN_LIBRARY)
    if(${variable})
      list(APPEND libraries "-D${variable}=${${variable}}")
    endif()
  endforeach()
  file(REMOVE_RECURSE "${build}")
  einet_step("configure the consumer" "${CMAKE_COMMAND}" -S "${ROOT}/tests/packaging/consumer" -B "${build}" -G
             "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DSOURCE=${SOURCE}"
             "-DCOMPONENTS=${components}" -DCMAKE_BUILD_TYPE=Debug ${libraries} ${ARGN})
  einet_step("build the consumer" "${CMAKE_COMMAND}" --build "${build}")
  einet_run_consumer("${build}/consumer")
endfunction()
