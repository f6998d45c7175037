#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "counted.hpp"
#include "world.hpp"

namespace {

using bench::Pipe;
using bench::World;

using Pipes = std::vector<std::unique_ptr<Pipe>>;

// Pairs, each in a room of its own: what one message costs must not depend on how many there are.
Pipes pairs(World& world, std::size_t peers, std::string_view keep) {
  Pipes pipes;
  for (std::size_t i = 0; i < peers; ++i) pipes.push_back(world.join("room" + std::to_string(i / 2), keep));
  return pipes;
}

enum class Sessions { no, yes };

// `talking` of the peers do, in turn; `batch` messages arrive before the loop hands on what has gathered.
void route(benchmark::State& state, std::size_t talking, std::size_t batch,
           Sessions sessions = Sessions::no) {
  World world;
  const bool has_sessions = sessions == Sessions::yes;
  const Pipes pipes = pairs(world, static_cast<std::size_t>(state.range(0)), has_sessions ? "60" : "");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < pipes.size(); ++i)
    texts.push_back(bench::message("to", pipes[i ^ 1U]->id(), 200));
  std::size_t next = 0;
  {
    const bench::Counted counted(state, batch);
    world.repeat([&] {
      if (!state.KeepRunning()) return false;
      for (std::size_t i = 0; i < batch; ++i) pipes[next]->say(texts[next]);
      if (has_sessions) pipes[next]->confirm();
      next = (next + 7919) % talking;
      return true;
    });
  }
  std::size_t heard = 0;
  for (const auto& pipe : pipes) heard += pipe->heard();
  if (heard < static_cast<std::size_t>(state.iterations()) * batch)
    state.SkipWithError("messages are missing");
}

// All talk: beyond some thousands, each message finds what it touches outside the processor's caches.
void route_message(benchmark::State& state) {
  route(state, static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
}
BENCHMARK(route_message)
    ->ArgNames({"peers", "batch"})
    ->Args({2, 1})
    ->Args({2, 16})
    ->Args({10, 1})
    ->Args({100, 1})
    ->Args({1000, 1});
BENCHMARK(route_message)
    ->ArgNames({"peers", "batch"})
    ->Args({10000, 1})
    ->Args({100000, 1})
    ->Args({100000, 16})
    ->Iterations(200000);

// The same of clients with sessions: both sides count and confirm, and what is not confirmed is kept. A timer runs then,
// so each look for what is ready is a system call, which a server with sockets makes anyway.
void route_with_sessions(benchmark::State& state) {
  route(state, static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)),
        Sessions::yes);
}
BENCHMARK(route_with_sessions)
    ->ArgNames({"peers", "batch"})
    ->Args({2, 1})
    ->Args({2, 16})
    ->Args({10, 1})
    ->Args({100, 1})
    ->Args({1000, 1});

// A few talk, the others are only there: what the number of peers itself costs.
void route_among(benchmark::State& state) { route(state, std::min<std::size_t>(64, state.range(0)), 1); }
BENCHMARK(route_among)->ArgName("peers")->RangeMultiplier(10)->Range(10, 100000)->Iterations(200000);

void join_and_leave(benchmark::State& state) {
  World world;
  Pipes pipes;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    pipes.push_back(std::make_unique<Pipe>(world.router, world.io, world.json.make()));
  for (std::size_t i = 0; i < pipes.size(); ++i) pipes[i]->say("{\"type\":\"join\",\"room\":\"room\"}");
  world.run();
  Pipe guest(world.router, world.io, world.json.make());
  world.run();
  const bench::Counted counted(state);
  world.repeat([&] {
    if (!state.KeepRunning()) return false;
    guest.say(R"({"type":"join","room":"room"})");
    guest.say(R"({"type":"leave","room":"room"})");
    return true;
  });
}
BENCHMARK(join_and_leave)->ArgName("members")->Arg(10)->Arg(100)->Arg(1000)->Iterations(2000);

// Peers that come and go in rooms of ten, among more and more such rooms.
void join_among(benchmark::State& state) {
  World world;
  Pipes pipes;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    pipes.push_back(world.join("room" + std::to_string(i / 10)));
  Pipe guest(world.router, world.io, world.json.make());
  world.run();
  const bench::Counted counted(state);
  world.repeat([&] {
    if (!state.KeepRunning()) return false;
    guest.say(R"({"type":"join","room":"room0"})");
    guest.say(R"({"type":"leave","room":"room0"})");
    return true;
  });
}
BENCHMARK(join_among)->ArgName("peers")->Arg(10)->Arg(1000)->Arg(10000)->Arg(100000)->Iterations(20000);

void broadcast(benchmark::State& state) {
  World world;
  Pipes pipes;
  for (std::int64_t i = 0; i < state.range(0); ++i) pipes.push_back(world.join("room"));
  const std::string text = bench::message("room", "room", 200);
  const bench::Counted counted(state, pipes.size() - 1);
  world.repeat([&] {
    if (!state.KeepRunning()) return false;
    pipes.front()->say(text);
    return true;
  });
}
BENCHMARK(broadcast)->ArgName("members")->Arg(10)->Arg(100)->Arg(1000);

}  // namespace

BENCHMARK_MAIN();
