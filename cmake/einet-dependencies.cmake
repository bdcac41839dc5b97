# The dependencies of each component: one list for the build and the installed package.

# Finds `package` without a version and compares afterwards, because some packages refuse every newer major version.
# Appends to the list `missing` in the caller's scope if it is absent or older than `minimum` ("" for any).
function(einet_require package target minimum missing)
  if(NOT TARGET ${target})
    if(package STREQUAL "Torch")
      set(FPHSA_NAME_MISMATCHED TRUE)              # its own scripts warn of each other
      set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)  # they name targets in expressions that consumers evaluate
    endif()
    find_package(${package} QUIET)
    if(NOT TARGET ${target})
      set(${missing} ${${missing}} "${package} ${minimum}" PARENT_SCOPE)
    elseif(minimum AND ${package}_VERSION VERSION_LESS minimum)
      set(${missing} ${${missing}} "${package} ${minimum} (found ${${package}_VERSION})" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# The same for a library that is found by a header and its own file, because its package is missing or asks for more than
# einet uses. Defines `target`.
function(einet_require_library name target header library missing)
  if(TARGET ${target})
    return()
  endif()
  string(TOUPPER "EINET_${name}" variable)
  find_path(${variable}_INCLUDE ${header} PATH_SUFFIXES onnxruntime onnxruntime/core/session
            DOC "Folder of ${name}'s ${header}")
  find_library(${variable}_LIBRARY NAMES ${library} lib${library}.so.1 DOC "${name}'s library")
  if(${variable}_INCLUDE AND ${variable}_LIBRARY)
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${${variable}_LIBRARY}"
                                               INTERFACE_INCLUDE_DIRECTORIES "${${variable}_INCLUDE}")
  else()
    set(${missing} ${${missing}} "${name} (${variable}_INCLUDE, ${variable}_LIBRARY)" PARENT_SCOPE)
  endif()
endfunction()

# Sets `out` to what `component` lacks, in words; empty if everything was found.
function(einet_find_dependencies component out)
  set(lacking)
  # Debian's xsimd links xtl without finding it; newer versions do not use it.
  find_package(xtl QUIET)
  einet_require(xsimd xsimd 8.1 lacking)
  if(TARGET xsimd AND NOT TARGET xtl)
    get_target_property(links xsimd INTERFACE_LINK_LIBRARIES)
    if("xtl" IN_LIST links)
      list(APPEND lacking "xtl (which this xsimd links)")
    endif()
  endif()
  if(component STREQUAL "training")
    einet_require(xtensor xtensor 0.24.3 lacking)
    einet_require(TBB TBB::tbb 2021.5 lacking)
  elseif(component STREQUAL "io")
    einet_require(ZLIB ZLIB::ZLIB "" lacking)
    einet_require(nlohmann_json nlohmann_json::nlohmann_json 3.7 lacking)
  elseif(component STREQUAL "onnx")
    einet_require(ZLIB ZLIB::ZLIB "" lacking)
    einet_require(nlohmann_json nlohmann_json::nlohmann_json 3.7 lacking)
    # ONNX's schema, compiled by protobuf. Debian's target links protobuf without finding it; newer versions have theirs
    # in a namespace. When compiling for another processor, those of this one would be found.
    if(NOT CMAKE_CROSSCOMPILING)
      find_package(Protobuf QUIET)
    endif()
    if(TARGET protobuf::libprotobuf)
      find_package(ONNX CONFIG QUIET)
    endif()
    if(TARGET ONNX::onnx_proto AND NOT TARGET onnx_proto)
      add_library(onnx_proto ALIAS ONNX::onnx_proto)
    endif()
    if(NOT TARGET onnx_proto)
      list(APPEND lacking "ONNX with protobuf (Debian: libonnx-dev libprotobuf-dev)")
    endif()
  elseif(component STREQUAL "parallel")
    einet_require(TBB TBB::tbb 2021.5 lacking)
  elseif(component STREQUAL "libtorch")
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      einet_require(Torch torch 2.0 lacking)  # clang 14 does not compile the headers of 1.13 as C++20
    else()
      einet_require(Torch torch 1.13 lacking)
    endif()
  elseif(component STREQUAL "onnxruntime")
    einet_require_library(onnxruntime onnxruntime::onnxruntime onnxruntime_c_api.h onnxruntime lacking)
  elseif(component STREQUAL "onednn")
    # Not by its package, which in Debian stops everything where OpenCL is missing.
    einet_require_library(oneDNN DNNL::dnnl oneapi/dnnl/dnnl.h dnnl lacking)
  elseif(NOT component MATCHES "^(einet|paper|inference|eval)$")
    list(APPEND lacking "no component of this name exists")
  endif()
  list(JOIN lacking ", " lacking)
  set(${out} "${lacking}" PARENT_SCOPE)
endfunction()
