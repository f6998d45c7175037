# Headers, libraries, and per component: an export file for find_package(signaling COMPONENTS ...) and a
# pkg-config file.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/signaling)
get_property(components GLOBAL PROPERTY SIGNALING_COMPONENTS)

# signaling-<component>.pc. Boost has no pkg-config file: its headers must be where the compiler looks.
function(signaling_install_pkg_config component)
  get_target_property(depends signaling_${component} SIGNALING_DEPENDS)
  get_target_property(libraries signaling_${component} LINK_LIBRARIES)
  list(TRANSFORM depends PREPEND signaling- OUTPUT_VARIABLE requires)
  if("OpenSSL::SSL" IN_LIST libraries)
    list(APPEND requires openssl)
  elseif("OpenSSL::Crypto" IN_LIST libraries)
    list(APPEND requires libcrypto)
  endif()
  list(JOIN requires " " requires)
  file(RELATIVE_PATH prefix_from_here ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  configure_file(
    ${PROJECT_SOURCE_DIR}/cmake/signaling.pc.in ${PROJECT_BINARY_DIR}/package/signaling-${component}.pc @ONLY
  )
  install(
    FILES ${PROJECT_BINARY_DIR}/package/signaling-${component}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  )
endfunction()

# Each component has its own export file: who asks for core neither loads nor looks for what net needs.
set(component_depends "")
foreach(component IN LISTS components)
  install(
    TARGETS signaling_${component}
    EXPORT signaling-${component}
    FILE_SET HEADERS
  )
  install(
    EXPORT signaling-${component}
    NAMESPACE signaling::
    FILE signaling-${component}.cmake
    DESTINATION ${package_dir}
  )
  signaling_install_pkg_config(${component})
  get_target_property(depends signaling_${component} SIGNALING_DEPENDS)
  string(APPEND component_depends "set(_signaling_${component}_depends ${depends})\n")
endforeach()

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
)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
