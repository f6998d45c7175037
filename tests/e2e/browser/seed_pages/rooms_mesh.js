// Joins a room in the words of "rooms-mesh": who is there calls who comes, and both trickle. Candidates that come before
// there is a connection are lost, as with the clients of that project; so the call depends on those of the other side.

import { connect, openCamera, openConnection, query } from "./seed_page.js";

const socket = connect();
const roomName = query.get("room");
const personName = query.get("name");
const connections = new Map();

async function connectionTo(peer) {
  const connection = await openConnection();
  connections.set(peer, connection);
  connection.addEventListener("icecandidate", ({ candidate }) => {
    if (candidate) socket.emit("ice_candidate", { iccCandidate: candidate, fromPeer: socket.id, toPeer: peer });
  });
  return connection;
}

socket.on("connect", async () => {
  await openCamera();
  socket.emit("join_room", { roomName, personName });
});

socket.on("user_joined", async ({ socketId, personName: name }) => {
  document.body.dataset.people = `${document.body.dataset.people ?? ""}${name};`;
  if (socketId === socket.id) return;
  const connection = await connectionTo(socketId);
  const offer = await connection.createOffer();
  await connection.setLocalDescription(offer);
  socket.emit("offer", { offer, fromPeer: socket.id, toPeer: socketId });
});

socket.on("offer", async ({ offer, fromPeer }) => {
  const connection = await connectionTo(fromPeer);
  await connection.setRemoteDescription(offer);
  const answer = await connection.createAnswer();
  await connection.setLocalDescription(answer);
  socket.emit("answer", { answer, fromPeer: socket.id, toPeer: fromPeer });
});

socket.on("answer", ({ answer, fromPeer }) => connections.get(fromPeer).setRemoteDescription(answer));

socket.on("ice_candidate", ({ iccCandidate, fromPeer }) => connections.get(fromPeer)?.addIceCandidate(iccCandidate));

socket.on("user_left", ({ socketId, personName: name }) => {
  document.body.dataset.gone = name;
  connections.get(socketId)?.close();
});
