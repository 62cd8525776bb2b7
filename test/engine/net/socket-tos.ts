// The TOS byte of sockets of this process as the kernel has it: what it writes into each packet.
import { readdirSync, readlinkSync } from 'node:fs';
import { openLibc } from '../../../engine/net/libc.ts';

const [SOL_IP, IP_TOS] = [0, 1];
const [SOL_IPV6, IPV6_TCLASS] = [41, 67];
/** Words: 0 to 7 the answer, 8 its length. */
const LENGTH = 8;

const words = new Uint32Array(new ArrayBuffer(128));

export function tosOf(fd: number, family: 4 | 6 = 4): number {
  const libc = openLibc();
  const address = libc.addressOf(words);
  const [level, name] = family === 6 ? [SOL_IPV6, IPV6_TCLASS] : [SOL_IP, IP_TOS];
  words[LENGTH] = 4;
  if (libc.getsockopt(fd, level, name, address, address + LENGTH * 4) !== 0) {
    throw new Error(`socket ${fd}: errno ${libc.errno()}`);
  }
  return words[0]!;
}

/** Of all IPv4 sockets of this process with that local port, those that listen too. */
export function tosOfPort(port: number): number[] {
  return openSockets()
    .filter((fd) => localPort(fd) === port)
    .map((fd) => tosOf(fd));
}

function openSockets(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        // The descriptor that the folder was read by.
        return false;
      }
    });
}

function localPort(fd: number): number {
  const libc = openLibc();
  const address = libc.addressOf(words);
  words[0] = 0;
  words[LENGTH] = 4 * LENGTH;
  if (libc.getsockname(fd, address, address + LENGTH * 4) !== 0) return -1;
  // Behind the family, in network order.
  return ((words[0] >> 8) & 0xff00) | (words[0] >>> 24);
}
