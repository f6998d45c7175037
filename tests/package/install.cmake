# install.cmake: installs BUILD_DIR and moves what came of it to PREFIX, which must not know whence it came. With
# SHARED, installs the runtime part alone, beside it, to see what is in which.
file(REMOVE_RECURSE ${PREFIX} ${PREFIX}.made ${PREFIX}.runtime)
execute_process(
  COMMAND ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${PREFIX}.made COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET
)
file(RENAME ${PREFIX}.made ${PREFIX})

file(GLOB_RECURSE texts ${PREFIX}/*.cmake ${PREFIX}/*.pc)
list(LENGTH texts count)
if(count LESS 10)
  message(FATAL_ERROR "Package files are missing: ${texts}")
endif()
foreach(file IN LISTS texts)
  file(READ ${file} text)
  foreach(origin IN ITEMS ${PREFIX}.made ${BUILD_DIR} ${SOURCE_DIR}/)
    string(FIND "${text}" "${origin}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${file} holds ${origin}: it cannot be moved")
    endif()
  endforeach()
endforeach()

foreach(file IN ITEMS signaling.js session.js protocol.schema.json)
  if(NOT EXISTS ${PREFIX}/share/signaling/${file})
    message(FATAL_ERROR "share/signaling/${file} is not installed")
  endif()
endforeach()

if(NOT SHARED)
  return()
endif()
execute_process(
  COMMAND ${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${PREFIX}.runtime --component signaling_Runtime
          COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET
)
file(GLOB_RECURSE runtime RELATIVE ${PREFIX}.runtime ${PREFIX}.runtime/*)
set(surplus ${runtime})
list(FILTER surplus EXCLUDE REGEX "libsignaling_[a-z]+d\\.so\\.[0-9.]+$|/LICENSE$")
list(FILTER runtime INCLUDE REGEX "libsignaling_cored\\.so\\.[0-9]+\\.[0-9]+$")
list(LENGTH runtime sonames)
if(surplus OR NOT sonames EQUAL 1)
  message(FATAL_ERROR "signaling_Runtime lacks the core, or holds more than libraries: ${runtime}; ${surplus}")
endif()
