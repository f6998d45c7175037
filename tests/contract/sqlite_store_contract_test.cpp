// The store of examples/custom_store.
#include <filesystem>
#include <stdexcept>
#include <string>

#include "../examples/custom_store/sqlite_store.hpp"
#include "contract/store_run.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

struct TemporaryFile {
  TemporaryFile() {
    std::string name = (std::filesystem::temp_directory_path() / "signaling-store-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder = name;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove_all(folder); }
  std::string path() const { return (folder / "rooms.db").string(); }
  std::filesystem::path folder;
};

class SqliteFixture final : public StateStoreFixture {
 public:
  std::shared_ptr<StateStore> make_node(const NodeId& /*node*/) override { return store_; }

 private:
  TemporaryFile file_;
  std::shared_ptr<StateStore> store_ = std::make_shared<SqliteStore>(file_.path());
};

/// A process: one router on the file, until it ends.
struct Life {
  explicit Life(const std::string& path, std::chrono::seconds keep = std::chrono::hours(1))
      : store(std::make_shared<SqliteStore>(path, keep)) {
    RouterOptions options;
    options.store = store;
    world.emplace(std::move(options));
  }
  /// As a restart does it.
  void end() {
    store->freeze();
    world.reset();
    store.reset();
  }
  Lines hear(ScriptClient& client) {
    world->run();
    return client.heard();
  }
  /// What a client gets that comes with this id and secret.
  Lines greet(const std::string& id, const std::string& resume = {}) {
    const auto client = world->client(id, resume);
    return hear(*client);
  }
  std::shared_ptr<SqliteStore> store;
  std::optional<ScriptWorld> world;
};

/// Claims directly, to know the secret.
Epoch claim(StateStore& store, const std::string& node, const std::string& secret,
            const std::string& resume = {}) {
  Epoch claimed = 0;
  store.claim({node, "ada", secret, resume},
              [&](std::error_code error, Epoch epoch) { claimed = error ? 0 : epoch; });
  return claimed;
}

}  // namespace

TEST_CASE("store of examples/custom_store: keeps the contract") {
  const auto outcomes = run_state_store_contract<SqliteFixture>();
  CHECK(outcomes.at(Outcome::skipped) ==
        15);  // its nodes do not fail one by one, and its members do not move
}

TEST_CASE("store of examples/custom_store: a room's version goes on after a restart, its members have left") {
  const TemporaryFile file;
  Life first(file.path());
  {
    const auto a = first.world->client("a");
    const auto b = first.world->client("b");
    a->say("join r");
    b->say("join r");
    CHECK(first.hear(*a) == Lines{"welcome a", "joined r v1 []", "+peer r v2 b"});
    first.store->freeze();  // before the clients are gone
  }
  first.end();
  Life second(file.path());
  CHECK(second.store->rooms() == std::vector<std::pair<RoomId, Version>>{{"r", 4}});
  const auto c = second.world->client("c");
  c->say("join r");
  CHECK(second.hear(*c) == Lines{"welcome c", "joined r v5 []"});
}

TEST_CASE("store of examples/custom_store: after a restart an id is its client's alone, by its secret") {
  const TemporaryFile file;
  Epoch before = 0;
  {
    SqliteStore store(file.path());
    before = claim(store, "n1", "secret");
    CHECK(before != 0);
    store.freeze();
    store.close("n1");
  }
  {
    Life second(file.path());
    CHECK(second.greet("ada") == Lines{"error id_in_use"});
    CHECK(second.greet("ada", "guess") == Lines{"error id_in_use"});
    CHECK(second.greet("ada", "secret") == Lines{"welcome ada"});
  }
  SqliteStore third(file.path());
  CHECK(claim(third, "n3", "x") > before);  // that client left, and the router ended in order
}

TEST_CASE("store of examples/custom_store: an id is kept no longer than it should be") {
  const TemporaryFile file;
  {
    SqliteStore store(file.path());
    CHECK(claim(store, "n1", "secret") != 0);
    store.freeze();
  }
  { const SqliteStore store(file.path(), std::chrono::seconds(-10)); }
  SqliteStore store(file.path());
  CHECK(claim(store, "n2", "x") != 0);
}

TEST_CASE("store of examples/custom_store: a file that is none is an error at the start") {
  CHECK_THROWS_AS(SqliteStore("/nowhere/rooms.db"), DatabaseError);
}
