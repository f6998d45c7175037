add_library(doctest::doctest INTERFACE IMPORTED)
set_target_properties(
  doctest::doctest PROPERTIES INTERFACE_COMPILE_FEATURES cxx_std_11 INTERFACE_INCLUDE_DIRECTORIES
                                                                    ${CMAKE_CURRENT_LIST_DIR}/include
)
