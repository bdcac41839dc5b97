# cmake -DCOMPILER=<c++> -DINCLUDE=<folder> -DSOURCE=<measured.cpp> -DASSEMBLY=<file to write> -P check.cmake
# Fails if an optimiser has left out some of the work to be timed.

foreach(level IN ITEMS -O2 -O3)
  execute_process(COMMAND ${COMPILER} -std=c++20 ${level} -DNDEBUG "-I${INCLUDE}" -S "${SOURCE}" -o "${ASSEMBLY}"
                  COMMAND_ERROR_IS_FATAL ANY)
  file(READ "${ASSEMBLY}" text)
  file(READ "${SOURCE}" source)
  string(REGEX MATCHALL "PURE float work_[a-z_]+" parts "${source}")
  if(NOT parts)
    message(FATAL_ERROR "${SOURCE} has no work")
  endif()
  foreach(part IN LISTS parts)
    string(REPLACE "PURE float " "" part "${part}")
    if(NOT text MATCHES "[^a-z_]${part}[^a-z_]")
      string(APPEND missing "\n  ${part} at ${level}")
    endif()
  endforeach()
endforeach()
file(REMOVE "${ASSEMBLY}")
if(missing)
  message(FATAL_ERROR "The optimiser has left out:${missing}")
endif()
