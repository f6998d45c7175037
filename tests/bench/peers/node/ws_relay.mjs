// A plain relay on ws: "J room" joins, "L" leaves, everything else goes to the others in the room.
import { WebSocketServer } from "ws";
import { listen, makeServer } from "./listen.mjs";

const server = makeServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
const rooms = new Map();

function leave(socket) {
  const members = rooms.get(socket.room);
  members?.delete(socket);
  if (members?.size === 0) rooms.delete(socket.room);
  socket.room = undefined;
}

function join(socket, room) {
  leave(socket);
  socket.room = room;
  if (!rooms.has(room)) rooms.set(room, new Set());
  rooms.get(room).add(socket);
}

sockets.on("connection", (socket) => {
  socket.on("message", (data) => {
    const text = data.toString();
    if (text.startsWith("J ")) {
      join(socket, text.slice(2));
      socket.send("J");
    } else if (text === "L") {
      leave(socket);
      socket.send("L");
    } else {
      for (const other of rooms.get(socket.room) ?? []) if (other !== socket) other.send(text);
    }
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => leave(socket));
});

listen(server);
