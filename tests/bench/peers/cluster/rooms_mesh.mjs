// One node of several: socket.io with its Redis adapter, as its manual says, and the direct offers of
// ../node/rooms_mesh.mjs.
//
// node rooms_mesh.mjs REDIS-URL
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";
import { listen, makeServer } from "../node/listen.mjs";

const publisher = createClient({ url: process.argv[2] });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);
const server = makeServer();
const io = new Server(server, { adapter: createAdapter(publisher, subscriber), cors: { origin: "*" } });

io.on("connection", (socket) => {
  socket.on("join_room", ({ roomName, personName }) => {
    socket.join(roomName);
    io.to(roomName).emit("user_joined", { personName, roomName, socketId: socket.id });
  });
  socket.on("offer", (offer) => socket.to(offer.toPeer).emit("offer", offer));
});

listen(server);
