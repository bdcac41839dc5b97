# Install rules and the package: one export per component, so that a consumer finds only the components that it asks
# for.

include(CMakePackageConfigHelpers)

set(einet_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/einet")

foreach(component IN LISTS EINET_COMPONENTS)
  set(target "einet_${component}")
  if(component STREQUAL "einet")
    set(target einet)
  endif()
  install(TARGETS ${target} EXPORT einet-${component})
  get_target_property(headers ${target} EINET_HEADERS)
  foreach(header IN LISTS headers)
    file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}/include" "${header}")
    get_filename_component(folder "${name}" DIRECTORY)
    install(FILES "${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/${folder}")
  endforeach()
  install(
    EXPORT einet-${component}
    NAMESPACE einet::
    FILE einet-${component}-target.cmake
    DESTINATION "${einet_package_dir}")
endforeach()

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/einet-config.cmake.in" "${PROJECT_BINARY_DIR}/package/einet-config.cmake"
  INSTALL_DESTINATION "${einet_package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/package/einet-config-version.cmake"
  COMPATIBILITY SameMinorVersion
  ARCH_INDEPENDENT)
install(
  FILES "${PROJECT_BINARY_DIR}/package/einet-config.cmake"
        "${PROJECT_BINARY_DIR}/package/einet-config-version.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/einet-dependencies.cmake"
        "${PROJECT_SOURCE_DIR}/cmake/einet-dispatched.cmake"
  DESTINATION "${einet_package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/dispatched" DESTINATION "${einet_package_dir}")

# For pkg-config: the core alone. It finds its headers from where it lies, so that the folder may be moved.
set(einet_pc_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(einet_pc_include "${CMAKE_INSTALL_INCLUDEDIR}")
else()
  set(einet_pc_include "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
file(RELATIVE_PATH einet_pc_up "/${einet_pc_dir}" "/")
string(REGEX REPLACE "/$" "" einet_pc_up "${einet_pc_up}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/einet.pc.in" "${PROJECT_BINARY_DIR}/package/einet.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/einet.pc" DESTINATION "${einet_pc_dir}")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/einet")
