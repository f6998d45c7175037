# Linux on 32-bit x86: the processor runs the programs as they are.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_CXX_COMPILER i686-linux-gnu-g++)
set(CMAKE_CXX_FLAGS_INIT -O0)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
