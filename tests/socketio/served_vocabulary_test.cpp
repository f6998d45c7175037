// A namespace that speaks a vocabulary: its protocols get events, its encoder writes packets.
#include <doctest/doctest.h>

#include "signaling/socketio/vocabularies.hpp"
#include "socketio/server_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

namespace {

class TinyEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    if (const auto* welcome = std::get_if<event::Welcome>(&event)) {
      frames.push_back(encode_connect("/tiny", welcome->peer));
    } else if (const auto* error = std::get_if<event::Error>(&event)) {
      frames.push_back(encode_connect_error("/tiny", to_string(error->code)));
    }
  }
};

/// Answers each event with itself, and how many attachments it has, if any; to `bye` it says goodbye.
class TinyProtocol final : public Protocol {
 public:
  std::string_view name() const noexcept override { return "tiny"; }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    if (BinaryEvent event; message.kind == MessageKind::binary && unpack(message.bytes, event)) {
      const std::string answer = std::to_string(event.attachments.size()) + "," + std::string(event.event);
      commands.emplace_back(
          command::Reply{{encode_event({PacketType::event, "/tiny", {}, 0}, "you-sent", answer)}});
    } else if (message.bytes == R"(["bye"])") {
      commands.emplace_back(command::Goodbye{});
    } else if (message.bytes == R"(["wrong"])") {
      commands.emplace_back(command::Invalid{});
    } else {
      commands.emplace_back(
          command::Reply{{encode_event({PacketType::event, "/tiny", {}, 0}, "you-said", message.bytes)}});
    }
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<TinyEncoder>();
    return shared;
  }
};

class TinyVocabulary final : public Vocabulary {
 public:
  std::string_view name() const noexcept override { return "tiny"; }
  std::unique_ptr<Protocol> make_protocol() const override { return std::make_unique<TinyProtocol>(); }
};

/// One client in the namespace `/tiny`.
struct TinyScript : ServerScript {
  explicit TinyScript(RouterOptions options = {}) : ServerScript({}, std::move(options)) {
    server.of("/tiny")
        .serve(std::make_shared<TinyVocabulary>())
        .use([](const SocketPtr&, const Next&) { FAIL("no handlers here"); })
        .on_connection([](const SocketPtr&) { FAIL("no handlers here"); });
    session = &ServerScript::session();
  }
  Lines say(std::string_view packet) {
    ServerScript::say(*session, packet);
    return session->heard();
  }
  FakeSession* session = nullptr;
};

}  // namespace

TEST_CASE("Vocabulary: its protocol gets the array of each event, its frames go out as they are") {
  TinyScript script;
  CHECK(script.say("0/tiny,").front().starts_with(R"(0/tiny,{"sid":")"));
  CHECK(script.say(R"(2/tiny,["a", {"b" : 1}])") == Lines{R"(2/tiny,["you-said",["a", {"b" : 1}]])"});
  CHECK(script.say(R"(2/tiny,12["a"])") == Lines{R"(2/tiny,["you-said",["a"]])"});
}

TEST_CASE("Vocabulary: an event with attachments is a binary message") {
  TinyScript script;
  script.say("0/tiny,");
  script.say(R"(51-/tiny,["a",{"_placeholder":true,"num":0}])");
  script.session->say_binary("x");
  script.run();
  CHECK(script.session->heard() == Lines{R"(2/tiny,["you-sent",1,["a",{"_placeholder":true,"num":0}]])"});
}

TEST_CASE("Vocabulary: acknowledgements are passed over") {
  TinyScript script;
  script.say("0/tiny,");
  CHECK(script.say(R"(3/tiny,1[])").empty());
  CHECK(script.say(R"(2/tiny,["b"])") == Lines{R"(2/tiny,["you-said",["b"]])"});
}

TEST_CASE("Vocabulary: an error is a CONNECT_ERROR before the client is in, and none after") {
  class NobodyPolicy final : public Policy {
   public:
    void authenticate(const ConnectInfo&, Callback<void(Admission)> done) override {
      Admission admission;
      admission.decision = Decision::refuse("no");
      done(admission);
    }
  };
  TinyScript open;
  open.say("0/tiny,");
  CHECK(open.say(R"(2/tiny,["wrong"])").empty());
  CHECK(open.say(R"(2/tiny,["a"])").size() == 1);

  RouterOptions options;
  options.policy = std::make_shared<NobodyPolicy>();
  TinyScript closed(options);
  CHECK(closed.say("0/tiny,") == Lines{R"(4/tiny,{"message":"forbidden"})"});
}

TEST_CASE("Vocabulary: a client that is not admitted gets CONNECT_ERROR with the reason, whatever the code") {
  struct RefusingPolicy final : Policy {
    errc code = errc::ok;
    void authenticate(const ConnectInfo&, Callback<void(Admission)> done) override {
      Admission admission;
      admission.decision = Decision::refuse("Not today.", code);
      done(admission);
    }
  };
  for (const errc code : {errc::unauthorized, errc::forbidden, errc::rate_limited, errc::room_full,
                          errc::overloaded, errc::expired, errc::messages_lost, errc::internal}) {
    CAPTURE(to_string(code));
    const auto policy = std::make_shared<RefusingPolicy>();
    policy->code = code;
    RouterOptions options;
    options.policy = policy;
    ServerScript script({}, options);
    script.server.of("/").serve(Vocabulary::make("rooms-mesh"));
    FakeSession& session = script.session();
    script.say(session, "0");
    CHECK(session.heard() == Lines{R"(4{"message":"Not today."})"});
  }
}

TEST_CASE("Vocabulary: an error that comes when the client is in is an event, and no CONNECT_ERROR") {
  ServerScript script;
  script.server.of("/").serve(Vocabulary::make("rooms-mesh"));
  FakeSession& session = script.client("ada");
  script.router.find_peer("ada")->close(CloseReason::expired);
  script.run();
  CHECK(session.heard().front().starts_with(R"(2["error",{"code":"expired")"));
}

TEST_CASE("Vocabulary: a client is told why a host kicks it, as an error ahead of the DISCONNECT") {
  ServerScript script;
  script.server.of("/").serve(Vocabulary::make("rooms-mesh"));
  FakeSession& session = script.client("ada");
  const auto ada = script.router.find_peer("ada");
  ada->join("r");
  script.run();
  (void)session.heard();
  ada->kick("r", "Be kind.");
  script.run();
  CHECK(session.heard() == Lines{R"(2["error",{"code":"kicked","message":"Be kind."}])"});
  ada->join("r");
  script.run();
  (void)session.heard();
  ada->kick("r");
  script.run();
  CHECK(session.heard().empty());
  ada->close(CloseReason::kicked, "Enough.");
  script.run();
  CHECK(session.heard() == Lines{R"(2["error",{"code":"kicked","message":"Enough."}])", "1"});
}

TEST_CASE("Vocabulary: a goodbye is a DISCONNECT") {
  TinyScript script;
  script.say("0/tiny,");
  CHECK(script.say(R"(2/tiny,["bye"])") == Lines{"1/tiny,"});
  CHECK(script.router.stats().peers == 0);
}

TEST_CASE("Vocabulary: those that ship are served on namespaces of their own") {
  ServerScript script;
  for (const std::string_view name : vocabulary_names()) {
    const std::string nsp = "/" + std::string(name);
    script.server.of(nsp).serve(Vocabulary::make(name, nsp));
    FakeSession& client = script.session();
    script.say(client, "0" + nsp + ",");
    CHECK(client.heard().front().starts_with("0" + nsp + R"(,{"sid":")"));
  }
}
