#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "letter.hpp"

namespace bench {

struct Options {
  std::string workload;
  std::string dialect = "native";
  std::string host = "127.0.0.1";
  std::vector<std::uint16_t> ports;  ///< of several nodes: members of a room take turns
  bool tls = false;
  std::vector<pid_t> servers;  ///< whose CPU time and memory are read

  Payload payload;
  std::size_t rooms = 32;
  std::size_t members = 2;         ///< of each room
  std::size_t in_flight = 1;       ///< messages on their way for each room
  std::size_t bystanders = 0;      ///< relay: peers that join rooms of their own, and do nothing
  double rate = 0;                 ///< messages a second in all; 0: as fast as the answers come
  std::size_t connections = 1000;  ///< connect, idle: how many
  std::size_t concurrency = 32;    ///< connect, churn: how many at a time
  double away = 1;                 ///< resume: seconds without a connection
  double warmup = 0.5;             ///< seconds
  double seconds = 2;
  double drain = 10;  ///< at most, until what is on its way counts as lost
};

/// Throws std::invalid_argument for what is no option.
Options parse_options(int argc, char** argv);

}  // namespace bench
