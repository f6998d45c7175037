// What docs/dialects.md promises of clients of PeerJS and of Socket.IO in one room.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "signaling/protocols/peerjs.hpp"
#include "socketio/vocabularies/vocabulary_world.hpp"

namespace signaling::socketio {
namespace {

using namespace test;

TEST_CASE("interop: a client of PeerJS and one of rooms-mesh call each other") {
  VocabularyWorld world("rooms-mesh");
  const protocols::Peerjs peerjs([&world](std::string_view name) { return world.router.find_room(name); });
  auto mesh = world.client("mia");
  mesh->say(R"(["join_room",{"roomName":"peerjs/everybody","personName":"Mia"}])");
  mesh->forget();
  ConnectInfo info;
  info.target = "/peerjs?key=peerjs&id=noa&token=t";
  ProtocolClient page(world, peerjs.make(info), "n1");
  CHECK(page.heard() == Lines{R"({"type":"OPEN"})"});
  CHECK(mesh->heard().size() == 1);  // user_joined, without a name

  mesh->say(R"(["offer",{"offer":{"type":"offer","sdp":"v=0"},"fromPeer":"mia","toPeer":"n1"}])",
            R"(["ice_candidate",{"iccCandidate":{"candidate":"c"},"fromPeer":"mia","toPeer":"n1"}])",
            R"(["message",{"roomName":"peerjs/everybody","personName":"Mia","content":"hi"}])");
  const std::string start = R"(","src":"peer:mia","dst":"noa","payload":)";
  CHECK(page.heard() ==
        Lines{R"({"type":"OFFER)" + start +
                  R"({"sdp":{"type":"offer","sdp":"v=0"},"type":"data","connectionId":"dc_peer:mia",)"
                  R"("metadata":null,"label":"peer:mia","reliable":true,"serialization":"raw"}})",
              R"({"type":"CANDIDATE)" + start +
                  R"({"candidate":{"candidate":"c"},"type":"data","connectionId":"dc_peer:mia"}})"});
  mesh->forget();
  page.say(
      R"({"type":"ANSWER","dst":"peer:mia","payload":{"sdp":{"sdp":"v=1"},"connectionId":"dc_peer:mia"}})");
  CHECK(mesh->heard() == Lines{R"(42["answer",{"answer":{"sdp":{"sdp":"v=1"},"connectionId":"dc_peer:mia"},)"
                               R"("fromPeer":"n1","toPeer":"mia"}])"});
}

}  // namespace
}  // namespace signaling::socketio
