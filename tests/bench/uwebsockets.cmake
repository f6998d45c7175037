# The relay on uWebSockets, compiled as its own makefile does it: C sources of uSockets, with OpenSSL.
find_path(
  SIGNALING_USOCKETS
  libusockets.h
  HINTS ${SIGNALING_UWEBSOCKETS}/uSockets/src ${SIGNALING_UWEBSOCKETS}/../uSockets/src
  NO_DEFAULT_PATH REQUIRED
)
enable_language(C)
file(GLOB usockets_sources ${SIGNALING_USOCKETS}/*.c ${SIGNALING_USOCKETS}/eventing/*.c
     ${SIGNALING_USOCKETS}/crypto/*.c ${SIGNALING_USOCKETS}/crypto/*.cpp)
add_library(bench_usockets STATIC EXCLUDE_FROM_ALL ${usockets_sources})
target_compile_definitions(bench_usockets PUBLIC LIBUS_USE_OPENSSL)
target_include_directories(bench_usockets SYSTEM PUBLIC ${SIGNALING_USOCKETS})
target_compile_features(bench_usockets PRIVATE c_std_11 cxx_std_20)
target_compile_options(bench_usockets PRIVATE -w -O3)
target_link_libraries(bench_usockets PUBLIC OpenSSL::SSL)

add_executable(bench_uws_relay EXCLUDE_FROM_ALL peers/uws_relay.cpp)
target_include_directories(bench_uws_relay SYSTEM PRIVATE ${SIGNALING_UWEBSOCKETS}/src)
target_compile_definitions(bench_uws_relay PRIVATE UWS_NO_ZLIB)
target_compile_options(bench_uws_relay PRIVATE -O3)
target_link_libraries(bench_uws_relay PRIVATE bench_usockets)
signaling_set_private_flags(bench_uws_relay)
