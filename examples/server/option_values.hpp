#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

// The texts of options, and what they mean. A text that means nothing: CLI::ValidationError.

/// The values of a list as people write it: with commas, spaces or both between them.
std::vector<std::string> split_list(std::string_view text);
/// The same for ICE servers, in which a comma may be a part of one: only one in front of the next URL is between two.
std::vector<std::string> split_ice_servers(std::string_view text);

ListenAddress parse_address(const std::string& text);

/// "500ms", "5s", "2m" or "0".
std::chrono::milliseconds parse_duration(const std::string& text);
std::string duration_text(std::chrono::milliseconds duration);

signaling::LogLevel parse_level(const std::string& text);
signaling::operation::LogFormat parse_log_format(const std::string& text);
/// Nothing: nobody.
std::optional<signaling::operation::MetricsFor> parse_metrics_for(const std::string& text);
signaling::net::EngineTransports parse_transports(const std::string& text);
void check_vocabulary(const std::string& name);

void check_ice_url(const std::string& url);
/// URL, or URL,USERNAME,CREDENTIAL.
signaling::identity::IceServer parse_ice_server(const std::string& text);

/// As CLI11 wants its checks: what is wrong, or nothing.
std::string check_number(const std::string& text);

/// "max-peers" is SIGNALING_MAX_PEERS.
std::string environment_name(std::string_view option);
