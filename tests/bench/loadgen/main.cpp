// loadgen: one thread of clients against one signaling server; prints one line of JSON. See docs/performance.md.
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "workloads.hpp"

namespace {

using namespace bench;

struct Work {
  std::function<Faults(const Bench&)> run;
  const char* unit;
};

const std::map<std::string_view, Work>& workloads() {
  static const std::map<std::string_view, Work> all{
      {"relay", {run_relay, "messages"}},        {"broadcast", {run_broadcast, "deliveries"}},
      {"connect", {run_connect, "connections"}}, {"churn", {run_churn, "connections"}},
      {"idle", {run_idle, "connections"}},       {"resume", {run_resume, "resumptions"}},
  };
  return all;
}

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

TlsContext make_tls() {
  TlsContext context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

void raise_file_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int run(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  const auto work = workloads().find(options.workload);
  const std::unique_ptr<Dialect> dialect = make_dialect(options.dialect);
  if (work == workloads().end() || !dialect) throw std::invalid_argument("no such workload or dialect");
  raise_file_limit();
  const TlsContext tls = make_tls();
  const Target target{options.host, options.ports, options.tls ? tls.get() : nullptr, dialect->path(),
                      dialect->subprotocol()};
  Loop loop;
  Meter meter(options.servers);
  const Faults faults = work->second.run({options, target, *dialect, loop, meter});
  std::puts(meter.report(work->second.unit, faults).c_str());
  return faults.total() == 0 && meter.units() > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "loadgen: %s\n", error.what());
    return 2;
  }
}
