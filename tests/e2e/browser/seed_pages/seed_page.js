// What the pages of this folder share. The query says where the server is and how to reach it: `server`, `transport`,
// `namespace`, `credentials`. What happens is told in data-… attributes of the body.

/* global io */

export const query = new URLSearchParams(location.search);
const state = document.body.dataset;

export function connect() {
  const transport = query.get("transport");
  const socket = io((query.get("server") ?? "") + (query.get("namespace") ?? "/"), {
    ...(transport && { transports: [transport] }),
    withCredentials: query.has("credentials"),
    reconnection: false,
  });
  socket.on("connect_error", ({ message }) => (state.signaling = message));
  socket.on("disconnect", (reason) => (state.signaling = reason));
  socket.on("connect", () => (state.signaling = "open"));
  socket.io.engine.on("upgrade", ({ name }) => (state.transport = name));
  state.transport = transport ?? "";
  return socket;
}

let camera;
export function openCamera() {
  camera ??= navigator.mediaDevices.getUserMedia({ video: { width: 320, height: 240 } });
  return camera;
}

/** A connection that sends the camera; what comes from the other side is shown, and its frames are counted. */
export async function openConnection() {
  const connection = new RTCPeerConnection();
  const stream = await openCamera();
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  connection.addEventListener("track", ({ streams }) => show(connection, streams[0]));
  connection.addEventListener("connectionstatechange", () => (state.connection = connection.connectionState));
  return connection;
}

function show(connection, stream) {
  const video = document.querySelector("video");
  video.srcObject = stream;
  let frames = 0;
  const count = async () => {
    state.shown = String(++frames);
    for (const [, { type, framesDecoded }] of await connection.getStats())
      if (type === "inbound-rtp") state.decoded = String(framesDecoded);
    video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback(count);
}
