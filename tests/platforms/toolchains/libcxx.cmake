# Linux with clang and the libc++ 16 that cmake/install-deps.sh unpacks, beside which the system's stays as it is. What
# unwinds the stack is gcc's, as for all other programs here.
get_filename_component(libcxx ${CMAKE_CURRENT_LIST_DIR}/../../../build/deps/libcxx-16/usr/lib/llvm-16 ABSOLUTE)
set(CMAKE_CXX_COMPILER clang++)
set(CMAKE_CXX_FLAGS_INIT "-O0 -nostdinc++ -isystem ${libcxx}/include/c++/v1")
set(CMAKE_EXE_LINKER_FLAGS_INIT -nostdlib++)
set(CMAKE_CXX_STANDARD_LIBRARIES "${libcxx}/lib/libc++.a ${libcxx}/lib/libc++abi.a -lpthread")
