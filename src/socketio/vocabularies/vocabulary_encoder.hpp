#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/json_frame.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling::socketio {

using Frames = std::vector<Frame>;

/// What a client sent, as others of its language get it: a JSON value, and what the placeholders in it stand for.
struct Content {
  std::string_view json;
  std::vector<std::string_view> attachments;
};

/// As Message::original: the value itself, or a BinaryEvent.
std::string pack_content(const Content& content);
/// Views point into `original`.
Content unpack_content(std::string_view original);

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
  /// If the client is not in yet: it is refused.
  virtual void write_refusal(const event::Error& error, Frames& frames) const;
  /// Something that the client asked for has failed, or the router has something to tell it.
  virtual void write_failure(const event::Error& error, Frames& frames) const;

  const std::string& nsp() const noexcept { return nsp_; }
  const std::string& event_header() const noexcept { return event_header_; }
  /// Of an event with so many attachments, which follow it.
  std::string event_header(std::size_t attachments) const;
  /// The event with this argument.
  void write_content(std::string_view name, const Content& content, Frames& frames) const;

 private:
  void encode_error(const event::Error& error, Frames& frames) const;
  void encode_left(const event::Left& left, Frames& frames) const;

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
  text::JsonWriter& out() noexcept { return out_; }
  Frame finish();

 private:
  JsonFrame out_;
};

/// The event with an argument that is JSON already; nothing stands for `null`.
Frame write_event(std::string_view header, std::string_view name, std::string_view argument);

/// The payload as a JSON value: binary as a string of base64, nothing as `null`.
text::JsonWriter& write_payload(text::JsonWriter& out, const Message& message);

void append_attachments(const Content& content, Frames& frames);

/// Bytes that the text for a message will have at most, as a rule.
std::size_t expected_size(const event::Message& sent) noexcept;

}  // namespace signaling::socketio
