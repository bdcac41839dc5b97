# cmake -DCOMPILE=<compiler and flags> -DSOURCE=<fused.cpp> -DOUT=<file> -P fused.cmake
# Fails if the compiler makes no fused multiply-adds of the functions in SOURCE, or leaves a multiplication beside them.

execute_process(COMMAND ${COMPILE} -S "${SOURCE}" -o "${OUT}" RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${SOURCE} does not compile")
endif()
file(STRINGS "${OUT}" fused REGEX "[ \t]vfn?m(add|sub)[0-9]+p[sd][ \t]")
file(STRINGS "${OUT}" multiplied REGEX "[ \t]vmulp[sd][ \t]")
list(LENGTH fused count)
list(LENGTH multiplied separate)
message(STATUS "${count} fused, ${separate} multiplied alone")
# Two in the first functions, and 12, 12 and 8 in each unrolled step of the tiles.
if(count LESS 34 OR separate GREATER 0)
  message(FATAL_ERROR "expected at least 34 fused multiply-adds and no multiplication alone")
endif()
