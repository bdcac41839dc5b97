# Defines the interface targets: headers and what they link, but no flags, which are up to the consumer.

set(EINET_COMPONENTS)

# einet_add_component(<name> AREAS <folder>... [HEADERS <header>...] LINK <target>...)
# Target einet::<name> with every header of the folders, if everything it needs is found; einet::einet is required.
function(einet_add_component name)
  cmake_parse_arguments(arg "" "" "AREAS;HEADERS;LINK" ${ARGN})
  einet_find_dependencies(${name} lacking)
  if(lacking)
    if(name STREQUAL "einet")
      message(FATAL_ERROR "einet needs: ${lacking}")
    endif()
    message(STATUS "einet::${name} is left out; it needs: ${lacking}")
    return()
  endif()

  set(include "${PROJECT_SOURCE_DIR}/include")
  set(headers)
  foreach(area IN LISTS arg_AREAS)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS "${include}/einet/${area}/*.hpp")
    list(APPEND headers ${found})
  endforeach()
  foreach(header IN LISTS arg_HEADERS)
    if(EXISTS "${include}/einet/${header}")
      list(APPEND headers "${include}/einet/${header}")
    endif()
  endforeach()

  set(target "einet_${name}")
  if(name STREQUAL "einet")
    set(target einet)
  endif()
  add_library(${target} INTERFACE)
  add_library(einet::${name} ALIAS ${target})
  set_property(TARGET ${target} PROPERTY EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_20)
  # Not with FILE_SET HEADERS, which gives no include path to Meson or to CMake before 3.23.
  target_include_directories(${target} INTERFACE "$<BUILD_INTERFACE:${include}>"
                                                 "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(${target} INTERFACE ${arg_LINK})
  set_property(TARGET ${target} PROPERTY EINET_HEADERS "${headers}")
  set(EINET_COMPONENTS ${EINET_COMPONENTS} ${name} PARENT_SCOPE)
endfunction()
