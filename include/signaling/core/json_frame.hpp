#pragma once

#include <cstddef>
#include <cstdint>

#include "signaling/core/frame.hpp"
#include "signaling/text/export.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling {

/// Writes a JSON message directly into its frame: `JsonFrame out(64); out.raw("[").string(name).raw("]");`, then
/// `out.finish()`.
class SIGNALING_API JsonFrame : private FrameBuilder, public text::JsonWriter {
 public:
  /// `expected_size`: as of FrameBuilder.
  explicit JsonFrame(std::size_t expected_size)
      : FrameBuilder(expected_size), JsonWriter(static_cast<FrameBuilder&>(*this)) {}

  /// Completes the message; nothing may be written afterwards. `state`: as Frame::state.
  Frame finish(std::uint8_t state = 0) { return FrameBuilder::finish(MessageKind::text, state); }
  /// The same for a message whose use is not FrameUse::message.
  Frame finish(FrameUse use) { return FrameBuilder::finish(MessageKind::text, 0, use); }
};

}  // namespace signaling
