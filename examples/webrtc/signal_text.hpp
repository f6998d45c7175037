#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace webrtc {

/// A session description or an ICE candidate as it travels: JSON that RTCPeerConnection takes as it is, and the name of
/// the connection it belongs to. The names tell a new connection between the same two from the one before.
struct SignalText {
  std::string connection;
  /// Of a description; else empty.
  std::string sdp;
  /// Of a candidate; empty also when the browser says that there are no more.
  std::string candidate;
  unsigned m_line = 0;
};

std::string offer_text(const std::string& connection, const std::string& sdp);
/// The answer to an offer that names no connection.
std::string answer_text(const std::string& sdp);
std::string candidate_text(const std::string& connection, unsigned m_line, const std::string& candidate);
/// Nothing if `json` is not of this kind.
std::optional<SignalText> parse_signal(std::string_view json);

}  // namespace webrtc
