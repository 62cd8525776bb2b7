// What the kernel says about running processes: CPU time, resident memory, children, UDP drops.
// Linux only (/proc); the figures of every bench come from here.
import { readFileSync, readdirSync } from 'node:fs';

/** USER_HZ: the unit of /proc/PID/stat on every Linux that Node runs on. */
const TICK_US = 10_000;

function statFields(pid: number): string[] | undefined {
  return readStat(`/proc/${pid}/stat`)?.fields;
}

function readStat(file: string): { name: string; fields: string[] } | undefined {
  try {
    const text = readFileSync(file, 'latin1');
    // The command name stands in parentheses and may hold spaces: fields count from behind it.
    const end = text.lastIndexOf(')');
    const name = text.slice(text.indexOf('(') + 1, end);
    return { name, fields: text.slice(end + 2).split(' ') };
  } catch {
    return undefined;
  }
}

/**
 * CPU time of the threads of a process that there are now, by their names, in microseconds; the
 * first thread's stands under `main`. Resolution 10 ms per thread.
 */
export function cpuMicrosByThread(pid: number): Map<string, number> {
  const micros = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const stat = readStat(`/proc/${pid}/task/${thread}/stat`);
    if (stat === undefined) continue;
    const name = Number(thread) === pid ? 'main' : stat.name;
    const ticks = Number(stat.fields[11]) + Number(stat.fields[12]);
    micros.set(name, (micros.get(name) ?? 0) + ticks * TICK_US);
  }
  return micros;
}

/** CPU time of the threads of a process that there are now, in nanoseconds by thread id. */
export function cpuNanosByThread(pid: number): Map<number, number> {
  const nanos = new Map<number, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1');
      nanos.set(Number(thread), Number(text.split(' ')[0]));
    } catch {
      // The thread has ended since.
    }
  }
  return nanos;
}

/**
 * CPU time of whole processes, all their threads, user and system, in microseconds.
 * Resolution 10 ms per process; a process that has ended counts 0.
 */
export function cpuMicros(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields !== undefined) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_US;
}

/** The direct and indirect children of `pid`, without `pid` itself. */
export function descendants(pid: number): number[] {
  const parentOf = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statFields(Number(name));
    if (fields !== undefined) parentOf.set(Number(name), Number(fields[1]));
  }
  const found: number[] = [];
  const open = [pid];
  for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
    for (const [child, its] of parentOf) {
      if (its === parent) {
        found.push(child);
        open.push(child);
      }
    }
  }
  return found;
}

/** Resident memory in bytes; `peak` is the highest since the process started (VmHWM). */
export function memoryBytes(pid: number): { resident: number; peak: number } {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return { resident: 0, peak: 0 };
  }
  const kib = (key: string): number => {
    const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text);
    return match === null ? 0 : Number(match[1]) * 1024;
  };
  return { resident: kib('VmRSS'), peak: kib('VmHWM') };
}

/**
 * Datagrams that the kernel dropped at the open UDP sockets of each port, since these were opened.
 */
export function udpDrops(ports: readonly number[]): Map<number, number> {
  const drops = new Map<number, number>(ports.map((port) => [port, 0]));
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    let text: string;
    try {
      text = readFileSync(file, 'latin1');
    } catch {
      continue;
    }
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const port = parseInt(fields[1]?.split(':')[1] ?? '', 16);
      const before = drops.get(port);
      if (before !== undefined) drops.set(port, before + Number(fields.at(-1)));
    }
  }
  return drops;
}

/** Whether some process holds UDP `port`, on any address. */
export function udpPortIsBound(port: number): boolean {
  return socketsShow('udp', new RegExp(`:${hexPort(port)} `));
}

/** Whether some process listens on TCP `port`, on any address. */
export function tcpPortListens(port: number): boolean {
  return socketsShow('tcp', new RegExp(`:${hexPort(port)} 0+:0000 0A`));
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function socketsShow(protocol: 'udp' | 'tcp', line: RegExp): boolean {
  return [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].some((file) => {
    try {
      return line.test(readFileSync(file, 'latin1'));
    } catch {
      return false;
    }
  });
}

/**
 * Microseconds since start-up in which some task was ready to run and had no core (PSI); undefined
 * where the kernel does not keep it. /proc/stat counts in ticks and is far off on small machines.
 */
export function cpuPressureMicros(): number | undefined {
  try {
    const text = readFileSync('/proc/pressure/cpu', 'latin1');
    const match = /^some .*total=(\d+)/m.exec(text);
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
