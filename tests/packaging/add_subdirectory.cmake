# Builds einet's folder into a consumer, as FetchContent does.

include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

einet_build_consumer(add_subdirectory "-DEINET_FOLDER=${ROOT}")
