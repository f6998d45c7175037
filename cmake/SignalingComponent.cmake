# signaling_add_component() declares one component of the library, signaling_add_unit_test() its unit tests.

# signaling_add_component(
#   NAME <name>              target signaling_<name>, alias signaling::<name>
#   SOURCES <file>...        relative to the caller's folder, src/<name>
#   ALONE <file>...          more of them, which share no translation unit with others (CMAKE_UNITY_BUILD): they use
#                            names for themselves that others use too
#   HEADERS <file>...        public headers, relative to include/signaling/<name>
#   DEPENDS <name>...        components whose headers this one's public headers use
#   LINK <target>...         libraries that consumers need as well
#   PRIVATE_LINK <target>... libraries only the sources use
#   PRECOMPILE <header>...   heavy headers to precompile for the sources
# )
function(signaling_add_component)
  cmake_parse_arguments(
    PARSE_ARGV 0 arg "" "NAME" "SOURCES;HEADERS;DEPENDS;LINK;PRIVATE_LINK;ALONE;PRECOMPILE"
  )
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_NAME)
    message(FATAL_ERROR "signaling_add_component: bad arguments: ${ARGV}")
  endif()
  set(target signaling_${arg_NAME})
  add_library(${target})
  add_library(signaling::${arg_NAME} ALIAS ${target})

  list(TRANSFORM arg_HEADERS PREPEND ${PROJECT_SOURCE_DIR}/include/signaling/${arg_NAME}/)
  target_sources(
    ${target}
    PRIVATE ${arg_SOURCES} ${arg_ALONE}
    PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${arg_HEADERS}
  )
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_features(${target} PUBLIC cxx_std_20)
  list(TRANSFORM arg_DEPENDS PREPEND signaling:: OUTPUT_VARIABLE depends)
  target_link_libraries(${target} PUBLIC ${depends} ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})

  signaling_set_private_flags(${target})
  set_target_properties(
    ${target}
    PROPERTIES EXPORT_NAME ${arg_NAME}
               SIGNALING_DEPENDS "${arg_DEPENDS}"
               POSITION_INDEPENDENT_CODE ON
               DEBUG_POSTFIX d
               VERSION ${PROJECT_VERSION}
               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
  )
  set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  signaling_verify_headers(${target})
  signaling_set_visibility(${target})
  if(arg_PRECOMPILE)
    signaling_precompile(${target} ${arg_PRECOMPILE})
  endif()
  set_property(GLOBAL APPEND PROPERTY SIGNALING_COMPONENTS ${arg_NAME})
endfunction()

# What carries SIGNALING_API (signaling/text/export.hpp) is seen from outside of a shared library, the rest is not.
function(signaling_set_visibility target)
  set_target_properties(${target} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    target_compile_definitions(${target} PUBLIC SIGNALING_STATIC)
    return()
  endif()
  if(WIN32)
    message(FATAL_ERROR "BUILD_SHARED_LIBS: on Windows the libraries are static: SIGNALING_API has no form for DLLs")
  endif()
  if(SIGNALING_BUILD_TESTS)
    message(FATAL_ERROR "BUILD_SHARED_LIBS: the tests reach what shared libraries hide; set SIGNALING_BUILD_TESTS=OFF")
  endif()
  # The components find each other wherever the folder is moved to.
  if(APPLE)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "@loader_path")
  else()
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "\$ORIGIN")
    # A symbol that nobody exports is an error here, and not in the program of a user.
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
endfunction()

function(signaling_precompile target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  if(SIGNALING_CCACHE_PROGRAM)
    # Without these ccache cannot tell whether the precompiled header changed, and caches nothing.
    target_compile_options(
      ${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
                        "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>"
    )
  endif()
endfunction()

# signaling_add_unit_test(<component> FILES <file>... [ALONE <file>...] [LINK <target>...])
#
# ALONE: files that share no translation unit with others, as above.
# Builds unit_<component> from doctest files and registers it as the test unit.<component>. With
# SIGNALING_ASAN_BUILD or SIGNALING_TSAN_BUILD, the same program of those build trees is registered too.
function(signaling_add_unit_test component)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES;ALONE;LINK")
  set(target unit_${component})
  add_executable(${target} ${arg_FILES} ${arg_ALONE})
  set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_link_libraries(${target} PRIVATE signaling::${component} signaling_test_support ${arg_LINK})
  signaling_set_private_flags(${target})
  target_compile_options(${target} PRIVATE ${SIGNALING_NO_OPTIMIZATION}) # to compile them takes longer than to run them
  add_dependencies(unit_tests ${target})
  add_test(NAME unit.${component} COMMAND ${target} --minimal)
  set_tests_properties(unit.${component} PROPERTIES LABELS unit TIMEOUT 120)
  foreach(sanitizer IN ITEMS asan tsan)
    string(TOUPPER SIGNALING_${sanitizer}_BUILD other_tree)
    if(${other_tree})
      add_test(NAME ${sanitizer}.${component} COMMAND ${${other_tree}}/bin/${target} --minimal)
      set_tests_properties(
        ${sanitizer}.${component}
        PROPERTIES LABELS "${sanitizer};full" TIMEOUT 300 ENVIRONMENT "UBSAN_OPTIONS=print_stacktrace=1" FIXTURES_REQUIRED
                   ${sanitizer}_built
      )
    endif()
  endforeach()
endfunction()

# signaling_add_fuzzer(<component> <file>): a libFuzzer program named like the file, and SIGNALING_FUZZ_SECONDS of it, from
# the inputs in corpus/<name>, as the test fuzz-smoke.<name>. A tree that makes no fuzzers runs the program of
# SIGNALING_ASAN_BUILD.
function(signaling_add_fuzzer component file)
  cmake_path(GET file STEM name)
  set(program ${SIGNALING_ASAN_BUILD}/bin/${name})
  if(SIGNALING_BUILD_FUZZERS)
    set(program $<TARGET_FILE:${name}>)
    signaling_add_fuzz_program(${component} ${name} ${file})
  endif()
  # What is found goes to the first folder, so that the next run begins where this one ended.
  set(found ${CMAKE_CURRENT_BINARY_DIR}/found/${name})
  file(MAKE_DIRECTORY ${found})
  add_test(NAME fuzz-smoke.${name} COMMAND nice -n 19 ${program} -max_total_time=${SIGNALING_FUZZ_SECONDS} -artifact_prefix=${found}- ${found}
                                           ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}
  )
  set_tests_properties(fuzz-smoke.${name} PROPERTIES LABELS "fuzz-smoke;full" TIMEOUT 180 FIXTURES_REQUIRED asan_built)
endfunction()

function(signaling_add_fuzz_program component name file)
  add_executable(${name} ${file})
  add_dependencies(fuzzers ${name})
  target_link_libraries(${name} PRIVATE signaling::${component})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  signaling_set_private_flags(${name})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endfunction()
