# cmake -DFOLDER=<folder> -P leaves_nothing.cmake -- program [argument]...
# Fails unless the program, whose temporary folder is <folder>, succeeds and leaves the folder empty.

include("${CMAKE_CURRENT_LIST_DIR}/../cmake/command.cmake")

file(REMOVE_RECURSE "${FOLDER}")
file(MAKE_DIRECTORY "${FOLDER}")
set(ENV{TMPDIR} "${FOLDER}")
execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${command}: ended with ${result}\n${output}")
endif()
file(GLOB left "${FOLDER}/*" "${FOLDER}/.*")
if(left)
  message(FATAL_ERROR "left in the temporary folder: ${left}")
endif()
