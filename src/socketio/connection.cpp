// Path 3/8: packets -> what a client does in its namespaces. Next: socketio/client_session.cpp
#include "signaling/socketio/connection.hpp"

#include <algorithm>
#include <utility>

#include "socketio/stored_packet.hpp"

namespace signaling::socketio {

namespace event = connection_event;

void Connection::receive(const MessageView& message) noexcept {
  if (!closed_) input_ = message;
}

std::optional<ConnectionEvent> Connection::poll_event() {
  current_.reset();
  for (;;) {
    if (auto closed = poll_closed()) return closed;
    if (backlog_ && backlog_->next_ready < backlog_->ready.size()) {
      if (auto held = poll_held()) return held;
      continue;
    }
    backlog_.reset();
    if (input_) {
      const MessageView message = *std::exchange(input_, std::nullopt);
      const bool is_text = message.kind == MessageKind::text;
      if (auto event = is_text ? handle_text(message.bytes) : handle_binary(message.bytes)) return event;
    } else {
      return std::nullopt;
    }
  }
}

std::optional<ConnectionEvent> Connection::poll_closed() {
  if (backlog_ && !backlog_->closings.empty()) {
    auto& closings = backlog_->closings;
    backlog_->told = std::move(closings.front());
    closings.erase(closings.begin());
    return event::NamespaceClosed{backlog_->told.name, backlog_->told.reason};
  }
  if (!end_) return std::nullopt;
  return event::ConnectionClosed{*std::exchange(end_, std::nullopt)};
}

std::optional<ConnectionEvent> Connection::poll_held() {
  current_ = std::make_unique<StoredPacket>(std::move(backlog_->ready[backlog_->next_ready++]));
  held_bytes_ -= current_->bytes();
  return handle_stored();
}

bool Connection::decode(std::string_view text, Packet& packet) {
  packet_error_ = decoder_.decode(text, packet);
  return packet_error_ == PacketError::none;
}

std::optional<ConnectionEvent> Connection::handle_text(std::string_view text) {
  Packet packet;
  // "Text in the middle of attachments" would never find its way into the packet that they belong to.
  if (incomplete_ || !decode(text, packet)) {
    close(CloseReason::protocol_error);
    return std::nullopt;
  }
  if (packet.header.attachments == 0) return handle_packet(packet, {}, text);
  if (find(packet.header.nsp) == nullptr) {
    close(CloseReason::protocol_error);
    return std::nullopt;
  }
  incomplete_ = std::make_unique<StoredPacket>();
  incomplete_->text = text;
  incomplete_->missing = packet.header.attachments;
  return std::nullopt;
}

std::optional<ConnectionEvent> Connection::handle_binary(std::string_view bytes) {
  if (!incomplete_) {
    close(CloseReason::protocol_error);
    return std::nullopt;
  }
  incomplete_->attachment_bytes += bytes.size();
  if (options_->max_attachment_bytes != 0 && incomplete_->attachment_bytes > options_->max_attachment_bytes) {
    close(CloseReason::message_too_large);
    return std::nullopt;
  }
  incomplete_->attachments.push_back(Frame::binary(std::as_bytes(std::span(bytes))));
  if (--incomplete_->missing != 0) return std::nullopt;
  current_ = std::move(incomplete_);
  return handle_stored();
}

std::optional<ConnectionEvent> Connection::handle_stored() {
  Packet packet;
  if (decoder_.decode(current_->text, packet) != PacketError::none)
    return std::nullopt;  // it was decoded once
  return handle_packet(packet, current_->attachments, current_->text);
}

std::optional<ConnectionEvent> Connection::handle_packet(const Packet& packet,
                                                         std::span<const Frame> attachments,
                                                         std::string_view text) {
  const PacketHeader& header = packet.header;
  if (header.type == PacketType::connect) return handle_connect(packet);
  Namespace* const entry = find(header.nsp);
  if (entry == nullptr || header.type == PacketType::connect_error) {
    close(CloseReason::protocol_error);
    return std::nullopt;
  }
  if (entry->state == NamespaceState::requested) {
    hold(*entry, text, attachments);
    return std::nullopt;
  }
  if (header.type == PacketType::disconnect) {
    if (entry->state == NamespaceState::connected) close_namespace(*entry, CloseReason::normal);
    namespaces_.erase(namespaces_.begin() + (entry - namespaces_.data()));
    return std::nullopt;
  }
  if (entry->state == NamespaceState::gone) return std::nullopt;
  if (header.type == PacketType::event || header.type == PacketType::binary_event) {
    return event::EventReceived{header.nsp, packet.values, header.id, attachments};
  }
  return event::AckReceived{header.nsp, *header.id, packet.values, attachments};
}

std::optional<ConnectionEvent> Connection::handle_connect(const Packet& packet) {
  const std::string_view nsp = packet.header.nsp;
  Namespace* entry = find(nsp);
  if (entry != nullptr && entry->state != NamespaceState::gone) {
    close(CloseReason::protocol_error);
    return std::nullopt;
  }
  if (entry == nullptr) {
    if (!make_room()) {
      ++refused_namespaces_;
      output_.push_back(encode_connect_error(nsp, "Too many namespaces"));
      return std::nullopt;
    }
    entry = &namespaces_.emplace_back();
    entry->name = nsp;
  }
  entry->state = NamespaceState::requested;
  return event::NamespaceRequested{nsp, packet.payload};
}

void Connection::hold(Namespace& entry, std::string_view text, std::span<const Frame> attachments) {
  StoredPacket packet;
  packet.text = text;
  packet.attachments.assign(attachments.begin(), attachments.end());
  for (const Frame& frame : attachments) packet.attachment_bytes += frame.size();
  held_bytes_ += packet.bytes();
  if (options_->max_held_bytes != 0 && held_bytes_ > options_->max_held_bytes) {
    return close(CloseReason::overloaded);
  }
  entry.held.push_back(std::move(packet));
}

}  // namespace signaling::socketio
