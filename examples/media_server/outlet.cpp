#include "outlet.hpp"

#include <gst/app/gstappsrc.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/webrtc/webrtc.h>

#include <span>
#include <utility>

#include "signaling/core/ids.hpp"

namespace {

constexpr guint64 max_waiting_bytes = 512 * 1024;
// As in make_caps.
constexpr std::uint8_t audio_payload = 111;
constexpr std::uint8_t video_payload = 96;

std::uint32_t random_ssrc() {
  std::uint32_t ssrc = 0;
  signaling::system_random().fill(std::as_writable_bytes(std::span(&ssrc, 1)));
  return ssrc;
}

GstPadProbeReturn on_upstream_event(GstPad*, GstPadProbeInfo* info, gpointer wants_keyframe) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (gst_event_has_name(event, "GstForceKeyUnit")) (*static_cast<std::function<void()>*>(wants_keyframe))();
  return GST_PAD_PROBE_OK;
}

}  // namespace

GstCaps* make_caps(Media media) {
  return gst_caps_from_string(media == Media::audio
                                  ? "application/x-rtp, media=audio, encoding-name=OPUS, payload=111, "
                                    "clock-rate=48000, encoding-params=(string)2"
                                  : "application/x-rtp, media=video, encoding-name=VP8, payload=96, "
                                    "clock-rate=90000, rtcp-fb-nack-pli=true");
}

Outlet::Outlet(const webrtc::Connection& connection, Media media, std::function<void()> wants_keyframe)
    : payload_type_(media == Media::audio ? audio_payload : video_payload), ssrc_(random_ssrc()) {
  GstElement* source = gst_element_factory_make("appsrc", nullptr);
  source_ = webrtc::share(source);
  GstCaps* caps = make_caps(media);
  gst_caps_set_simple(caps, "ssrc", G_TYPE_UINT, ssrc_, nullptr);
  g_object_set(source, "caps", caps, "is-live", TRUE, "do-timestamp", TRUE, "format", GST_FORMAT_TIME,
               "max-bytes", max_waiting_bytes, nullptr);
  gst_util_set_object_arg(G_OBJECT(source), "leaky-type", "downstream");
  gst_bin_add(GST_BIN(connection.pipeline()), source);
  pad_.reset(gst_element_request_pad_simple(connection.bin(), "sink_%u"));
  const webrtc::Ref<GstPad> out(gst_element_get_static_pad(source, "src"));
  gst_pad_link(out.get(), pad_.get());
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_object_get(pad_.get(), "transceiver", &transceiver, nullptr);
  g_object_set(transceiver, "codec-preferences", caps, "direction",
               GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY, nullptr);
  gst_object_unref(transceiver);
  gst_caps_unref(caps);
  gst_pad_add_probe(out.get(), GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                    new std::function<void()>(std::move(wants_keyframe)),
                    [](gpointer function) { delete static_cast<std::function<void()>*>(function); });
  gst_element_sync_state_with_parent(source);
}

Outlet::~Outlet() = default;

void Outlet::set_stream(const std::string& name) {
  g_object_set(pad_.get(), "msid", name.empty() ? "-" : name.c_str(), nullptr);
}

// To the browser an outlet is one source, whatever publisher is behind it: one SSRC, whose numbers go on without a gap
// when the publisher changes (RFC 3550 5.1).
void Outlet::push(GstBuffer* packet) {
  GstBuffer* copy = gst_buffer_make_writable(gst_buffer_ref(packet));
  GST_BUFFER_PTS(copy) = GST_BUFFER_DTS(copy) =
      GST_CLOCK_TIME_NONE;  // the publisher's clock; appsrc sets its own
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  if (!gst_rtp_buffer_map(copy, GST_MAP_READWRITE, &rtp)) return gst_buffer_unref(copy);
  const std::uint16_t sequence = gst_rtp_buffer_get_seq(&rtp);
  const std::uint32_t time = gst_rtp_buffer_get_timestamp(&rtp);
  if (std::exchange(is_beginning_, false)) {
    sequence_offset_ = static_cast<std::uint16_t>(last_sequence_ + 1 - sequence);
    time_offset_ = last_time_ + 1 - time;
  }
  last_sequence_ = static_cast<std::uint16_t>(sequence + sequence_offset_);
  last_time_ = time + time_offset_;
  gst_rtp_buffer_set_payload_type(&rtp, payload_type_);  // clients of WHIP choose their own
  gst_rtp_buffer_set_ssrc(&rtp, ssrc_);
  gst_rtp_buffer_set_seq(&rtp, last_sequence_);
  gst_rtp_buffer_set_timestamp(&rtp, last_time_);
  gst_rtp_buffer_unmap(&rtp);
  gst_app_src_push_buffer(GST_APP_SRC(source_.get()), copy);
}
