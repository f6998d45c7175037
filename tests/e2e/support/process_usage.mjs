// What a process holds, by /proc.

import { readFileSync, readdirSync } from "node:fs";

export const MEBIBYTE = 1024 * 1024;

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
