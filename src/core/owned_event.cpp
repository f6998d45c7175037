#include "core/owned_event.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

#include "core/message_texts.hpp"

namespace signaling {
namespace {

// The texts of each event, but for those of a message and of a list of members.
template <class Function>
void for_each_text(MemberView& member, Function& function) {
  function(member.id);
  function(member.metadata);
}
template <class Function>
void for_each_text(event::Welcome& e, Function& function) {
  function(e.peer);
  function(e.resume);
  function(e.ice_servers);
  if (e.resumption) function(e.resumption->reason);
}
template <class Function>
void for_each_text(event::Joined& e, Function& function) {
  function(e.room);
  for_each_text(e.self, function);
  function(e.request);
}
template <class Function>
void for_each_text(event::Left& e, Function& function) {
  function(e.room);
  function(e.request);
  function(e.message);
}
template <class Function>
void for_each_text(event::PeerJoined& e, Function& function) {
  function(e.room);
  for_each_text(e.peer, function);
}
template <class Function>
void for_each_text(event::PeerLeft& e, Function& function) {
  function(e.room);
  for_each_text(e.peer, function);
}
template <class Function>
void for_each_text(event::PeerAway& e, Function& function) {
  function(e.room);
  for_each_text(e.peer, function);
}
template <class Function>
void for_each_text(event::PeerBack& e, Function& function) {
  function(e.room);
  for_each_text(e.peer, function);
}
template <class Function>
void for_each_text(event::PeerUpdated& e, Function& function) {
  function(e.room);
  for_each_text(e.peer, function);
}
template <class Function>
void for_each_text(event::Updated& e, Function& function) {
  function(e.room);
  function(e.request);
}
template <class Function>
void for_each_text(event::Members& e, Function& function) {
  function(e.room);
  for_each_text(e.self, function);
  function(e.request);
}
template <class Function>
void for_each_text(event::Message& e, Function& function) {
  function(e.from);
  function(e.from_metadata);
}
template <class Function>
void for_each_text(event::Sent& e, Function& function) {
  function(e.request);
}
template <class Function>
void for_each_text(event::Pong& e, Function& function) {
  function(e.request);
}
template <class Function>
void for_each_text(event::Error& e, Function& function) {
  function(e.message);
  function(e.request);
}
template <class Function>
void for_each_text(event::Acknowledged& /*event*/, Function& /*function*/) {}
template <class Function>
void for_each_text(event::GoingAway& /*event*/, Function& /*function*/) {}

std::span<const MemberView>* list_of(Event& event) {
  if (auto* const joined = std::get_if<event::Joined>(&event)) return &joined->members;
  if (auto* const members = std::get_if<event::Members>(&event)) return &members->members;
  return nullptr;
}

}  // namespace

OwnedEvent::OwnedEvent(const Event& event) : event_(event) {
  if (const auto* const sent = std::get_if<event::Message>(&event)) {
    message_ = sent->message;
    event_.emplace<event::Message>(event::Message{message_, sent->from, sent->from_metadata});
  }
  if (auto* const list = list_of(event_)) {
    members_.assign(list->begin(), list->end());
    *list = members_;
  }
  const auto visit_all = [this](auto& function) {
    std::visit([&](auto& alternative) { for_each_text(alternative, function); }, event_);
    for (const auto text : message_texts) function(message_.*text);
    for (MemberView& member : members_) for_each_text(member, function);
  };
  const auto count = [this](std::string_view text) { size_ += text.size(); };
  visit_all(count);
  bytes_ = std::make_unique_for_overwrite<char[]>(size_);
  char* place = bytes_.get();
  const auto take = [&place](std::string_view& text) {
    char* const begin = place;
    place = std::ranges::copy(text, place).out;
    text = {begin, text.size()};
  };
  visit_all(take);
}

}  // namespace signaling
