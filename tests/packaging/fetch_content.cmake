# FetchContent gets einet from an archive of what a checkout has. The core alone: add_subdirectory.cmake does the same with
# every component.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

set(archive "${SCRATCH}/einet.tar.gz")
set(COMPONENTS einet)
einet_step("pack" "${CMAKE_COMMAND}" -E chdir "${ROOT}" "${CMAKE_COMMAND}" -E tar czf "${archive}" CMakeLists.txt cmake
           include LICENSE)
einet_build_consumer(fetch_content "-DEINET_FOLDER=${archive}" -DEINET_FETCH=ON)
