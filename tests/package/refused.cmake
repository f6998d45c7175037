# refused.cmake: find_package(signaling) in the consumer fails with the arguments in ARGS, and its output matches EXPECT.
file(REMOVE_RECURSE ${BUILD_DIR})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${CONSUMER} -B ${BUILD_DIR} -DWAY=find_package ${ARGS}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output
)
string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks lines where it likes
if(result EQUAL 0 OR NOT output MATCHES "${EXPECT}")
  message(FATAL_ERROR "Exit status ${result}, and not '${EXPECT}':\n${output}")
endif()
