# The checkout that this port lies in. A registry takes a release with vcpkg_from_github() here; nothing below differs.
cmake_path(SET SOURCE_PATH NORMALIZE "${CURRENT_PORT_DIR}/../../../..")

if(VCPKG_TARGET_IS_WINDOWS)
    vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
endif()

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
    FEATURES
        identity SIGNALING_BUILD_IDENTITY
        net      SIGNALING_BUILD_NET
        redis    SIGNALING_BUILD_REDIS
)

vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        ${FEATURE_OPTIONS}
        -DSIGNALING_BUILD_EXAMPLES=OFF
        -DSIGNALING_BUILD_FUZZERS=OFF
        -DSIGNALING_BUILD_TESTS=OFF
        -DSIGNALING_CCACHE=OFF
        -DSIGNALING_INSTALL=ON
        -DSIGNALING_SANITIZE=
        -DSIGNALING_WARNINGS_AS_ERRORS=OFF
)

vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/signaling)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE
    "${CURRENT_PACKAGES_DIR}/debug/include"
    "${CURRENT_PACKAGES_DIR}/debug/share"
    "${CURRENT_PACKAGES_DIR}/share/doc"
)

file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
