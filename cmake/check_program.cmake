# cmake -DEXPECTED_EXIT=n -DREGEX=text -P check_program.cmake -- program [argument]...
# Fails unless the program ends with code n and its output matches the regex: standard output if n is 0, otherwise the
# error output, which must then be exactly one line.

include("${CMAKE_CURRENT_LIST_DIR}/command.cmake")

execute_process(COMMAND ${command} RESULT_VARIABLE exit OUTPUT_VARIABLE output ERROR_VARIABLE error)
set(story "ended with ${exit}\n--- output\n${output}--- error output\n${error}---")

if(NOT "${exit}" STREQUAL "${EXPECTED_EXIT}")
  message(FATAL_ERROR "expected exit code ${EXPECTED_EXIT}; ${story}")
endif()
if(EXPECTED_EXIT EQUAL 0)
  set(text "${output}")
else()
  set(text "${error}")
  if(NOT error MATCHES "^[^\n]+\n$")
    message(FATAL_ERROR "expected one line of error output; ${story}")
  endif()
endif()
if(NOT text MATCHES "${REGEX}")
  message(FATAL_ERROR "expected text like '${REGEX}'; ${story}")
endif()
