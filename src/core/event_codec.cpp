#include "core/event_codec.hpp"

#include <cstring>
#include <type_traits>
#include <utility>

namespace signaling {
namespace {

// Each event's fields, named once for both directions.
template <class Archive>
void fields(Archive& archive, MemberView& member) {
  archive(member.id, member.metadata, member.joined_at);
}
template <class Archive>
void fields(Archive& archive, Envelope& e) {
  archive(e.type, e.event, e.from, e.to, e.room, e.payload, e.from_metadata, e.language, e.original, e.kind,
          e.delivery, e.audience, e.reach);
}
template <class Archive>
void fields(Archive& archive, event::Welcome& e) {
  archive(e.peer, e.resume, e.ice_servers);
}
template <class Archive>
void fields(Archive& archive, event::Joined& e) {
  archive(e.room, e.version, e.self, e.members, e.request);
}
template <class Archive>
void fields(Archive& archive, event::Left& e) {
  archive(e.room, e.reason, e.request, e.message);
}
template <class Archive>
void fields(Archive& archive, event::PeerJoined& e) {
  archive(e.room, e.version, e.peer, e.polite);
}
template <class Archive>
void fields(Archive& archive, event::PeerLeft& e) {
  archive(e.room, e.version, e.peer, e.reason);
}
template <class Archive>
void fields(Archive& archive, event::PeerUpdated& e) {
  archive(e.room, e.version, e.peer);
}
template <class Archive>
void fields(Archive& archive, event::Updated& e) {
  archive(e.room, e.version, e.request);
}
template <class Archive>
void fields(Archive& archive, event::Members& e) {
  archive(e.room, e.version, e.self, e.members, e.request);
}
template <class Archive>
void fields(Archive& archive, event::Message& e) {
  archive(e.envelope);
}
template <class Archive>
void fields(Archive& archive, event::Sent& e) {
  archive(e.status, e.request);
}
template <class Archive>
void fields(Archive& archive, event::Pong& e) {
  archive(e.request);
}
template <class Archive>
void fields(Archive& archive, event::Error& e) {
  archive(e.code, e.message, e.request);
}
template <class Archive>
void fields(Archive& archive, event::GoingAway& e) {
  archive(e.reconnect_after);
}

template <class T>
constexpr bool is_plain =
    std::is_enum_v<T> || std::is_integral_v<T> || std::is_same_v<T, std::chrono::milliseconds>;

class Writer {
 public:
  explicit Writer(FrameBuilder& builder) : builder_(builder) {}

  template <class... Fields>
  void operator()(Fields&... all) {
    (write(all), ...);
  }

 private:
  template <class T>
  void write(T& value) {
    if constexpr (is_plain<T>) {
      builder_.append({reinterpret_cast<const char*>(&value), sizeof(value)});
    } else {
      fields(*this, value);
    }
  }
  void write(std::string_view& text) {
    std::size_t size = text.size();
    write(size);
    builder_.append(text);
  }
  void write(std::span<const MemberView>& members) {
    std::size_t size = members.size();
    write(size);
    for (MemberView member : members) fields(*this, member);
  }

  FrameBuilder& builder_;
};

class Reader {
 public:
  Reader(std::string_view bytes, std::vector<MemberView>& members) : bytes_(bytes), members_(members) {}

  template <class... Fields>
  void operator()(Fields&... all) {
    (read(all), ...);
  }

 private:
  template <class T>
  void read(T& value) {
    if constexpr (is_plain<T>) {
      std::memcpy(&value, bytes_.data(), sizeof(value));
      bytes_.remove_prefix(sizeof(value));
    } else {
      fields(*this, value);
    }
  }
  void read(std::string_view& text) {
    std::size_t size = 0;
    read(size);
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  void read(std::span<const MemberView>& members) {
    std::size_t size = 0;
    read(size);
    members_.resize(size);
    for (MemberView& member : members_) fields(*this, member);
    members = members_;
  }

  std::string_view bytes_;
  std::vector<MemberView>& members_;
};

template <std::size_t... Index>
void emplace(Event& event, std::size_t wanted, std::index_sequence<Index...> /*all*/) {
  (void)((Index == wanted && (event.emplace<Index>(), true)) || ...);
}

}  // namespace

Frame pack(const Event& event) {
  FrameBuilder builder(256);
  Writer writer(builder);
  std::size_t index = event.index();
  writer(index);
  std::visit([&](auto alternative) { fields(writer, alternative); }, event);
  return builder.finish(MessageKind::binary);
}

Event unpack(const Frame& frame, std::vector<MemberView>& members) {
  Reader reader(frame.text_view(), members);
  std::size_t index = 0;
  reader(index);
  Event event;
  emplace(event, index, std::make_index_sequence<std::variant_size_v<Event>>());
  std::visit([&](auto& alternative) { fields(reader, alternative); }, event);
  return event;
}

}  // namespace signaling
