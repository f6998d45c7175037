#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "outlet.hpp"
#include "webrtc/gstreamer.hpp"

/// One track that a browser publishes: takes its RTP packets and gives them to everybody who receives it, without
/// decoding them.
///
/// Threads: any. Packets come on a thread of the publisher's pipeline.
class Track {
 public:
  /// Ends the path of the publisher's packets: `pad` is what webrtcbin has made for them.
  static void receive(const std::shared_ptr<Track>& track, GstElement* pipeline, GstPad* pad);

  void add(std::shared_ptr<Outlet> outlet);
  void remove(const Outlet& outlet);
  /// Asks the publisher for a picture that stands alone; not more often than it makes sense. For audio: nothing.
  void request_keyframe();

 private:
  void forward(GstBuffer* packet);

  std::mutex mutex_;
  std::vector<std::shared_ptr<Outlet>> outlets_;
  webrtc::Ref<GstPad> sink_;  // null: nothing has come yet
  std::chrono::steady_clock::time_point last_request_;
};
