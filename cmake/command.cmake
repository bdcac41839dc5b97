# Sets `command` to what follows -- on the command line of a script.

set(command)
set(taking FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(index RANGE ${last})
  if(taking)
    list(APPEND command "${CMAKE_ARGV${index}}")
  elseif("${CMAKE_ARGV${index}}" STREQUAL "--")
    set(taking TRUE)
  endif()
endforeach()
