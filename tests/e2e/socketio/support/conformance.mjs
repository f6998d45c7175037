// The host that the published suites of Engine.IO and Socket.IO expect.

/** With times that a busy machine keeps: the suites' own leave a client 200 ms for its pong. */
export const PATIENT_CONFORMANCE = [
  "--socketio-conformance",
  "--socketio-ping-interval",
  "25s",
  "--socketio-ping-timeout",
  "20s",
  "--socketio-connect-timeout",
  "45s",
];
