# Headers, libraries, and per component: an export file for find_package(signaling COMPONENTS ...) and a
# pkg-config file. `cmake --install <build> --component signaling_Runtime` installs what programs need at run time,
# signaling_Development what compiling and linking them needs.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/signaling)
set(pkg_config_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
get_property(components GLOBAL PROPERTY SIGNALING_COMPONENTS)

# Static libraries leave it to the program to link what they use themselves; shared ones bring it along.
# Sets <out> to the part of OpenSSL that programs with this component have to find: SSL, Crypto or nothing.
function(signaling_get_openssl out component)
  set(${out} "" PARENT_SCOPE)
  get_target_property(type signaling_${component} TYPE)
  get_target_property(libraries signaling_${component} LINK_LIBRARIES)
  foreach(part IN ITEMS Crypto SSL)
    if(type STREQUAL "STATIC_LIBRARY" AND OpenSSL::${part} IN_LIST libraries)
      set(${out} ${part} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# signaling-<component>.pc. Boost has no pkg-config file: its headers must be where the compiler looks.
function(signaling_install_pkg_config component)
  set(target signaling_${component})
  get_target_property(depends ${target} SIGNALING_DEPENDS)
  list(TRANSFORM depends PREPEND signaling- OUTPUT_VARIABLE requires)
  signaling_get_openssl(openssl ${component})
  if(openssl STREQUAL "SSL")
    list(APPEND requires openssl)
  elseif(openssl STREQUAL "Crypto")
    list(APPEND requires libcrypto)
  endif()
  list(JOIN requires " " requires)
  set(system_libraries " -pthread")
  if(WIN32)
    list(TRANSFORM SIGNALING_SYSTEM_LIBRARIES PREPEND " -l" OUTPUT_VARIABLE system_libraries)
    list(JOIN system_libraries "" system_libraries)
  endif()
  set(definitions "")
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    set(definitions " -DSIGNALING_STATIC")
  endif()
  # Relative to the file, so that the folder can be moved; or what was given, if that is absolute.
  file(RELATIVE_PATH prefix_from_here ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" prefix_from_here "${prefix_from_here}")
  set(libdir "\${prefix}")
  cmake_path(APPEND libdir ${CMAKE_INSTALL_LIBDIR})
  set(includedir "\${prefix}")
  cmake_path(APPEND includedir ${CMAKE_INSTALL_INCLUDEDIR})
  set(library $<TARGET_LINKER_FILE_BASE_NAME:${target}>)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/signaling.pc.in package/${component}.pc.in @ONLY)
  # The library's name has the postfix of its configuration.
  file(
    GENERATE
    OUTPUT ${PROJECT_BINARY_DIR}/package/$<CONFIG>/signaling-${component}.pc
    INPUT ${CMAKE_CURRENT_BINARY_DIR}/package/${component}.pc.in
  )
  install(
    FILES ${PROJECT_BINARY_DIR}/package/$<CONFIG>/signaling-${component}.pc
    DESTINATION ${pkg_config_dir}
    COMPONENT signaling_Development
  )
endfunction()

# Each component has its own export file: who asks for core neither loads nor looks for what net needs.
set(component_needs "")
foreach(component IN LISTS components)
  install(
    TARGETS signaling_${component}
    EXPORT signaling-${component}
    RUNTIME COMPONENT signaling_Runtime
    LIBRARY COMPONENT signaling_Runtime NAMELINK_COMPONENT signaling_Development
    ARCHIVE COMPONENT signaling_Development
    FILE_SET HEADERS COMPONENT signaling_Development
  )
  install(
    EXPORT signaling-${component}
    NAMESPACE signaling::
    FILE signaling-${component}.cmake
    DESTINATION ${package_dir}
    COMPONENT signaling_Development
  )
  signaling_install_pkg_config(${component})
  get_target_property(depends signaling_${component} SIGNALING_DEPENDS)
  string(APPEND component_needs "set(_signaling_${component}_depends ${depends})\n")
  signaling_get_openssl(openssl ${component})
  if(openssl)
    string(APPEND component_needs "set(_signaling_${component}_openssl TRUE)\n")
  endif()
endforeach()

set(boost_series ${Boost_VERSION_MAJOR}.${Boost_VERSION_MINOR})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/signaling-config.cmake.in
  ${PROJECT_BINARY_DIR}/package/signaling-config.cmake
  INSTALL_DESTINATION ${package_dir}
)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/package/signaling-config-version.cmake COMPATIBILITY SameMinorVersion
)
install(
  FILES ${PROJECT_BINARY_DIR}/package/signaling-config.cmake
        ${PROJECT_BINARY_DIR}/package/signaling-config-version.cmake
  DESTINATION ${package_dir}
  COMPONENT signaling_Development
)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT signaling_Runtime)
# For pages that speak the native protocol, and for clients in other languages.
install(
  FILES ${PROJECT_SOURCE_DIR}/examples/web/signaling.js ${PROJECT_SOURCE_DIR}/examples/web/session.js
        ${PROJECT_SOURCE_DIR}/docs/protocol.schema.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/signaling
  COMPONENT signaling_Development
)
