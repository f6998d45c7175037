#include "track.hpp"

#include <gst/app/gstappsink.h>

#include <functional>
#include <utility>

namespace {

// Every receiver that has lost something asks, and a keyframe is many times as large as any other picture.
constexpr auto keyframes_apart = std::chrono::milliseconds(300);

GstFlowReturn take_packet(GstAppSink* sink, gpointer forward) {
  GstSample* sample = gst_app_sink_pull_sample(sink);
  if (!sample) return GST_FLOW_EOS;
  (*static_cast<std::function<void(GstBuffer*)>*>(forward))(gst_sample_get_buffer(sample));
  gst_sample_unref(sample);
  return GST_FLOW_OK;
}

}  // namespace

void Track::receive(const std::shared_ptr<Track>& track, GstElement* pipeline, GstPad* pad) {
  using Forward = std::function<void(GstBuffer*)>;
  GstElement* sink = gst_element_factory_make("appsink", nullptr);
  // As fast as it comes: the browsers that receive it have the clocks and the buffers.
  g_object_set(sink, "sync", FALSE, "async", FALSE, nullptr);
  GstAppSinkCallbacks callbacks{};
  callbacks.new_sample = take_packet;
  gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks,
                             new Forward([track](GstBuffer* packet) { track->forward(packet); }),
                             [](gpointer forward) { delete static_cast<Forward*>(forward); });
  webrtc::Ref<GstPad> end(gst_element_get_static_pad(sink, "sink"));
  gst_bin_add(GST_BIN(pipeline), sink);
  gst_element_sync_state_with_parent(sink);
  gst_pad_link(pad, end.get());
  const std::lock_guard lock(track->mutex_);
  track->sink_ = std::move(end);
}

void Track::add(std::shared_ptr<Outlet> outlet) {
  const std::lock_guard lock(mutex_);
  outlet->begin();
  outlets_.push_back(std::move(outlet));
}

void Track::remove(const Outlet& outlet) {
  const std::lock_guard lock(mutex_);
  std::erase_if(outlets_, [&](const auto& each) { return each.get() == &outlet; });
}

void Track::forward(GstBuffer* packet) {
  const std::lock_guard lock(mutex_);
  for (const auto& outlet : outlets_) outlet->push(packet);
}

void Track::request_keyframe() {
  webrtc::Ref<GstPad> sink;
  {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (!sink_ || now - last_request_ < keyframes_apart) return;
    last_request_ = now;
    sink = webrtc::share(sink_.get());
  }
  // webrtcbin turns it into a Picture Loss Indication (RFC 4585 6.3.1).
  GstStructure* request = gst_structure_new("GstForceKeyUnit", "all-headers", G_TYPE_BOOLEAN, TRUE, nullptr);
  gst_pad_push_event(sink.get(), gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, request));
}
