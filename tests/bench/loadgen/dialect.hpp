#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

/// What a dialect knows of one peer.
struct Party {
  std::string id;    ///< told by the server, if the dialect has ids
  std::string name;  ///< chosen here
  std::string room;
  // Of a session:
  std::string secret;
  std::uint64_t received = 0;   ///< messages that count
  std::uint64_t confirmed = 0;  ///< of them
};

/// What a message that carries no letter meant.
enum class Progress { nothing, joined, resumed, left, refused };

/// What is around the payload of a message.
struct Wrapping {
  std::string before;
  std::string after;
};

/// One wire language. Keeps nothing: what it learns is written into the `Party`.
class Dialect {
 public:
  virtual ~Dialect() = default;
  virtual std::string path() const = 0;
  virtual std::string subprotocol() const { return {}; }
  /// What to send as soon as the WebSocket is open.
  virtual std::string greeting(const Party& self) const = 0;
  /// `answer`: what to send in return, if anything.
  virtual Progress read(std::string_view message, Party& self, std::string& answer) const = 0;
  /// A letter has come: what to send in return, if anything.
  virtual std::string receipt(Party& /*self*/) const { return {}; }
  /// The path of a connection that goes on where the last one broke; empty: the dialect has no such.
  virtual std::string path_to_resume(const Party& /*self*/) const { return {}; }
  virtual Wrapping direct(const Party& from, const Party& to) const = 0;
  virtual Wrapping to_room(const Party& from) const = 0;
  virtual std::string leave(const Party& self) const = 0;
  /// Whether what goes to a room comes to its sender too.
  virtual bool echoes() const { return false; }
};

/// "native", "session" (native, with a grace), "raw" or "socketio"; null: no such.
std::unique_ptr<Dialect> make_dialect(std::string_view name);

}  // namespace bench
