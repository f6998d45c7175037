#include "webrtc/signal_text.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace webrtc {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(*text) : std::string();
}

}  // namespace

std::string offer_text(const std::string& connection, const std::string& sdp) {
  return json::serialize(json::object{{"type", "offer"}, {"sdp", sdp}, {"connection", connection}});
}

std::string answer_text(const std::string& sdp) {
  return json::serialize(json::object{{"type", "answer"}, {"sdp", sdp}});
}

std::string candidate_text(const std::string& connection, unsigned m_line, const std::string& candidate) {
  return json::serialize(
      json::object{{"candidate", candidate}, {"sdpMLineIndex", m_line}, {"connection", connection}});
}

std::optional<SignalText> parse_signal(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  const auto* object = error ? nullptr : parsed.if_object();
  if (!object) return std::nullopt;
  SignalText signal{text_of(*object, "connection"), text_of(*object, "sdp"), text_of(*object, "candidate"),
                    0};
  if (const auto* line = object->if_contains("sdpMLineIndex"); line && line->is_int64()) {
    if (line->get_int64() < 0 || line->get_int64() > 1'000) return std::nullopt;
    signal.m_line = static_cast<unsigned>(line->get_int64());
  }
  return signal;
}

}  // namespace webrtc
