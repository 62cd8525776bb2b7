// Datagrams that the kernel threw away because a socket's receive buffer was full, from
// /proc/net/udp and udp6. Without this figure such losses look like nothing at all.
import { fstatSync, readFileSync } from 'node:fs';

/** Column positions of /proc/net/udp, split at white space (net/ipv4/udp.c, udp4_format_sock). */
const INODE_COLUMN = 9;
const DROPS_COLUMN = 12;

/** Inode → drops since the socket was opened. */
export function parseSocketDrops(table: string): Map<number, number> {
  const drops = new Map<number, number>();
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns.length <= DROPS_COLUMN) continue;
    drops.set(Number(columns[INODE_COLUMN]), Number(columns[DROPS_COLUMN]));
  }
  return drops;
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // udp6 is missing where the kernel has no IPv6.
    return '';
  }
}

/** Drops of each descriptor, in the order given; control plane, a few times a minute. */
export function socketDrops(fds: readonly number[]): number[] {
  const drops = new Map([
    ...parseSocketDrops(readTable('/proc/net/udp')),
    ...parseSocketDrops(readTable('/proc/net/udp6')),
  ]);
  return fds.map((fd) => drops.get(fstatSync(fd).ino) ?? 0);
}
