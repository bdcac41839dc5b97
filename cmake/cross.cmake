# Toolchain file: builds for another processor with Debian's cross compilers and runs the tests in qemu.
# EINET_PROCESSOR is aarch64, armhf (32-bit ARM without vectors), armhf-neon or riscv64 (without vectors).

set(EINET_PROCESSOR "" CACHE STRING "The processor to build for")
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EINET_PROCESSOR)

if(EINET_PROCESSOR MATCHES "^(aarch64|riscv64)$")
  set(CMAKE_SYSTEM_PROCESSOR "${EINET_PROCESSOR}")
  set(einet_triple "${EINET_PROCESSOR}-linux-gnu")
elseif(EINET_PROCESSOR MATCHES "^armhf(-neon)?$")
  set(CMAKE_SYSTEM_PROCESSOR arm)
  set(einet_triple arm-linux-gnueabihf)
  if(CMAKE_MATCH_1)
    set(einet_flags -mfpu=neon)
  endif()
else()
  message(FATAL_ERROR "EINET_PROCESSOR is '${EINET_PROCESSOR}', expected aarch64, armhf, armhf-neon or riscv64")
endif()

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_CXX_COMPILER "${einet_triple}-g++")
# With -Wpsabi g++ warns that ARM's calling convention has changed since version 7.
set(CMAKE_CXX_FLAGS_INIT "${einet_flags} -Wno-psabi")
set(CMAKE_CROSSCOMPILING_EMULATOR "qemu-${CMAKE_SYSTEM_PROCESSOR};-L;/usr/${einet_triple}")

# Header-only libraries serve every processor, but Debian installs xsimd's package for the host's alone.
file(GLOB einet_xsimd /usr/lib/*/cmake/xsimd /usr/share/cmake/xsimd)
if(einet_xsimd)
  list(GET einet_xsimd 0 einet_xsimd)
  set(xsimd_DIR "${einet_xsimd}" CACHE PATH "xsimd's package")
endif()
foreach(package IN ITEMS TBB ZLIB Catch2)
  set(CMAKE_DISABLE_FIND_PACKAGE_${package} ON)
endforeach()
