#include "webrtc/connection.hpp"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

#include <stdexcept>
#include <utility>

#include "signaling/core/ids.hpp"
#include "webrtc/signal_text.hpp"

namespace webrtc {

struct Connection::Impl : std::enable_shared_from_this<Impl> {
  using Box = Mailbox<Impl>;

  Impl(boost::asio::any_io_executor its_executor, Handlers its_handlers, Role its_role)
      : executor(std::move(its_executor)),
        handlers(std::move(its_handlers)),
        role(its_role),
        name(role == Role::offers ? signaling::make_id(signaling::system_random()) : std::string()) {}

  void start(const std::string& stun_server);
  void watch_candidates();
  void watch_state();
  void stop();
  void negotiate();
  void send_offer(GstWebRTCSessionDescription& offer);
  void take_answer(const std::string& sdp);
  void answered();
  void take_offer(const std::string& sdp);
  void make_answer();
  void gather(GstWebRTCSessionDescription& description);
  void gathered();
  Box mailbox() { return {executor, weak_from_this()}; }

  boost::asio::any_io_executor executor;
  Handlers handlers;
  const Role role;
  const std::string name;    // that clients of this side's offers repeat; empty: there are none
  Ref<GstElement> pipeline;  // null: the connection is at its end
  GstElement* bin = nullptr;
  bool awaits_answer = false;
  bool changed_meanwhile = false;
  bool has_offer = false;
  std::string own_answer;  // waits for its candidates
};

namespace {

// Nobody reads the bus: what is on it is dropped. But when a part has been added, the latency of the whole must be
// determined anew; without it there are no sender reports, by which browsers keep lips and voice together.
GstBusSyncReply on_bus_message(GstBus*, GstMessage* message, gpointer pipeline) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_LATENCY) {
    const auto recalculate = [](GstElement* element, gpointer) {
      gst_bin_recalculate_latency(GST_BIN(element));
    };
    gst_element_call_async(static_cast<GstElement*>(pipeline), recalculate, nullptr, nullptr);
  }
  gst_message_unref(message);  // who drops it has it
  return GST_BUS_DROP;
}

// A server asks no home router to open ports for it, as libnice does by default.
void switch_off_upnp(GstElement* bin) {
  GObject* ice = nullptr;
  GObject* agent = nullptr;
  g_object_get(bin, "ice-agent", &ice, nullptr);
  g_object_get(ice, "agent", &agent, nullptr);
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(agent), "upnp"))
    g_object_set(agent, "upnp", FALSE, nullptr);
  g_object_unref(agent);
  g_object_unref(ice);
}

// What webrtcbin is made of comes from several packages; without one of them it fails late and says little.
constexpr const char* elements[][2] = {
    {"webrtcbin", "gstreamer1.0-plugins-bad"}, {"dtlsenc", "gstreamer1.0-plugins-bad"},
    {"srtpenc", "gstreamer1.0-plugins-bad"},   {"sctpenc", "gstreamer1.0-plugins-bad"},
    {"nicesink", "gstreamer1.0-nice"},         {"rtpbin", "gstreamer1.0-plugins-good"},
    {"appsink", "gstreamer1.0-plugins-base"}};

}  // namespace

Library::Library() {
  gst_init(nullptr, nullptr);
  for (const auto& [element, package] : elements) {
    const Ref<GstElementFactory> factory(gst_element_factory_find(element));
    if (!factory)
      throw std::runtime_error(std::string("GStreamer has no ") + element + ", which is in " + package);
  }
}

void Connection::Impl::start(const std::string& stun_server) {
  bin = gst_element_factory_make("webrtcbin", nullptr);
  pipeline.reset(static_cast<GstElement*>(gst_object_ref_sink(gst_pipeline_new(nullptr))));
  gst_bin_add(GST_BIN(pipeline.get()), bin);
  const Ref<GstBus> bus(gst_element_get_bus(pipeline.get()));
  gst_bus_set_sync_handler(bus.get(), on_bus_message, pipeline.get(), nullptr);
  gst_util_set_object_arg(G_OBJECT(bin), "bundle-policy", "max-bundle");
  switch_off_upnp(bin);
  if (!stun_server.empty()) g_object_set(bin, "stun-server", stun_server.c_str(), nullptr);

  watch_candidates();
  watch_state();
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
}

