# Port for vcpkg, from the sources that it lies in: `vcpkg install einet --overlay-ports=EINET/cmake/vcpkg/einet`.

set(VCPKG_BUILD_TYPE release)  # header-only
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS -DEINET_BUILD_TESTS=OFF -DEINET_BUILD_BENCHMARKS=OFF -DEINET_BUILD_EXAMPLES=OFF -DEINET_INSTALL=ON
          -DEINET_ENGINES=)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/einet)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/share/cmake" "${CURRENT_PACKAGES_DIR}/share/doc")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
