# cmake -DPROGRAM=<file> -DREGEX=text -P build_and_run.cmake -- compiler [argument]...
# Fails unless the command, which gets `-o <file>` besides, makes a program that ends well and prints text like the
# regex.

include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/command.cmake")

foreach(step IN ITEMS "${command};-o;${PROGRAM}" "${PROGRAM}")
  execute_process(COMMAND ${step} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${step}: ended with ${result}\n${output}\n${error}")
  endif()
endforeach()
if(NOT output MATCHES "${REGEX}")
  message(FATAL_ERROR "expected text like '${REGEX}', printed '${output}'")
endif()
