// Joins a room in the words of "email-calls": who is there calls who comes. There is no event for candidates, so
// descriptions are sent when all of them are in.

import { connect, openConnection, query } from "./seed_page.js";

const socket = connect();
const connection = openConnection();

async function describe(description) {
  const pc = await connection;
  await pc.setLocalDescription(description);
  if (pc.iceGatheringState !== "complete") {
    await new Promise((resolve) => {
      pc.addEventListener("icegatheringstatechange", () => pc.iceGatheringState === "complete" && resolve());
    });
  }
  return pc.localDescription;
}

socket.on("connect", async () => {
  await connection;
  socket.emit("join_room", { roomID: query.get("room"), emailID: query.get("name") });
});

socket.on("joined_room", ({ roomID }) => (document.body.dataset.room = roomID));

socket.on("user_joined", async ({ emailID }) => {
  const offer = await describe(await (await connection).createOffer());
  socket.emit("call_user", { emailID, offer });
});

socket.on("incoming_call", async ({ from, offer }) => {
  const pc = await connection;
  await pc.setRemoteDescription(offer);
  socket.emit("call_accepted", { emailID: from, ans: await describe(await pc.createAnswer()) });
});

socket.on("call_accepted", async ({ ans }) => (await connection).setRemoteDescription(ans));
