# Windows, by gcc of MinGW-w64 with POSIX threads; the programs carry its libraries along.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
# A unity build has more sections in an object than usual ones can hold. For so many GNU's archiver and linker take
# minutes where LLVM's take a second.
set(CMAKE_CXX_FLAGS_INIT "-O0 -Wa,-mbig-obj")
set(CMAKE_AR llvm-ar)
set(CMAKE_RANLIB llvm-ranlib)
set(CMAKE_USER_MAKE_RULES_OVERRIDE_CXX ${CMAKE_CURRENT_LIST_DIR}/windows_link.cmake)
