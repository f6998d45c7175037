// The page: lobby, call, controls and status. What it shows is also in data attributes of the document (body:
// data-view, data-signaling; tiles: data-peer, data-state, data-away, data-frames), where tests read it.

import { Call } from "./call.js";
import { ChatPanel } from "./chat.js";
import { openMedia } from "./media.js";
import { nameOf } from "./people.js";
import { SignalingClient } from "./signaling.js";
import { TileGrid } from "./tiles.js";

const STATUS = {
  closed: "",
  connecting: "Connecting…",
  open: "Connected",
  waiting: "Connection lost, trying again…",
};
const MISSED = "Reconnected. Some messages to you were lost.";
const NEW_PEER = {
  expired: "You were away for too long, and have joined again.",
  restarted: "The server was restarted. You have joined again.",
};
const NOTICE_MS = 5_000;
const SELF = "self";

const byId = (id) => document.getElementById(id);
const wide = matchMedia("(min-width: 60rem)");
const query = new URLSearchParams(location.search);

const client = new SignalingClient(signalingUrl());
const tiles = new TileGrid(byId("tiles"), byId("tile"));
const chat = new ChatPanel({
  log: byId("messages"),
  empty: byId("chat-empty"),
  form: byId("chat-form"),
  input: byId("chat-input"),
  onSend: sendChat,
});
let session = null; // while joining and in a call: {name, room, call, media, camera, mic}
let unread = 0;