void Connection::Impl::watch_candidates() {
  connect_signal(
      bin, "on-ice-candidate",
      +[](GstElement*, guint m_line, const char* candidate, gpointer box) {
        static_cast<Box*>(box)->post([m_line, text = std::string(candidate)](Impl& self) {
          if (!self.pipeline) return;
          self.handlers.signal(signaling::MessageType::candidate, candidate_text(self.name, m_line, text));
        });
      },
      mailbox());
}

void Connection::Impl::watch_state() {
  connect_signal(
      bin, "notify::connection-state",
      +[](GstElement* element, GParamSpec*, gpointer box) {
        GstWebRTCPeerConnectionState state{};
        g_object_get(element, "connection-state", &state, nullptr);
        if (state != GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED &&
            state != GST_WEBRTC_PEER_CONNECTION_STATE_FAILED) {
          return;
        }
        const auto news = state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED ? ConnectionState::connected
                                                                              : ConnectionState::failed;
        static_cast<Box*>(box)->post([news](Impl& self) {
          if (self.pipeline && self.handlers.state_changed) self.handlers.state_changed(news);
        });
      },
      mailbox());
}

// Closing takes GStreamer some milliseconds, which a game's loop does not have: a thread of its pool does it.
void Connection::Impl::stop() {
  const auto ended = std::move(pipeline);
  gst_element_call_async(
      ended.get(), [](GstElement* element, gpointer) { gst_element_set_state(element, GST_STATE_NULL); },
      nullptr, nullptr);
}

void Connection::Impl::negotiate() {
  if (role == Role::answers) return;
  if (awaits_answer) {
    changed_meanwhile = true;
    return;
  }
  awaits_answer = true;
  const auto offer_made = [](GstPromise* promise, gpointer box) {
    const GstStructure* reply = gst_promise_get_reply(promise);
    GstWebRTCSessionDescription* offer = nullptr;
    if (reply) gst_structure_get(reply, "offer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &offer, nullptr);
    if (offer) {
      const std::shared_ptr<GstWebRTCSessionDescription> owned(offer, gst_webrtc_session_description_free);
      static_cast<Box*>(box)->post([owned](Impl& self) { self.send_offer(*owned); });
    }
    gst_promise_unref(promise);
  };
  g_signal_emit_by_name(bin, "create-offer", nullptr, make_promise(offer_made, mailbox()));
}

// Candidates are gathered from when the local description is set: they come behind the offer.
void Connection::Impl::send_offer(GstWebRTCSessionDescription& offer) {
  if (!pipeline) return;
  const std::unique_ptr<char, decltype(&g_free)> sdp(gst_sdp_message_as_text(offer.sdp), g_free);
  handlers.signal(signaling::MessageType::offer, offer_text(name, sdp.get()));
  if (pipeline) g_signal_emit_by_name(bin, "set-local-description", &offer, nullptr);
}

void Connection::Impl::take_answer(const std::string& sdp) {
  GstSDPMessage* message = nullptr;
  if (!awaits_answer || gst_sdp_message_new_from_text(sdp.c_str(), &message) != GST_SDP_OK) return;
  GstWebRTCSessionDescription* answer =
      gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_ANSWER, message);
  const auto taken = [](GstPromise* promise, gpointer box) {
    const GstStructure* reply = gst_promise_get_reply(promise);
    // What webrtcbin does not take is no answer: it goes on waiting for one.
    const bool is_refused = reply && gst_structure_has_field(reply, "error");
    if (!is_refused) static_cast<Box*>(box)->post([](Impl& self) { self.answered(); });
    gst_promise_unref(promise);
  };
  g_signal_emit_by_name(bin, "set-remote-description", answer, make_promise(taken, mailbox()));
  gst_webrtc_session_description_free(answer);
}

