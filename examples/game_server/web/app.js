// The page: lobby and match. What it shows is also in data attributes of the body, where tests read it: data-view,
// data-signaling, data-link, data-match, data-snapshots (how many came), data-late (how many were too old).

import { ArenaView } from "./arena-view.js";
import { Steering } from "./steering.js";
import { ServerLink } from "./server-link.js";
import { SignalingClient } from "./signaling.js";

const LOBBY = "lobby";
const STATUS = {
  closed: "Not connected",
  connecting: "Connecting…",
  open: "",
  waiting: "Connection lost, trying again…",
};

const byId = (id) => document.getElementById(id);
const roomOf = (code) => `match/${code}`;
const query = new URLSearchParams(location.search);

const client = new SignalingClient(signalingUrl());
const view = new ArenaView(byId("arena"));
const steering = new Steering(byId("arena"), () => view.ownPlace());
let match = null; // {code, room, link, channel, tick, roster}
let snapshots = 0;
let late = 0;

// The player's secret. It lives as long as the tab: who reloads is the same player.
function token() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const known = sessionStorage.getItem("token") ?? made;
  sessionStorage.setItem("token", known);
  return known;
}

function signalingUrl() {
  const url = new URL("/signaling", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("token", token());
  return url;
}

// ---- Lobby

async function enterLobby() {
  await untilDone(() => client.join(LOBBY));
}

// A request that is lost with the connection is made again on the next one.
async function untilDone(request) {
  for (;;) {
    await client.connect();
    try {
      return await request();
    } catch (error) {
      if (error.code !== "disconnected") throw error;
    }
  }
}

function showMatches(matches) {
  byId("matches").replaceChildren(...matches.map(matchEntry));
}

function matchEntry({ code, title, players, capacity }) {
  const entry = document.createElement("li");
  const text = document.createElement("span");
  text.append(title, muted(`${players} of ${capacity} playing`));
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.code = code;
  button.textContent = "Play";
  button.setAttribute("aria-label", `Play ${title}`);
  button.addEventListener("click", () => play(code));
  entry.append(text, button);
  return entry;
}

function muted(text) {
  const span = document.createElement("span");
  span.className = "muted";
  span.textContent = text;
  return span;
}

function createMatch() {
  const options = {
    title: byId("title").value.trim(),
    capacity: byId("capacity").valueAsNumber,
    listed: byId("listed").checked,
  };
  client.event("create", { to: LOBBY }, options).catch((error) => alertUser(error.message));
}

// ---- A match

async function play(code) {
  const name = byId("name").value.trim();
  if (match) return;
  if (!name) {
    alertUser("Choose a name first.");
    return byId("name").focus();
  }
  alertUser("");
  sessionStorage.setItem("name", name);
  const room = roomOf(code);
  const link = new ServerLink({ signaling: client, server: room });
  match = { code, room, link, channel: null, tick: -1, roster: [] };
  link.addEventListener("channel", ({ detail }) => takeChannel(detail));
  link.addEventListener("state", () => showLink());
  try {
    await untilDone(() => client.join(room, { name }));
    sessionStorage.setItem("match", code);
    showMatch();
  } catch (error) {
    endMatch();
    alertUser(error.message);
  }
}

function takeChannel(channel) {
  match.channel = channel;
  match.tick = -1;
  channel.onopen = channel.onclose = () => showLink();
  channel.onmessage = ({ data }) => takeSnapshot(channel, JSON.parse(data));
  showLink();
}

// States come unordered, and none is sent twice: what is older than what is shown is of no use.
function takeSnapshot(channel, snapshot) {
  if (channel !== match?.channel) return;
  if (snapshot.tick <= match.tick) {
    document.body.dataset.late = ++late;
    return;
  }
  match.tick = snapshot.tick;
  document.body.dataset.snapshots = ++snapshots;
  view.show(snapshot);
  showScores(snapshot.players);
  // In answer to each state, so as often as those come; a lost one matters no longer than until the next.
  channel.send(JSON.stringify(steering.direction()));
}

function leaveMatch() {
  client.leave(match.room).catch(() => {}); // the connection ends anyway
  endMatch();
}

function endMatch() {
  sessionStorage.removeItem("match");
  match?.link.close();
  match = null;
  view.clear();
  showLobby();
}

// ---- What is shown

function showLobby() {
  document.body.dataset.view = "lobby";
  delete document.body.dataset.match;
  byId("match").hidden = true;
  byId("lobby").hidden = false;
  showLink();
}

function showMatch() {
  document.body.dataset.view = "match";
  document.body.dataset.match = match.code;
  byId("match-code").textContent = match.code;
  byId("lobby").hidden = true;
  byId("match").hidden = false;
  byId("arena").focus();
}

function showLink() {
  const state = match?.channel?.readyState === "open" ? "open" : (match?.link.state ?? "new");
  document.body.dataset.link = state;
  byId("connecting").hidden = state === "open";
}

function showRoster(roster) {
  const before = new Map(match.roster.map(({ seat, name }) => [seat, name]));
  for (const { seat, name } of roster)
    if (match.roster.length > 0 && !before.has(seat)) notify(`${name} joined.`);
  for (const [seat, name] of before)
    if (!roster.some((player) => player.seat === seat)) notify(`${name} left.`);
  match.roster = roster;
  const own = roster.find(({ peer }) => peer === client.peer);
  view.setRoster(roster, own?.seat);
  byId("players").replaceChildren(...roster.map((player) => playerEntry(player, own)));
}

function playerEntry({ seat, name, captain, away }, own) {
  const entry = document.createElement("li");
  entry.dataset.seat = seat;
  entry.dataset.name = name;
  entry.dataset.away = away;
  entry.style.setProperty("--color", view.colorOf(seat));
  const label = document.createElement("span");
  label.textContent = name;
  const notes = [seat === own?.seat && "you", captain && "captain", away && "away"].filter(Boolean);
  if (notes.length > 0) label.append(muted(notes.join(", ")));
  const score = document.createElement("output");
  score.className = "score";
  score.setAttribute("aria-live", "off");
  score.textContent = "0";
  entry.append(label, score);
  if (own?.captain && seat !== own.seat) entry.append(kickButton(seat, name));
  return entry;
}

function kickButton(seat, name) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${name}`);
  button.addEventListener("click", () =>
    client.event("kick", { to: match.room }, { seat }).catch((error) => alertUser(error.message)),
  );
  return button;
}

function showScores(players) {
  for (const [seat, , , score] of players) {
    const output = byId("players").querySelector(`[data-seat="${seat}"] .score`);
    if (output && output.textContent !== String(score)) output.textContent = score;
  }
}

function notify(text) {
  byId("notice").textContent = text;
}

function alertUser(text) {
  byId("alert").textContent = text;
}

// ---- What the server says

client.addEventListener("state", ({ detail: { state } }) => {
  document.body.dataset.signaling = state;
  byId("status").textContent = STATUS[state];
});
client.addEventListener("event", ({ detail: { from, event, data } }) => {
  if (from === LOBBY && event === "matches") showMatches(data);
  if (from === LOBBY && event === "created") play(data.code);
  if (from === LOBBY && event === "refused") alertUser(data.reason);
  if (from === match?.room && event === "roster") showRoster(data);
});
// To the server a page that joins is a new one: it makes a new offer. A page that resumes its session does not join.
client.addEventListener("joined", ({ detail: { room } }) => room === match?.room && match.link.reset());
client.addEventListener("left", ({ detail: { room, reason } }) => {
  if (room !== match?.room || reason !== "kicked") return;
  endMatch();
  alertUser("You were removed from this match.");
});
client.addEventListener("error", ({ detail: { message, room } }) => {
  // The match could not be entered again, or the connection is over for good.
  if (match && (room === match.room || client.state === "closed")) endMatch();
  alertUser(message);
});

// ---- The document's own events

byId("join-form").addEventListener("submit", (event) => {
  event.preventDefault();
  play(byId("code").value.trim().toUpperCase());
});
byId("create-form").addEventListener("submit", (event) => {
  event.preventDefault();
  createMatch();
});
byId("leave").addEventListener("click", leaveMatch);
addEventListener("online", () => client.wake());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && client.wake());

setInterval(() => {
  byId("rate").textContent = snapshots - Number(byId("rate").dataset.before ?? 0);
  byId("rate").dataset.before = snapshots;
}, 1_000);

byId("name").value = query.get("name") ?? sessionStorage.getItem("name") ?? "";
byId("code").value = query.get("match") ?? "";
enterLobby().catch((error) => alertUser(error.message));
const lastMatch = sessionStorage.getItem("match");
if (lastMatch && byId("name").value) play(lastMatch);