function signalingUrl() {
  const url = new URL("/signaling", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url;
}

// ---- Joining and leaving

async function join(name, room) {
  setJoining(true);
  try {
    const media = await openMedia({ name, forceCanvas: query.get("media") === "canvas" });
    session = {
      name,
      room,
      media,
      camera: true,
      mic: media.hasAudio,
      call: new Call(client, room, media.stream),
    };
    byId("cancel").hidden = false;
    listenTo(session.call);
    await enterRoom(session.call);
    showCall();
  } catch (error) {
    endSession();
    if (error.code !== "closed") alertUser(`Could not join: ${error.message}`); // closed by Cancel
  } finally {
    setJoining(false);
  }
}

async function enterRoom(call) {
  for (;;) {
    await client.connect();
    try {
      return await call.join(metadata());
    } catch (error) {
      if (error.code !== "disconnected") throw error;
    }
  }
}

function metadata() {
  const { name, camera, mic } = session;
  return { name, camera, mic };
}

function leave() {
  client.leave(session.room).catch(() => {}); // the connection ends anyway
  endSession();
  showLobby();
}

function endSession() {
  session?.call.close();
  session?.media.stop();
  session = null;
  client.close();
  tiles.clear();
  chat.clear();
}

function listenTo(call) {
  call.addEventListener("peer", ({ detail: member }) => showMember(member));
  call.addEventListener("peer-removed", ({ detail: member }) => {
    tiles.remove(member.id);
    showWhetherAlone();
  });
  call.addEventListener("chat", ({ detail: { from, text } }) => {
    chat.add({ name: nameOf(from.metadata), text });
    if (byId("chat").hidden) showUnread(unread + 1);
  });
  call.addEventListener("problem", ({ detail: error }) =>
    alertUser(`A connection has a problem: ${error.message}`),
  );
}

// ---- People

function showMember({ id, metadata, away, link }) {
  const { state, wasConnected, stream } = link;
  const { camera = true, mic = true } = metadata ?? {};
  tiles.set({ id, name: nameOf(metadata), state, wasConnected, away, stream, camera, mic });
  showWhetherAlone();
}

function showSelf() {
  const { name, camera, mic, media } = session;
  const { stream, kind } = media;
  tiles.set({
    id: SELF,
    name,
    state: "connected",
    stream,
    camera,
    mic,
    self: true,
    mirrored: kind === "camera",
  });
}

function showWhetherAlone() {
  byId("alone").hidden = byId("tiles").childElementCount > 1;
}

// ---- Views

function showCall() {
  const { room, media } = session;
  document.body.dataset.view = "call";
  document.title = `${room} – video call`;
  byId("title").textContent = room;
  byId("lobby").hidden = true;
  byId("call").hidden = false;
  history.replaceState(null, "", addressOf(room, { keep: query }));
  showSelf();
  byId("tiles").prepend(byId("tiles").querySelector("[data-self]"));
  showWhetherAlone();
  showControls();
  openChat(wide.matches);
  byId("title").focus();
  if (media.kind === "canvas" && query.get("media") !== "canvas")
    notify("No camera: you are shown as a drawing.");
}

function showLobby() {
  document.body.dataset.view = "lobby";
  document.title = "Video call";
  byId("title").textContent = "";
  byId("call").hidden = true;
  byId("lobby").hidden = false;
  byId("join").focus();
}

function setJoining(joining) {
  byId("join").disabled = joining;
  byId("join").textContent = joining ? "Joining…" : "Join";
  byId("cancel").hidden = true;
}

function showControls() {
  const { camera, mic, media } = session;
  byId("mic").disabled = !media.hasAudio;
  byId("mic").title = media.hasAudio ? "" : "There is no microphone";
  byId("mic").setAttribute("aria-pressed", mic);
  byId("camera").setAttribute("aria-pressed", camera);
}

// ---- Controls

function toggle(device) {
  session[device] = !session[device];
  const { media, call } = session;
  const tracks = device === "mic" ? media.stream.getAudioTracks() : media.stream.getVideoTracks();
  for (const track of tracks) track.enabled = session[device];
  showControls();
  showSelf();
  call.update(metadata()).catch(() => {}); // if the session ends: told when the room is joined again
}

function sendChat(text) {
  session.call.sendChat(text);
  chat.add({ name: session.name, text, self: true });
}

function openChat(open) {
  byId("chat").hidden = !open;
  byId("chat-toggle").setAttribute("aria-expanded", open);
  if (!open) return;
  showUnread(0);
  chat.scrollToEnd();
}

function showUnread(count) {
  unread = count;
  byId("unread").hidden = count === 0;
  byId("unread").textContent = count > 99 ? "99+" : String(count);
  byId("chat-toggle").setAttribute("aria-label", count === 0 ? "Chat" : `Chat, ${count} unread`);
}

function addressOf(room, { keep = new URLSearchParams() } = {}) {
  const url = new URL(location.pathname, location.href);
  url.search = new URLSearchParams([...keep].filter(([key]) => key !== "room"));
  url.searchParams.set("room", room);
  return url.href;
}

async function copyLink() {
  const link = addressOf(session.room);
  try {
    await navigator.clipboard.writeText(link);
    notify("Link copied.");
  } catch {
    prompt("Copy this link:", link); // the clipboard is closed to pages that did not come over HTTPS
  }
}

// ---- Status, notices and errors

function missed(count) {
  return `Reconnected. ${count === 1 ? "A message to you was" : `${count} messages to you were`} lost.`;
}

function notify(text) {
  showNotice(byId("notices"), text);
}

function alertUser(text) {
  showNotice(byId("alerts"), text);
}

function showNotice(region, text) {
  const notice = document.createElement("p");
  notice.textContent = text;
  region.append(notice);
  if (region.childElementCount > 3) region.firstElementChild.remove();
  setTimeout(() => notice.remove(), NOTICE_MS);
}

client.addEventListener("state", ({ detail: { state } }) => {
  document.body.dataset.signaling = state;
  if (byId("status-text").textContent !== STATUS[state]) byId("status-text").textContent = STATUS[state];
});
client.addEventListener("resumed", ({ detail: { resumed, lost, reason } }) => {
  if (!session) return;
  if (resumed === "none") notify(NEW_PEER[reason] ?? "You have joined again.");
  else if (resumed === "rooms" && lost !== 0) notify(lost ? missed(lost) : MISSED);
});
client.addEventListener("error", ({ detail: { message, room } }) => {
  // The room could not be joined again, or the connection is over for good.
  if (session && (room === session.room || client.state === "closed")) leave();
  alertUser(message);
});
client.addEventListener("left", ({ detail: { reason, message } }) => {
  if (!session || reason !== "kicked") return;
  leave();
  alertUser(message ? `You were removed from the room: ${message}` : "You were removed from the room.");
});
client.addEventListener("peer-joined", ({ detail: { peer } }) => notify(`${nameOf(peer.metadata)} joined.`));
// Registered before any Call registers, so the member is still known.
client.addEventListener("peer-left", ({ detail: { peer } }) => {
  const member = session?.call.member(peer);
  if (member) notify(`${nameOf(member.metadata)} left.`);
});

// ---- The document's own events

byId("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = byId("name").value.trim();
  const room = byId("room").value.trim();
  if (name && room && !session) join(name, room);
});
byId("cancel").addEventListener("click", () => client.close());
byId("leave").addEventListener("click", leave);
byId("mic").addEventListener("click", () => toggle("mic"));
byId("camera").addEventListener("click", () => toggle("camera"));
byId("copy-link").addEventListener("click", copyLink);
byId("chat-toggle").addEventListener("click", () => {
  openChat(byId("chat").hidden);
  if (!byId("chat").hidden) byId("chat-input").focus();
});
byId("chat-close").addEventListener("click", closeChat);
byId("chat").addEventListener("keydown", (event) => event.key === "Escape" && closeChat());
function closeChat() {
  openChat(false);
  byId("chat-toggle").focus();
}

addEventListener("online", () => client.wake());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && client.wake());
// A page that is put aside for the Back button would otherwise stay in the room.
addEventListener("pagehide", () => session && leave());

byId("room").value = query.get("room") ?? `room-${Math.random().toString(36).slice(2, 6)}`;
byId("name").value = query.get("name") ?? "";
byId(byId("name").value ? "join" : "name").focus();
