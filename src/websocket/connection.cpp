// Path 2/8: bytes -> frames -> messages. Next: net/websocket_session.cpp
#include "signaling/websocket/connection.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

#include "signaling/text/utf8.hpp"
#include "websocket/assembly.hpp"
#include "websocket/control_frame.hpp"
#include "websocket/deflate_codec.hpp"

namespace signaling::websocket {

#if !defined(_ITERATOR_DEBUG_LEVEL) || _ITERATOR_DEBUG_LEVEL == 0  // MSVC makes checked containers larger
static_assert(sizeof(Connection) <= 128, "there is one for every idle client");
#endif

namespace {

constexpr ProtocolError invalid_utf8{CloseCode::invalid_data, "text is not UTF-8"};
constexpr ProtocolError invalid_deflate{CloseCode::invalid_data, "message is not compressed data"};
constexpr ProtocolError message_too_big{CloseCode::message_too_big, "message is too big"};

std::optional<ProtocolError> violation(std::string_view what) noexcept {
  return ProtocolError{CloseCode::protocol_error, what};
}

std::optional<ProtocolError> violation(HeaderStatus status) noexcept {
  switch (status) {
    case HeaderStatus::complete:
    case HeaderStatus::incomplete: return std::nullopt;
    case HeaderStatus::reserved_bit: return violation("a reserved bit is set");
    case HeaderStatus::reserved_opcode: return violation("the opcode is reserved");
    case HeaderStatus::fragmented_control: return violation("a control frame is fragmented");
    case HeaderStatus::compressed_control: return violation("a control frame is compressed");
    case HeaderStatus::long_control: return violation("a control frame is over 125 bytes");
    case HeaderStatus::long_length_form: return violation("a length is not in its shortest form");
    case HeaderStatus::length_overflow: return violation("a length has its highest bit set");
  }
  return std::nullopt;
}

// Incompressible data grows a little when it is compressed. What takes more than twice the bound on the wire
// can only be there to keep us busy.
bool exceeds(std::uint64_t wire_bytes, std::size_t max_message_bytes, bool compressed) noexcept {
  if (max_message_bytes == 0) return false;
  return compressed ? wire_bytes > 64 && wire_bytes / 2 > max_message_bytes : wire_bytes > max_message_bytes;
}

}  // namespace

Connection::Connection(Role role, const ConnectionOptions& options)
    : random_(options.random),
      max_message_bytes_(options.max_message_bytes),
      max_fragments_(options.max_fragments),
      compress_from_bytes_(options.compress_from_bytes),
      role_(role),
      error_reasons_(options.error_reasons) {
  if (role == Role::client && random_ == nullptr) {
    throw std::invalid_argument("signaling: a WebSocket client needs a source of masking keys");
  }
  if (options.deflate) deflate_ = std::make_unique<DeflateCodec>(role, *options.deflate);
}

Connection::Connection(Connection&& other) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept = default;
Connection::~Connection() = default;

void Connection::receive(std::span<std::byte> bytes) noexcept {
  assert(input_.empty());
  if (state_ != ConnectionState::closed) input_ = bytes;
}

std::span<std::byte> Connection::take_unread() noexcept { return std::exchange(input_, {}); }

void Connection::receive_end() noexcept { ended_ = true; }

bool Connection::in_message() const noexcept { return assembly_ && assembly_->in_message; }

std::optional<Event> Connection::poll_event() {
  release();
  while (!input_.empty()) {
    if (auto event = assembly_ ? continue_frame() : begin_frame()) return event;
  }
  if (!ended_ || state_ == ConnectionState::closed) return std::nullopt;
  const auto initiator = state_ == ConnectionState::open ? CloseInitiator::peer : CloseInitiator::local;
  state_ = ConnectionState::closed;
  return Closed{CloseCode::abnormal, {}, initiator, false};
}

// The views of the event before are no longer needed.
void Connection::release() noexcept {
  if (!assembly_) return;
  if (assembly_->is_empty() || state_ == ConnectionState::closed) {
    assembly_.reset();
  } else if (state_ == ConnectionState::closing) {
    std::vector<std::byte>().swap(assembly_->message);
  }
}

// The path of nearly all messages: the whole frame is here, and it is delivered where it lies.
std::optional<Event> Connection::begin_frame() {
  const DecodedHeader decoded = decode_header(input_);
  if (const auto error = check(decoded)) return fail(*error);
  const FrameHeader& header = decoded.header;
  const bool stands_alone = is_control(header.opcode) || (header.final && !header.compressed);
  if (decoded.status == HeaderStatus::complete && stands_alone &&
      header.payload_bytes <= input_.size() - decoded.bytes) {
    const auto payload = input_.subspan(decoded.bytes, static_cast<std::size_t>(header.payload_bytes));
    input_ = input_.subspan(decoded.bytes + payload.size());
    if (header.masked) apply_mask(payload, header.key);
    return handle_whole(header, payload);
  }
  assembly_ = std::make_unique<Assembly>();
  return continue_frame();
}

std::optional<Event> Connection::continue_frame() {
  Assembly& assembly = *assembly_;
  if (!assembly.in_frame) {
    const std::size_t had = assembly.header_size;
    const std::size_t added = std::min(max_header_bytes - had, input_.size());
    std::copy_n(input_.begin(), added, assembly.header_bytes.begin() + static_cast<std::ptrdiff_t>(had));
    const DecodedHeader decoded = decode_header(std::span(assembly.header_bytes).first(had + added));
    if (const auto error = check(decoded)) return fail(*error);
    if (decoded.status == HeaderStatus::incomplete) {
      assembly.header_size = static_cast<std::uint8_t>(had + added);
      input_ = {};
      return std::nullopt;
    }
    assembly.header_size = 0;
    input_ = input_.subspan(decoded.bytes - had);
    open_frame(decoded.header);
  }
  return continue_payload();
}

std::optional<ProtocolError> Connection::check(const DecodedHeader& decoded) const noexcept {
  if (decoded.status == HeaderStatus::incomplete) return std::nullopt;
  if (decoded.status != HeaderStatus::complete) return violation(decoded.status);
  const FrameHeader& header = decoded.header;
  // RFC 6455 5.1: a server MUST close the connection upon an unmasked frame, a client upon a masked one.
  if (header.masked != is_server()) {
    return violation(is_server() ? "a client must mask its frames" : "a server must not mask its frames");
  }
  return is_control(header.opcode) ? std::nullopt : check_data(header);
}

std::optional<ProtocolError> Connection::check_data(const FrameHeader& header) const noexcept {
  const bool continues = header.opcode == Opcode::continuation;
  const bool in_message = assembly_ && assembly_->in_message;
  if (continues && !in_message) return violation("a continuation frame without a first frame");
  if (!continues && in_message) return violation("a new message within an unfinished one");
  // RFC 7692 6.1: only the first frame of a message carries RSV1.
  if (header.compressed && (!deflate_ || continues)) return violation("a reserved bit is set");
  if (state_ != ConnectionState::open) return std::nullopt;  // it is going to be skipped
  const bool compressed = continues ? assembly_->compressed : header.compressed;
  const std::uint64_t before = continues ? assembly_->announced_bytes : 0;
  if (exceeds(before + header.payload_bytes, max_message_bytes_, compressed)) return message_too_big;
  if (continues && max_fragments_ != 0 && assembly_->fragments >= max_fragments_) {
    return ProtocolError{CloseCode::policy_violation, "a message has too many fragments"};
  }
  return std::nullopt;
}

void Connection::open_frame(const FrameHeader& header) {
  Assembly& assembly = *assembly_;
  assembly.frame = header;
  assembly.frame_received = 0;
  assembly.in_frame = true;
  if (is_control(header.opcode)) return;
  if (header.opcode != Opcode::continuation) {
    assembly.in_message = true;
    assembly.compressed = header.compressed;
    assembly.kind = header.opcode == Opcode::text ? MessageKind::text : MessageKind::binary;
  }
  // While closing there are no bounds, so the sums may wrap; nothing depends on them any more.
  ++assembly.fragments;
  assembly.announced_bytes += header.payload_bytes;
  // What is announced is not yet there: memory grows with what really comes.
  constexpr std::uint64_t first_step = 4096;
  if (state_ == ConnectionState::open && assembly.message.empty()) {
    assembly.message.reserve(static_cast<std::size_t>(std::min(header.payload_bytes, first_step)));
  }
}

std::optional<Event> Connection::continue_payload() {
  Assembly& assembly = *assembly_;
  const FrameHeader& frame = assembly.frame;
  const std::uint64_t missing = frame.payload_bytes - assembly.frame_received;
  const auto piece = input_.first(static_cast<std::size_t>(std::min<std::uint64_t>(missing, input_.size())));
  input_ = input_.subspan(piece.size());
  const auto offset = static_cast<std::size_t>(assembly.frame_received);
  if (frame.masked) apply_mask(piece, frame.key, offset);
  assembly.frame_received += piece.size();
  assembly.in_frame = assembly.frame_received < frame.payload_bytes;

  if (is_control(frame.opcode)) {
    std::copy(piece.begin(), piece.end(), assembly.control.begin() + static_cast<std::ptrdiff_t>(offset));
    if (assembly.in_frame) return std::nullopt;
    return handle_control(frame.opcode, std::span(assembly.control).first(offset + piece.size()));
  }
  if (state_ == ConnectionState::open) {
    if (const auto error = append(piece)) return fail(*error);
  }
  if (assembly.in_frame || !frame.final) return std::nullopt;
  return end_message();
}

std::optional<ProtocolError> Connection::append(std::span<const std::byte> piece) {
  Assembly& assembly = *assembly_;
  const std::size_t before = assembly.message.size();
  if (assembly.compressed) {
    const InflateStatus status = deflate_->inflate(piece, max_message_bytes_, assembly.message);
    return check_added(before, status);
  }
  assembly.message.insert(assembly.message.end(), piece.begin(), piece.end());
  return check_added(before, InflateStatus::ok);
}

// The text is checked first, as it came before what ended the decompression. Text that is not UTF-8 fails the
// connection (RFC 6455 8.1).
std::optional<ProtocolError> Connection::check_added(std::size_t before, InflateStatus status) {
  Assembly& assembly = *assembly_;
  const std::size_t excess = status == InflateStatus::too_large ? 1 : 0;
  const auto added = std::span<const std::byte>(assembly.message).subspan(before);
  if (assembly.kind == MessageKind::text && !assembly.utf8.consume(added.first(added.size() - excess))) {
    return invalid_utf8;
  }
  if (status == InflateStatus::too_large) return message_too_big;
  if (status == InflateStatus::invalid) return invalid_deflate;
  return std::nullopt;
}

std::optional<Event> Connection::end_message() {
  Assembly& assembly = *assembly_;
  assembly.in_message = false;
  if (state_ != ConnectionState::open) return std::nullopt;
  if (assembly.compressed) {
    const std::size_t before = assembly.message.size();
    const InflateStatus status = deflate_->finish(max_message_bytes_, assembly.message);
    if (const auto error = check_added(before, status)) return fail(*error);
  }
  if (assembly.kind == MessageKind::text && !assembly.utf8.complete()) return fail(invalid_utf8);
  return Message{assembly.kind, assembly.message};
}

std::optional<Event> Connection::handle_whole(const FrameHeader& header, std::span<const std::byte> payload) {
  if (is_control(header.opcode)) return handle_control(header.opcode, payload);
  if (state_ != ConnectionState::open) return std::nullopt;
  if (header.opcode == Opcode::binary) return Message{MessageKind::binary, payload};
  if (!text::is_utf8(payload)) return fail(invalid_utf8);
  return Message{MessageKind::text, payload};
}

std::optional<Event> Connection::handle_control(Opcode opcode, std::span<const std::byte> payload) {
  if (opcode == Opcode::close) return handle_close(payload);
  if (state_ != ConnectionState::open) return std::nullopt;
  if (opcode == Opcode::pong) return Pong{payload};
  queue(Opcode::pong, payload);
  return Ping{payload};
}

Event Connection::handle_close(std::span<const std::byte> payload) {
  CloseCode code = CloseCode::no_status;
  if (payload.size() == 1) return fail(*violation("a Close frame has an incomplete code"));
  if (payload.size() >= 2) {
    code = static_cast<CloseCode>(std::to_integer<unsigned>(payload[0]) << 8U |
                                  std::to_integer<unsigned>(payload[1]));
    if (!is_valid_on_wire(code)) return fail(*violation("a Close frame has an invalid code"));
    payload = payload.subspan(2);
    if (!text::is_utf8(payload)) return fail({CloseCode::invalid_data, "a close reason is not UTF-8"});
  }
  // RFC 6455 5.5.1: the answer "typically echos the status code it received".
  const bool ours_came_first = state_ == ConnectionState::closing;
  if (!ours_came_first) queue_close(code, {});
  state_ = ConnectionState::closed;
  input_ = {};
  const std::string_view reason(reinterpret_cast<const char*>(payload.data()), payload.size());
  return Closed{code, reason, ours_came_first ? CloseInitiator::local : CloseInitiator::peer, true};
}

Event Connection::fail(const ProtocolError& error) {
  if (state_ == ConnectionState::open) {
    queue_close(error.code, error_reasons_ ? error.what : std::string_view());
  }
  state_ = ConnectionState::closed;
  input_ = {};
  return error;
}

}  // namespace signaling::websocket
