#include "participant.hpp"

#include <gst/webrtc/webrtc.h>

#include <algorithm>
#include <utility>

namespace {

constexpr std::array both{Media::audio, Media::video};

std::size_t index_of(Media media) { return static_cast<std::size_t>(media); }

Media media_of(GstPad* pad) {
  GstWebRTCRTPTransceiver* transceiver = nullptr;
  g_object_get(pad, "transceiver", &transceiver, nullptr);
  GstWebRTCKind kind = GST_WEBRTC_KIND_UNKNOWN;
  g_object_get(transceiver, "kind", &kind, nullptr);
  gst_object_unref(transceiver);
  return kind == GST_WEBRTC_KIND_AUDIO ? Media::audio : Media::video;
}

}  // namespace

Participant::Participant(Part part, boost::asio::any_io_executor executor, const std::string& stun_server,
                         webrtc::Connection::Handlers handlers)
    : part_(part),
      connection_(std::move(executor), stun_server, with_seats(std::move(handlers)),
                  part == Part::call ? webrtc::Role::offers : webrtc::Role::answers) {
  if (publishes()) accept_media();
}

Participant::~Participant() {
  for (const auto& seat : seats_) disconnect(*seat);
}

webrtc::Connection::Handlers Participant::with_seats(webrtc::Connection::Handlers handlers) {
  handlers.negotiated = [this] {
    is_negotiated_ = true;
    connect_seats();
  };
  return handlers;
}

// What the browser publishes: one track of each kind. Its packets come once it has answered.
void Participant::accept_media() {
  for (const Media media : both) {
    published_[index_of(media)] = std::make_shared<Track>();
    GstCaps* caps = make_caps(media);
    // Who offers has payload types of its own.
    if (part_ == Part::publish) gst_structure_remove_field(gst_caps_get_structure(caps, 0), "payload");
    GstWebRTCRTPTransceiver* transceiver = nullptr;
    g_signal_emit_by_name(connection_.bin(), "add-transceiver", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY,
                          caps, &transceiver);
    gst_object_unref(transceiver);
    gst_caps_unref(caps);
  }
  // On a thread of GStreamer, whenever the first packet of a track has come.
  webrtc::connect_signal(
      connection_.bin(), "pad-added",
      +[](GstElement* bin, GstPad* pad, gpointer data) {
        if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
        const webrtc::Ref<GstObject> pipeline(gst_object_get_parent(GST_OBJECT(bin)));
        const auto& track = (*static_cast<Tracks*>(data))[index_of(media_of(pad))];
        if (pipeline) Track::receive(track, GST_ELEMENT(pipeline.get()), pad);
      },
      published_);
}

void Participant::receive_from(const std::string& name, const Participant& publisher) {
  Seat& seat = free_seat();
  seat.name = name;
  seat.tracks = publisher.published_;
  for (const auto& outlet : seat.outlets) outlet->set_stream(name);
}

// Its one seat changes hands without a negotiation: to the player it is one stream.
void Participant::play(const std::string& name, const Participant& publisher) {
  played_ = name;
  receive_from(name, publisher);
  if (is_negotiated_) connect_seats();
}

void Participant::stop_receiving_from(const std::string& name) {
  for (const auto& seat : seats_) {
    if (seat->name != name) continue;
    if (played_ == name) played_.clear();
    disconnect(*seat);
    seat->name.clear();
    seat->tracks = {};
    for (const auto& outlet : seat->outlets) outlet->set_stream({});
  }
}

Participant::Seat& Participant::free_seat() {
  const auto found = std::ranges::find_if(seats_, [](const auto& seat) { return seat->name.empty(); });
  if (found != seats_.end()) return **found;
  const auto seat = seats_.emplace_back(std::make_shared<Seat>());
  const webrtc::Mailbox<Seat> mailbox{connection_.executor(), seat};
  for (const Media media : both) {
    const auto wants_keyframe = [mailbox] { mailbox.post([](Seat& self) { self.request_keyframe(); }); };
    seat->outlets[index_of(media)] = std::make_shared<Outlet>(connection_, media, wants_keyframe);
  }
  return *seat;
}

// The browser has agreed to what was offered: from now on it knows whose packets these are.
void Participant::connect_seats() {
  for (const auto& seat : seats_) {
    if (seat->name.empty() || seat->is_connected) continue;
    seat->is_connected = true;
    for (const Media media : both) seat->tracks[index_of(media)]->add(seat->outlets[index_of(media)]);
    seat->request_keyframe();
  }
}

void Participant::disconnect(Seat& seat) {
  if (!std::exchange(seat.is_connected, false)) return;
  for (const Media media : both) seat.tracks[index_of(media)]->remove(*seat.outlets[index_of(media)]);
}

void Participant::Seat::request_keyframe() const {
  if (const auto& video = tracks[index_of(Media::video)]) video->request_keyframe();
}
