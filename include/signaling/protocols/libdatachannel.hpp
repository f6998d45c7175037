#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// The room of all clients of this protocol. Peers of other protocols join it by this name.
inline constexpr std::string_view libdatachannel_room = "libdatachannel/everybody";

/// The alias (command::Join::alias) of the name `id` in this protocol. A local peer that joins `libdatachannel_room` with
/// the alias of "server" gets what clients send to "server".
SIGNALING_API std::string libdatachannel_alias(std::string_view id);
/// The metadata with which a local peer joins that room, so that its messages come from `id`.
SIGNALING_API std::string libdatachannel_metadata(std::string_view id);

/// Options of the protocol, read when the factory is constructed and not later.
struct SIGNALING_API LibdatachannelOptions {
  /// A client's path is this, a slash and its id.
  std::string path = "/libdatachannel";
  /// Nesting depth of a message. Default 32, at most 1024; 0 also means 1024. Beyond it, a message is ignored.
  std::size_t max_json_depth = 32;
};

/// The protocol of libdatachannel's examples, described in docs/dialects.md: a client names itself in its path, and sends
/// messages to the ids of others. The member `id` of a message, the receiver's id, becomes the sender's.
///
/// Offer it at the paths below its own: `server.add(libdatachannel, {.path = "/libdatachannel/*"})`.
/// Ownership: one object per peer, made by `Libdatachannel`; all objects of one factory share an encoder.
/// Errors: nothing a client sends throws. The protocol has no message for errors: what it does not allow is ignored, and
/// counted. A client without an id is closed with 1008.
class SIGNALING_API Libdatachannel final : public ProtocolFactory {
 public:
  /// Throws std::invalid_argument if the path does not begin with a slash.
  explicit Libdatachannel(LibdatachannelOptions options = {});

  /// LibdatachannelOptions::path.
  std::string_view path() const noexcept override { return options_.path; }
  bool may_be_silent() const noexcept override { return true; }
  bool admits_any_origin() const noexcept override { return true; }
  std::unique_ptr<Protocol> make(const ConnectInfo& info) const override;

 private:
  LibdatachannelOptions options_;
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace signaling::protocols
