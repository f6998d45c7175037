#include "signaling/core/envelope.hpp"

namespace signaling {

std::string_view to_string(EnvelopeType type) noexcept {
  switch (type) {
    case EnvelopeType::offer: return "offer";
    case EnvelopeType::answer: return "answer";
    case EnvelopeType::candidate: return "candidate";
    case EnvelopeType::message: return "message";
    case EnvelopeType::event: return "event";
  }
  return "message";
}

}  // namespace signaling
