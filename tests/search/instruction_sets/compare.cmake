# cmake -DFEATURE=<flag of /proc/cpuinfo> -DPROGRAM=<decide> -DDECISIONS=<file> -P compare.cmake

if(EXISTS /proc/cpuinfo)
  file(STRINGS /proc/cpuinfo flags REGEX "^flags" LIMIT_COUNT 1)
  if(NOT flags MATCHES "[ \t]${FEATURE}([ \t]|$)")
    message("skipped: this processor has no ${FEATURE}")
    return()
  endif()
endif()
execute_process(COMMAND "${PROGRAM}" compare "${DECISIONS}" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} decides otherwise")
endif()
