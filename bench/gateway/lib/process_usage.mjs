// What a running program used, from /proc: CPU time with its children, and resident memory.

import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** The fields of /proc/PID/stat from the third on (state), the name before them may hold anything; none if it has gone. */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function withChildren(pid) {
  const parents = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), Number(stat(name)?.[1])]);
  const found = [pid];
  for (const each of found) found.push(...parents.filter(([, parent]) => parent === each).map(([child]) => child));
  return found;
}

/** User and system time in seconds, of the process, its children that run and those that have ended. */
export function cpuTime(pid) {
  let user = 0;
  let system = 0;
  for (const process of withChildren(pid)) {
    const fields = stat(process);
    if (fields === undefined) continue;
    user += Number(fields[11]) + Number(fields[13]);
    system += Number(fields[12]) + Number(fields[14]);
  }
  return { user: user / TICKS_PER_SECOND, system: system / TICKS_PER_SECOND };
}

/** Resident memory in KiB, of the process and its children. */
export function residentKib(pid) {
  let total = 0;
  for (const process of withChildren(pid)) {
    const line = readFileSync(`/proc/${process}/status`, 'utf8').match(/^VmRSS:\s+(\d+) kB/m);
    total += line === null ? 0 : Number(line[1]);
  }
  return total;
}
