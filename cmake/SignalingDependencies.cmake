# What the components link. Whatever was asked for and is not there is an error.

find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED)

# What Asio links on Windows, and every program with it: MSVC is told by Asio's headers, gcc is not.
set(SIGNALING_SYSTEM_LIBRARIES "")
if(WIN32)
  set(SIGNALING_SYSTEM_LIBRARIES ws2_32 mswsock)
endif()

# Boost.Redis came with 1.84. With an older Boost the default is to do without; the summary says so.
set(SIGNALING_REDIS_DEFAULT ON)
if(Boost_VERSION VERSION_LESS 1.84)
  set(SIGNALING_REDIS_DEFAULT OFF)
endif()
option(SIGNALING_BUILD_REDIS "Build signaling::redis, the store for several nodes (needs Boost 1.84 and OpenSSL 3)"
       ${SIGNALING_REDIS_DEFAULT}
)
if(SIGNALING_BUILD_REDIS AND Boost_VERSION VERSION_LESS 1.84)
  message(FATAL_ERROR "SIGNALING_BUILD_REDIS needs Boost 1.84 or later; ${Boost_VERSION} is in ${Boost_DIR}")
endif()

if(SIGNALING_BUILD_NET AND NOT LINUX)
  message(FATAL_ERROR "SIGNALING_BUILD_NET: signaling::net waits with epoll, which only Linux has")
endif()
if(SIGNALING_BUILD_NET OR SIGNALING_BUILD_IDENTITY OR SIGNALING_BUILD_REDIS)
  find_package(OpenSSL 3.0 REQUIRED)
endif()
if(SIGNALING_BUILD_TESTS)
  find_package(doctest 2.4 CONFIG REQUIRED)
endif()
if(SIGNALING_BUILD_FUZZERS AND NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  message(FATAL_ERROR "SIGNALING_BUILD_FUZZERS needs clang: the targets link libFuzzer")
endif()
