// A signaling server on socket.io with rooms and direct offers: what the vocabulary "rooms-mesh" of the library speaks,
// as it is commonly written for Node. With --log it tells of every event, as such servers do.
import { Server } from "socket.io";
import { listen, makeServer } from "./listen.mjs";

const log = process.argv.includes("--log") ? (...what) => console.error(...what) : () => {};
const server = makeServer();
const io = new Server(server, { cors: { origin: "*" } });

io.on("connection", (socket) => {
  log("connected", socket.id);
  socket.on("join_room", ({ roomName, personName }) => {
    log("join_room", socket.id, roomName, personName);
    socket.join(roomName);
    io.to(roomName).emit("user_joined", { personName, roomName, socketId: socket.id });
  });
  socket.on("leave_room", ({ roomName, personName }) => {
    log("leave_room", socket.id, roomName, personName);
    socket.leave(roomName);
    socket.to(roomName).emit("user_left", { personName, roomName, socketId: socket.id });
  });
  socket.on("message", ({ roomName, personName, content }) => {
    log("message", socket.id, roomName, personName, content);
    io.to(roomName).emit("message", { personName, content, timestamp: new Date().toUTCString() });
  });
  for (const event of ["offer", "answer"]) {
    socket.on(event, (description) => {
      log(event, description.fromPeer, description.toPeer);
      socket.to(description.toPeer).emit(event, description);
    });
  }
  socket.on("ice_candidate", (candidate) => {
    log("ice_candidate", candidate.fromPeer, candidate.toPeer);
    socket.to(candidate.toPeer).emit("ice-candidate", candidate);
  });
  socket.on("disconnect", () => log("disconnected", socket.id));
});

listen(server);
