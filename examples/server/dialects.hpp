#pragma once

#include <string>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/protocols/godot.hpp"
#include "signaling/protocols/matchbox.hpp"
#include "signaling/protocols/peerjs.hpp"
#include "signaling/protocols/y_webrtc.hpp"

class OptionSet;
struct Options;

/// Protocols of other ecosystems, of which each is served only where a path is given.
struct Dialects {
  std::string godot_path;
  signaling::protocols::GodotOptions godot;
  std::string libdatachannel_path;
  std::string matchbox_path;
  signaling::protocols::MatchboxOptions matchbox;
  std::string peerjs_path;
  bool peerjs_lists_peers = false;
  signaling::protocols::PeerjsOptions peerjs;
  std::string y_webrtc_path;
  signaling::protocols::YWebrtcOptions y_webrtc;
};

void add_dialect_options(OptionSet& set, Dialects& dialects);
/// `router` must outlive the server.
void add_dialects(signaling::net::Server& server, const signaling::Router& router, const Options& options);
/// Whether a protocol answers requests for "/".
bool takes_root(const Options& options);
/// What is served, line by line for people.
std::string describe_dialects(const Dialects& dialects);
