# odr: one object with the headers of all components. With EINET_CHECK_HEADERS, for every component headers_<component>,
# which shows that each of its headers compiles alone.

include(header_chains.cmake)

add_library(odr OBJECT odr.cpp)
target_link_libraries(odr PRIVATE einet_developer_flags)
set(all_components "#pragma once\n")
foreach(component IN LISTS EINET_COMPONENTS)
  set(target "einet_${component}")
  if(component STREQUAL "einet")
    set(target einet)
  endif()
  get_target_property(headers ${target} EINET_HEADERS)
  # The kernels of networks need vector registers that xsimd knows, which not all processors of cross.cmake have.
  if(NOT headers OR (component STREQUAL "inference" AND CMAKE_CROSSCOMPILING))
    continue()
  endif()

  set(folder "${CMAKE_CURRENT_BINARY_DIR}/headers/${component}")
  list(TRANSFORM headers REPLACE "^${PROJECT_SOURCE_DIR}/include/" "" OUTPUT_VARIABLE names)
  set(all "#pragma once\n")
  foreach(name IN LISTS names)
    string(APPEND all "#include <${name}>\n")
  endforeach()
  file(CONFIGURE OUTPUT "${folder}/public_headers.hpp" CONTENT "${all}" @ONLY)

  # Not every test is to link the engines of others.
  if(NOT component MATCHES "^(libtorch|onnxruntime|onednn)$")
    string(APPEND all_components "#include \"${component}/public_headers.hpp\"\n")
    target_link_libraries(odr PRIVATE einet::${component})
  endif()

  if(EINET_CHECK_HEADERS)
    # An include that is removed makes other chains.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})
    einet_header_chains(chains ${names})
    set(alone)
    foreach(chain IN LISTS chains)
      string(REGEX MATCH "[^>]+$" last "${chain}")
      string(REGEX REPLACE "[/.]" "_" source "${last}")
      string(REGEX REPLACE "([^>]+)>?" "#include <\\1>\n" lines "${chain}")
      # Twice, to test the include guards.
      file(CONFIGURE OUTPUT "${folder}/${source}.cpp" CONTENT "${lines}${lines}" @ONLY)
      list(APPEND alone "${folder}/${source}.cpp")
    endforeach()
    add_library(headers_${component} OBJECT ${alone})
    add_dependencies(compiled headers_${component})
    target_link_libraries(headers_${component} PRIVATE einet_developer_flags einet::${component})
    # Only the front end matters.
    target_compile_options(headers_${component} PRIVATE -O0)
  endif()
endforeach()

file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/headers/public_headers.hpp" CONTENT "${all_components}" @ONLY)
target_include_directories(odr PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/headers")
