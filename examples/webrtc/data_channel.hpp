#pragma once

#include <functional>
#include <memory>
#include <string>

#include "webrtc/connection.hpp"

namespace webrtc {

/// A data channel for what is worthless when it is late: unordered, never sent again.
///
/// Threads: as Connection, before whose end it ends.
class DataChannel {
 public:
  struct Handlers {
    std::function<void()> opened = {};
    std::function<void(const std::string& text)> received;
  };

  /// Is part of the next offer.
  DataChannel(Connection& connection, const std::string& label, Handlers handlers);
  ~DataChannel();
  DataChannel(const DataChannel&) = delete;
  DataChannel& operator=(const DataChannel&) = delete;

  bool is_open() const;
  /// Dropped while the channel is not open, or when more waits to be sent than is still news on its arrival.
  void send(const std::string& text);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace webrtc
