#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/json_writer.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling::socketio {

using Frames = std::vector<Frame>;

/// Writes what all vocabularies have in common: the answer to CONNECT, and errors. An event that a vocabulary
/// has no word for becomes nothing.
class VocabularyEncoder : public Encoder {
 public:
  explicit VocabularyEncoder(std::string_view nsp);
  void encode(const Event& event, Frames& frames) const final;

 protected:
  virtual void write_joined(const event::Joined& /*joined*/, Frames& /*frames*/) const {}
  virtual void write_peer_joined(const event::PeerJoined& /*joined*/, Frames& /*frames*/) const {}
  virtual void write_peer_left(const event::PeerLeft& /*left*/, Frames& /*frames*/) const {}
  virtual void write_peer_updated(const event::PeerUpdated& /*updated*/, Frames& /*frames*/) const {}
  virtual void write_message(const event::Message& /*message*/, Frames& /*frames*/) const {}
  /// The peer is not admitted.
  virtual void write_refusal(const event::Error& error, Frames& frames) const;
  /// Something that the client asked for has failed.
  virtual void write_failure(const event::Error& error, Frames& frames) const;

  const std::string& nsp() const noexcept { return nsp_; }
  const std::string& event_header() const noexcept { return event_header_; }

 private:
  void encode_error(const event::Error& error, Frames& frames) const;

  std::string nsp_;
  std::string event_header_;
};

/// Marks the join of a room that the client has not asked for: how it went is not told.
inline constexpr std::string_view unasked_request = "(everybody)";

/// One event on its way to the client: `EventWriter(header, "offer", size)`, then its argument, then
/// `finish`.
class EventWriter {
 public:
  EventWriter(std::string_view header, std::string_view name, std::size_t expected_size);
  /// For the argument. One only: no vocabulary has events with more.
  protocols::JsonWriter& out() noexcept { return out_; }
  Frame finish() { return out_.raw("]").finish(); }

 private:
  protocols::JsonWriter out_;
};

/// The event with an argument that is JSON already; nothing stands for `null`.
Frame write_event(std::string_view header, std::string_view name, std::string_view argument);

/// The payload as a JSON value: binary as a string of base64, nothing as `null`.
protocols::JsonWriter& write_payload(protocols::JsonWriter& out, const Envelope& envelope);

/// Bytes that a message which carries the envelope will have at most, as a rule.
std::size_t expected_size(const Envelope& envelope) noexcept;

}  // namespace signaling::socketio
