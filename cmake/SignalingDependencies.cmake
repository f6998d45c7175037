# What the components link. Whatever was asked for and is not there is an error.

find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)
if(SIGNALING_BUILD_NET)
  find_package(OpenSSL 3.0 REQUIRED)
endif()
if(SIGNALING_BUILD_TESTS)
  find_package(doctest 2.4 CONFIG REQUIRED)
endif()
if(SIGNALING_BUILD_FUZZERS AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "SIGNALING_BUILD_FUZZERS needs clang: the targets link libFuzzer")
endif()
