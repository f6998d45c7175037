#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "webrtc/connection.hpp"
#include "webrtc/gstreamer.hpp"

enum class Media : std::uint8_t { audio, video };

/// What is offered, to all browsers the same, so that packets keep their payload type on the way.
GstCaps* make_caps(Media media);

/// A track on its way to one browser: it has a place in that browser's connection for as long as this lasts, and carries the
/// packets of one publisher after another.
///
/// Ownership: by the receiver, and by the track it is added to.
/// Threads: `push` and `begin` one at a time; the rest on the connection's executor.
class Outlet {
 public:
  /// `wants_keyframe` is called on a thread of GStreamer when the browser asks for a keyframe.
  Outlet(const webrtc::Connection& connection, Media media, std::function<void()> wants_keyframe);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  /// Whose stream it is from the next offer on (RFC 8830); empty: nobody's. It stays `sendonly` also then: this
  /// webrtcbin cannot take up again what was inactive.
  void set_stream(const std::string& name);
  /// The next packet comes from another publisher than the last one.
  void begin() { is_beginning_ = true; }
  /// Sends a copy of the packet, as part of this outlet's own sequence.
  void push(GstBuffer* packet);

 private:
  const std::uint8_t payload_type_;
  std::uint32_t ssrc_;
  webrtc::Ref<GstElement> source_;
  webrtc::Ref<GstPad> pad_;  // of webrtcbin
  bool is_beginning_ = true;
  std::uint16_t sequence_offset_ = 0;
  std::uint16_t last_sequence_ = 0;
  std::uint32_t time_offset_ = 0;
  std::uint32_t last_time_ = 0;
};
