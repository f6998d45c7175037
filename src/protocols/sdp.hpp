#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signaling::protocols::sdp {

// What WHIP and WHEP read of session descriptions (RFC 8866), and no more. Lines end with CRLF or LF.

enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

/// A media section.
struct Section {
  std::string media;  // "audio"
  std::string mid;
  Direction direction = Direction::sendrecv;
};

/// What an offer must have.
struct Offer {
  std::vector<Section> sections;    // at least one
  std::vector<std::string> ufrags;  // of its ICE sessions; at least one
};

/// Nothing: it is no offer, it has no ICE credentials, or a section has no mid.
std::optional<Offer> read_offer(std::string_view text);

/// A media section of a fragment. Views of the fragment.
struct FragmentSection {
  std::string_view mid;
  std::string_view ufrag;                    // empty: that of the fragment
  std::vector<std::string_view> candidates;  // "candidate:…"
  bool is_complete = false;                  // the end of its candidates
};

/// What application/trickle-ice-sdpfrag tells (RFC 8840 9). Views of the fragment.
struct Fragment {
  std::string_view ufrag;  // empty: none, in no section
  std::string_view pwd;
  std::vector<FragmentSection> sections;
};

/// Reads whatever text leniently: skips what it does not know.
Fragment read_fragment(std::string_view text);

/// A candidate that came apart from its description.
struct LateCandidate {
  std::string candidate;  // "candidate:…"
  std::string mid;        // empty: unknown
  std::size_t index = 0;  // of its section; used if the mid is unknown
};

/// The description with CRLF behind each line. If there are candidates, each is added to its section, and all sections say
/// that there are no more.
std::string complete(std::string_view text, std::span<const LateCandidate> candidates);

/// What the answer to an ICE restart repeats of a description.
struct IceOptions {
  bool is_lite = false;
  bool is_trickle = false;
};
IceOptions ice_options(std::string_view text);

/// True if it can be the rest of a line.
bool is_line(std::string_view text) noexcept;

}  // namespace signaling::protocols::sdp
