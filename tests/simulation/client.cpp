#include "simulation/client.hpp"

#include <utility>

#include "core/close_intent.hpp"
#include "simulation/wire_language.hpp"

namespace signaling::simulation {

void Client::come(Process& process, const PeerId& id, const std::string& secret) {
  life_ = oracle_.begin(id, process.node(), secret);
  has_lived_ = true;
  counts_ = {};
  ConnectInfo info;
  info.wished_id = id;
  info.resume = secret;
  connect(process, std::move(info));
}

void Client::come_back(Process& process, const std::string& secret, Count count) {
  const bool counts = keeps() && count == Count::shown;
  oracle_.comes_back(life_, process.node(), secret, counts ? Oracle::Counts::yes : Oracle::Counts::no);
  ConnectInfo info;
  info.wished_id = oracle_.id_of(life_);
  info.resume = secret;
  if (counts) info.received = std::to_string(counts_.received());
  connect(process, std::move(info));
}

void Client::connect(Process& process, ConnectInfo info) {
  if (is_online()) lose(milliseconds(0), dice_.between(milliseconds(0), std::chrono::seconds(5)));
  is_welcome_ = is_ready_ = is_broken_ = false;
  if (keeps()) info.keep = std::to_string(keep_.count());
  // The hooks are called while `connect` runs, and those of an earlier connection later.
  const auto number = std::make_shared<std::uint32_t>(life_);
  const auto self = std::make_shared<std::weak_ptr<Connection>>();
  connection_ = cluster_.connect(
      process, {[this, self, number](std::string_view line) {
                  const auto connection = self->lock();
                  if (connection != connection_) return;
                  hear(connection, line);
                  *number = life_;
                },
                [this, self](CloseReason reason) {
                  if (self->lock() == connection_) closed(reason);
                },
                [this, number, connection = ++connections_] { oracle_.disconnected(*number, connection); }});
  *self = connection_;
  cluster_.open(*connection_, std::move(info), life_);
}

void Client::hear(const std::shared_ptr<Connection>& connection, std::string_view line) {
  const std::string_view verb = line.substr(0, line.find(' '));
  if (verb == "welcome") return welcome(line);
  if (verb == "ack") return confirmed(line.substr(verb.size() + 1));
  const bool counts = is_welcome_ && keeps() && verb != "going-away";
  if (counts && !cluster_.lacks(Mutant::count_nothing)) counts_.receives();
  oracle_.hears(life_, line);
  if (!counts || !dice_.once_in(10)) return;
  scheduler_.after(milliseconds(0), [this, connection] {
    if (connection == connection_ && is_ready()) acknowledge();
  });
}

void Client::welcome(std::string_view line) {
  life_ = oracle_.welcomes(life_, connections_, line);
  is_welcome_ = true;
  const auto words = words_of(line);
  const std::string_view resumed = words[4];
  const std::string_view received = words[6];
  if (received.empty()) {
    counts_ = {};  // of a new life, or nobody has counted
  } else if (!cluster_.lacks(Mutant::send_all_again)) {
    confirmed(received);
  }
  if (resumed == "rooms") {
    counts_.begin_again();
    oracle_.begins_again(life_, counts_.unconfirmed());
  }
  scheduler_.after(milliseconds(0), [this, connection = connection_] {
    if (connection == connection_ && is_online()) send_again();
  });
}

void Client::confirmed(std::string_view count) {
  if (!counts_.confirm(number_in(count)))
    oracle_.fail("more is confirmed than was said, or less than before");
}

void Client::send_again() {
  if (keeps()) acknowledge();
  for (const std::string& line : counts_.unconfirmed()) connection_->say(line);
  is_ready_ = true;
}

void Client::acknowledge() {
  connection_->say("a ack " + std::to_string(counts_.received()));
  if (!is_broken_) oracle_.confirms_welcome(life_);
}

void Client::say(const std::string& line) {
  if (keeps()) counts_.says(line);
  connection_->say(line);
}

void Client::stick() {
  connection_->stick();
  oracle_.stopped_reading(life_);
}

void Client::close() {
  if (is_broken_) return notice();
  oracle_.ends(life_);
  connection_->abandon();
  connection_->end(scheduler_, milliseconds(0), CloseReason::normal);
}

void Client::lose(milliseconds client_notices, milliseconds process_notices) {
  if (is_broken_) return;
  is_broken_ = true;
  connection_->break_behind(dice_.percent(50) ? 0 : dice_.below(4));
  oracle_.goes_offline(life_);
  connection_->end(scheduler_, process_notices, CloseReason::lost);
  if (client_notices.count() == 0) return notice();
  scheduler_.after(client_notices, [this, connection = connection_] {
    if (connection == connection_) notice();
  });
}

void Client::notice() {
  if (is_broken_) connection_->abandon();
}

// Whoever means the client to go away for good says so; everything else is only this connection's end.
void Client::closed(CloseReason reason) {
  if (!is_welcome_) return oracle_.is_refused(life_, reason);
  const bool is_sent_away = reason == CloseReason::going_away && cluster_.can_move();
  const bool may_go_on = (is_unintended(reason) || is_sent_away) && keeps();
  may_go_on ? oracle_.goes_offline(life_) : oracle_.is_closed(life_, reason);
}

}  // namespace signaling::simulation
