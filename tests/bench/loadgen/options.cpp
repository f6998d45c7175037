#include "options.hpp"

#include <charconv>
#include <functional>
#include <map>
#include <stdexcept>
#include <string_view>

namespace bench {
namespace {

template <class Number>
void read_number(std::string_view text, Number& target) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
  if (error != std::errc() || end != text.data() + text.size() || target < 0) {
    throw std::invalid_argument("'" + std::string(text) + "' is not a number");
  }
}

template <class Number>
std::function<void(std::string_view)> number(Number& target) {
  return [&target](std::string_view text) { read_number(text, target); };
}

std::function<void(std::string_view)> word(std::string& target) {
  return [&target](std::string_view text) { target = text; };
}

Filler filler_named(std::string_view name) {
  if (name == "letters") return Filler::letters;
  if (name == "lines") return Filler::lines;
  throw std::invalid_argument("no such filler: " + std::string(name));
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  const std::map<std::string_view, std::function<void(std::string_view)>> known{
      {"--workload", word(options.workload)},
      {"--dialect", word(options.dialect)},
      {"--host", word(options.host)},
      {"--port", [&](std::string_view text) { read_number(text, options.ports.emplace_back()); }},
      {"--server-pid", [&](std::string_view text) { read_number(text, options.servers.emplace_back()); }},
      {"--bytes", number(options.payload.bytes)},
      {"--filler", [&](std::string_view text) { options.payload.filler = filler_named(text); }},
      {"--rooms", number(options.rooms)},
      {"--members", number(options.members)},
      {"--in-flight", number(options.in_flight)},
      {"--bystanders", number(options.bystanders)},
      {"--rate", number(options.rate)},
      {"--connections", number(options.connections)},
      {"--concurrency", number(options.concurrency)},
      {"--away", number(options.away)},
      {"--warmup", number(options.warmup)},
      {"--seconds", number(options.seconds)},
      {"--drain", number(options.drain)},
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--tls") {
      options.tls = true;
      continue;
    }
    const auto found = known.find(name);
    if (found == known.end()) throw std::invalid_argument("no such option: " + std::string(name));
    if (++i == argc) throw std::invalid_argument(std::string(name) + " needs a value");
    found->second(argv[i]);
  }
  if (options.workload.empty() || options.ports.empty()) {
    throw std::invalid_argument("--workload and --port are needed");
  }
  if (options.members < 2 || options.rooms == 0 || options.in_flight == 0) {
    throw std::invalid_argument("a room needs two members, and a message in flight");
  }
  return options;
}

}  // namespace bench