void Connection::Impl::answered() {
  if (!pipeline) return;
  awaits_answer = false;
  if (std::exchange(changed_meanwhile, false)) {
    negotiate();
  } else if (handlers.negotiated) {
    handlers.negotiated();
  }
}

// One offer makes the connection: what it is to change later comes in another connection.
void Connection::Impl::take_offer(const std::string& sdp) {
  GstSDPMessage* message = nullptr;
  if (std::exchange(has_offer, true) || gst_sdp_message_new_from_text(sdp.c_str(), &message) != GST_SDP_OK)
    return;
  GstWebRTCSessionDescription* offer = gst_webrtc_session_description_new(GST_WEBRTC_SDP_TYPE_OFFER, message);
  const auto taken = [](GstPromise* promise, gpointer box) {
    const GstStructure* reply = gst_promise_get_reply(promise);
    const bool is_refused = reply && gst_structure_has_field(reply, "error");
    if (!is_refused) static_cast<Box*>(box)->post([](Impl& self) { self.make_answer(); });
    gst_promise_unref(promise);
  };
  g_signal_emit_by_name(bin, "set-remote-description", offer, make_promise(taken, mailbox()));
  gst_webrtc_session_description_free(offer);
}

void Connection::Impl::make_answer() {
  if (!pipeline) return;
  const auto answer_made = [](GstPromise* promise, gpointer box) {
    const GstStructure* reply = gst_promise_get_reply(promise);
    GstWebRTCSessionDescription* made = nullptr;
    if (reply) gst_structure_get(reply, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &made, nullptr);
    if (made) {
      const std::shared_ptr<GstWebRTCSessionDescription> owned(made, gst_webrtc_session_description_free);
      static_cast<Box*>(box)->post([owned](Impl& self) { self.gather(*owned); });
    }
    gst_promise_unref(promise);
  };
  g_signal_emit_by_name(bin, "create-answer", nullptr, make_promise(answer_made, mailbox()));
}

// The candidates leave one by one, and the server of WHIP adds them to the answer, which is the last.
void Connection::Impl::gather(GstWebRTCSessionDescription& description) {
  if (!pipeline) return;
  const std::unique_ptr<char, decltype(&g_free)> sdp(gst_sdp_message_as_text(description.sdp), g_free);
  own_answer = sdp.get();
  connect_signal(
      bin, "notify::ice-gathering-state",
      +[](GstElement* element, GParamSpec*, gpointer box) {
        GstWebRTCICEGatheringState state{};
        g_object_get(element, "ice-gathering-state", &state, nullptr);
        if (state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) return;
        static_cast<Box*>(box)->post([](Impl& self) { self.gathered(); });
      },
      mailbox());
  g_signal_emit_by_name(bin, "set-local-description", &description, nullptr);
}

void Connection::Impl::gathered() {
  if (!pipeline || own_answer.empty()) return;
  handlers.signal(signaling::MessageType::answer, answer_text(std::exchange(own_answer, {})));
  if (pipeline && handlers.negotiated) handlers.negotiated();
}

Connection::Connection(boost::asio::any_io_executor executor, const std::string& stun_server,
                       Handlers handlers, Role role)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(handlers), role)) {
  impl_->start(stun_server);
}

Connection::~Connection() { impl_->stop(); }

void Connection::negotiate() { impl_->negotiate(); }

void Connection::receive(signaling::MessageType type, std::string_view payload) {
  const auto signal = parse_signal(payload);
  if (!signal || signal->connection != impl_->name) return;
  const bool offers = impl_->role == Role::offers;
  if (type == signaling::MessageType::answer && offers) impl_->take_answer(signal->sdp);
  if (type == signaling::MessageType::offer && !offers) impl_->take_offer(signal->sdp);
  if (type == signaling::MessageType::candidate && !signal->candidate.empty()) {
    g_signal_emit_by_name(impl_->bin, "add-ice-candidate", signal->m_line, signal->candidate.c_str());
  }
}

GstElement* Connection::bin() const { return impl_->bin; }
GstElement* Connection::pipeline() const { return impl_->pipeline.get(); }
const boost::asio::any_io_executor& Connection::executor() const { return impl_->executor; }

}  // namespace webrtc
