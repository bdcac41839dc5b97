# cmake -DNM=<nm> -DUNIT=<object> -DPLAIN=<object> -DFUNCTION=<name> -P symbols.cmake
# Fails if the unit shows more than its one function, or runs anything before main(), for processors that may lack its
# instructions. Also fails if the plain object, from which the unit was made, does neither: then the test would test
# nothing.

# Sets `out` to the symbols that others see, and `early` to whether anything runs before main().
function(visible object out early)
  execute_process(COMMAND "${NM}" --defined-only -C "${object}" OUTPUT_VARIABLE lines RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${NM} ${object}: ended with ${result}")
  endif()
  string(REGEX MATCHALL "[0-9a-f]+ [A-ZuvwV] [^\n]*" symbols "${lines}")
  list(FILTER symbols EXCLUDE REGEX "^[0-9a-f]+ [NU] ")
  set(${out} "${symbols}" PARENT_SCOPE)
  set(${early} FALSE PARENT_SCOPE)
  if(lines MATCHES "_GLOBAL__sub_I_")
    set(${early} TRUE PARENT_SCOPE)
  endif()
endfunction()

visible("${UNIT}" symbols early)
list(LENGTH symbols count)
if(NOT count EQUAL 1 OR NOT symbols MATCHES "${FUNCTION}")
  message(FATAL_ERROR "${UNIT} shows: ${symbols}")
endif()
if(early)
  message(FATAL_ERROR "${UNIT} does something before main()")
endif()
visible("${PLAIN}" symbols early)
if(NOT symbols MATCHES " [WVu] einet::" OR NOT symbols MATCHES " [WVu] std::|__gnu_cxx::")
  message(FATAL_ERROR "${PLAIN} shares no code with others: ${symbols}")
endif()
