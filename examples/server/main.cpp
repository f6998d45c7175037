// signaling-server: everything the library has, as a program. Go on reading in program.cpp.
#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <utility>

#include "options.hpp"
#include "program.hpp"

namespace {

// Each connection is a descriptor: take as many as this process may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// A pipe that nobody reads any more is an error of the one who writes to it, not the end of the service. And where a standard
// stream is closed, the first socket would get its number, and its client the log.
void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  for (const int stream : {0, 1, 2}) {
    if (::fcntl(stream, F_GETFD) < 0) ::open("/dev/null", O_RDWR);
  }
}

}  // namespace

int main(int argc, char** argv) {
  prepare_standard_streams();
  try {
    auto options = parse_options(argc, argv);
    if (const auto* code = std::get_if<ExitCode>(&options)) return code->value;
    raise_descriptor_limit();
    return Program(std::get<Options>(std::move(options)), argc, argv).run();
  } catch (const std::exception& error) {
    std::cerr << "signaling-server: " << error.what() << '\n';
    return 1;
  }
}
