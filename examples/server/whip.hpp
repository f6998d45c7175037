#pragma once

#include <string>

#include "signaling/net/server.hpp"

class OptionSet;
struct Options;

/// WHIP and WHEP, of which each is served only where a path is given.
struct Whip {
  std::string publish_path;
  std::string play_path;
  /// Of both.
  signaling::net::WhipRoute route;
};

void add_whip_options(OptionSet& set, Whip& whip);
void add_whip(signaling::net::Server& server, const Options& options);
/// What is served, line by line for people.
std::string describe_whip(const Whip& whip);
