// What a process holds, by /proc.

import { readFileSync, readdirSync } from "node:fs";

export const MEBIBYTE = 1024 * 1024;
const TICKS_PER_SECOND = 100; // USER_HZ, the same on all Linux machines

function statusBytes(pid, field) {
  const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(
    readFileSync(`/proc/${pid}/status`, "utf8"),
  );
  return Number(kilobytes) * 1024;
}

export function residentBytes(pid) {
  return statusBytes(pid, "VmRSS");
}

/** The most that it ever held. */
export function peakResidentBytes(pid) {
  return statusBytes(pid, "VmHWM");
}

export function openFiles(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export function threads(pid) {
  return readdirSync(`/proc/${pid}/task`).length;
}

/** The processor time it has used, user and system. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
