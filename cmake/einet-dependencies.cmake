# What each component needs from elsewhere: one list for the build and for the installed package.

# Finds `package` unversioned and compares afterwards, because some packages refuse every newer major version.
# Appends to the list `missing` in the caller's scope when it is absent or older than `minimum` ("" for any).
function(einet_require package target minimum missing)
  if(NOT TARGET ${target})
    find_package(${package} QUIET)
    if(NOT TARGET ${target})
      set(${missing} ${${missing}} "${package} ${minimum}" PARENT_SCOPE)
    elseif(minimum AND ${package}_VERSION VERSION_LESS minimum)
      set(${missing} ${${missing}} "${package} ${minimum} (found ${${package}_VERSION})" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Sets `out` to what `component` lacks, in words; empty when everything was found.
function(einet_find_dependencies component out)
  set(lacking)
  # Debian's xsimd links xtl without looking for it; newer ones do not know it.
  find_package(xtl QUIET)
  einet_require(xsimd xsimd 8.1 lacking)
  if(component STREQUAL "nn")
    einet_require(xtensor xtensor 0.24.3 lacking)
    einet_require(TBB TBB::tbb 2021.5 lacking)
  elseif(component STREQUAL "io")
    einet_require(ZLIB ZLIB::ZLIB "" lacking)
    einet_require(nlohmann_json nlohmann_json::nlohmann_json 3.7 lacking)
  elseif(component STREQUAL "parallel")
    einet_require(TBB TBB::tbb 2021.5 lacking)
  elseif(NOT component MATCHES "^(einet|eval)$")
    list(APPEND lacking "no component of this name exists")
  endif()
  list(JOIN lacking ", " lacking)
  set(${out} "${lacking}" PARENT_SCOPE)
endfunction()
