// signaling-server: everything the library has, as a program. Go on reading in program.cpp.
#include <sys/resource.h>

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

}  // namespace

int main(int argc, char** argv) {
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
