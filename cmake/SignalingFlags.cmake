# The flags the project's own targets are compiled with. All of them are PRIVATE: a consumer inherits none.

if(SIGNALING_CCACHE)
  find_program(SIGNALING_CCACHE_PROGRAM ccache)
  if(SIGNALING_CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Build trees share what was compiled (NOHASHDIR), and precompiled headers are cached at all (the sloppiness).
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
        ${SIGNALING_CCACHE_PROGRAM}
    )
  endif()
endif()

# Here and below MSVC is also true for clang-cl, which takes the same flags.
if(MSVC)
  set(SIGNALING_WARNINGS /W4)
  set(SIGNALING_WARNINGS_ARE_ERRORS /WX)
  # The standard as it stands, sources in UTF-8, and more sections in an object than Asio's templates need.
  set(SIGNALING_LANGUAGE /permissive- /utf-8 /bigobj /Zc:__cplusplus)
  set(SIGNALING_NO_OPTIMIZATION /Od)
else()
  set(SIGNALING_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
  set(SIGNALING_WARNINGS_ARE_ERRORS -Werror)
  set(SIGNALING_LANGUAGE "")
  set(SIGNALING_NO_OPTIMIZATION -O0)
endif()

# signaling_set_private_flags(<target>): language level, warnings and sanitizers of one of our own targets.
function(signaling_set_private_flags target)
  target_compile_features(${target} PRIVATE cxx_std_20)
  set_target_properties(
    ${target} PROPERTIES CXX_EXTENSIONS OFF COMPILE_WARNING_AS_ERROR ${SIGNALING_WARNINGS_AS_ERRORS}
  )
  target_compile_options(${target} PRIVATE ${SIGNALING_LANGUAGE} ${SIGNALING_WARNINGS})
  if(WIN32)
    # Else windows.h, which Asio includes, makes macros of min and max.
    target_compile_definitions(${target} PRIVATE NOMINMAX)
  endif()
  if(SIGNALING_SANITIZE)
    set(sanitize -fsanitize=${SIGNALING_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      # With it clang 14 writes coroutines that it cannot assemble.
      list(APPEND sanitize -fno-sanitize=function)
    endif()
    target_compile_options(${target} PRIVATE ${sanitize})
    target_link_options(${target} PRIVATE ${sanitize})
    if(SIGNALING_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # gcc warns that TSan does not see fences; Asio's handlers are ordered by locks as well.
      target_compile_options(${target} PRIVATE -Wno-tsan)
    endif()
  endif()
  if(SIGNALING_BUILD_FUZZERS)
    # The coverage that libFuzzer steers by; its main() comes with signaling_add_fuzzer().
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# CMake creates the target that compiles each public header alone, and gives it only what consumers get. This
# adds the warnings there, and only there.
function(signaling_verify_headers target)
  if(NOT PROJECT_IS_TOP_LEVEL)
    return()
  endif()
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  set(is_verifier $<STREQUAL:$<TARGET_PROPERTY:NAME>,${target}_verify_interface_header_sets>)
  set(flags ${SIGNALING_WARNINGS} $<$<BOOL:${SIGNALING_WARNINGS_AS_ERRORS}>:${SIGNALING_WARNINGS_ARE_ERRORS}>)
  target_compile_options(${target} INTERFACE $<BUILD_INTERFACE:$<${is_verifier}:${flags}>>)
endfunction()
