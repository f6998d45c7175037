#include "webrtc/data_channel.hpp"

#include <gst/webrtc/webrtc.h>

#include <utility>

namespace webrtc {

struct DataChannel::Impl : std::enable_shared_from_this<Impl> {
  Ref<GstWebRTCDataChannel> channel;
  Handlers handlers;
  bool is_open = false;
  bool is_ended = false;
};

namespace {

constexpr guint64 max_waiting_bytes = 16 * 1024;

}  // namespace

DataChannel::DataChannel(Connection& connection, const std::string& label, Handlers handlers)
    : impl_(std::make_shared<Impl>()) {
  impl_->handlers = std::move(handlers);
  GstStructure* options = gst_structure_new("options", "ordered", G_TYPE_BOOLEAN, FALSE, "max-retransmits",
                                            G_TYPE_INT, 0, nullptr);
  GstWebRTCDataChannel* channel = nullptr;
  g_signal_emit_by_name(connection.bin(), "create-data-channel", label.c_str(), options, &channel);
  gst_structure_free(options);
  impl_->channel.reset(channel);

  using Box = Mailbox<Impl>;
  const Box box{connection.executor(), impl_};
  connect_signal(
      channel, "on-open",
      +[](GstWebRTCDataChannel*, gpointer data) {
        static_cast<Box*>(data)->post([](Impl& self) {
          self.is_open = true;
          if (!self.is_ended && self.handlers.opened) self.handlers.opened();
        });
      },
      box);
  connect_signal(
      channel, "on-close",
      +[](GstWebRTCDataChannel*, gpointer data) {
        static_cast<Box*>(data)->post([](Impl& self) { self.is_open = false; });
      },
      box);
  connect_signal(
      channel, "on-message-string",
      +[](GstWebRTCDataChannel*, const char* text, gpointer data) {
        if (!text) return;  // an empty message
        static_cast<Box*>(data)->post([message = std::string(text)](Impl& self) {
          if (!self.is_ended) self.handlers.received(message);
        });
      },
      box);
}

DataChannel::~DataChannel() { impl_->is_ended = true; }

bool DataChannel::is_open() const { return impl_->is_open; }

void DataChannel::send(const std::string& text) {
  if (!impl_->is_open) return;
  guint64 waiting = 0;
  g_object_get(impl_->channel.get(), "buffered-amount", &waiting, nullptr);
  if (waiting > max_waiting_bytes) return;
  gst_webrtc_data_channel_send_string_full(impl_->channel.get(), text.c_str(), nullptr);
}

}  // namespace webrtc
