# Linux on 64-bit ARM, for qemu's emulation of one program.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CXX_FLAGS_INIT -O0)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
