# add_headers_check(<include folder>): a program that includes every public header, with the warnings of a careful user
# as errors. Headers of imported targets are the system's to a compiler, which then says nothing; not so here.
function(add_headers_check include_dir)
  file(GLOB_RECURSE headers RELATIVE ${include_dir} ${include_dir}/signaling/*.hpp)
  if(NOT headers)
    message(FATAL_ERROR "No headers in ${include_dir}")
  endif()
  list(TRANSFORM headers REPLACE "(.+)" "#include <\\1>")
  list(JOIN headers "\n" includes)
  file(CONFIGURE OUTPUT headers.cpp CONTENT "@includes@\nint main() {}\n" @ONLY)
  add_executable(headers ${CMAKE_CURRENT_BINARY_DIR}/headers.cpp)
  target_link_libraries(headers PRIVATE signaling::signaling)
  target_compile_options(
    headers PRIVATE -fvisibility=hidden -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  )
  foreach(component IN LISTS COMPONENTS)
    set_target_properties(signaling::${component} PROPERTIES SYSTEM OFF)
  endforeach()
  add_test(NAME headers COMMAND headers)
endfunction()
