# gcc cannot be told to call another linker than GNU's, but clang links what gcc compiled.
execute_process(
  COMMAND ${CMAKE_CXX_COMPILER} -print-libgcc-file-name OUTPUT_VARIABLE libgcc OUTPUT_STRIP_TRAILING_WHITESPACE
          COMMAND_ERROR_IS_FATAL ANY
)
cmake_path(GET libgcc PARENT_PATH libraries_of_gcc)
set(CMAKE_CXX_LINK_EXECUTABLE
    "clang++ --target=x86_64-w64-windows-gnu -fuse-ld=lld -static -L${libraries_of_gcc} <OBJECTS> -o <TARGET> <LINK_LIBRARIES> -lpthread"
)
