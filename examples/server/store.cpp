#include "store.hpp"

#include <stdexcept>
#include <utility>

#include "options.hpp"

#ifdef SIGNALING_WITH_REDIS
#include "signaling/redis/redis_store.hpp"
#endif

namespace {

#ifdef SIGNALING_WITH_REDIS
Store make_redis_store(const Options& options, boost::asio::any_io_executor executor,
                       std::shared_ptr<signaling::LogSink> log) {
  signaling::redis::RedisOptions redis;
  redis.url = options.store;
  redis.executor = std::move(executor);
  redis.ca_file = options.store_ca;
  redis.max_queued_bytes = options.store_max_queued_bytes;
  redis.max_inbox_entries = options.store_max_inbox_entries;
  if (options.store_required) redis.when_away = signaling::redis::WhenAway::refuse;
  redis.log = std::move(log);
  auto store = std::make_shared<signaling::redis::RedisStore>(std::move(redis));
  return {store, [store] { return store->health().ready(); },
          [store] { return signaling::redis::metrics_of(store->health()); },
          [store](signaling::Callback<void()> done) { store->async_stop(std::move(done)); }};
}
#else
Store make_redis_store(const Options& /*options*/, const boost::asio::any_io_executor& /*executor*/,
                       const std::shared_ptr<signaling::LogSink>& /*log*/) {
  throw std::invalid_argument("--store: this program was built without Redis");
}
#endif

}  // namespace

Store make_store(const Options& options, boost::asio::any_io_executor executor,
                 std::shared_ptr<signaling::LogSink> log) {
  if (options.store == "memory") return {};
  if (options.store.starts_with("redis://") || options.store.starts_with("rediss://")) {
    return make_redis_store(options, std::move(executor), std::move(log));
  }
  // Not the URL itself: there may be a password in it.
  throw std::invalid_argument("--store is neither memory nor a redis:// or rediss:// URL");
}
