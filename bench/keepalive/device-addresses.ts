// The devices of the bench: each has a loopback address of its own from 127.1.0.0 on, all on one
// port, so that one socket stands for all of them.
import { formatIp } from '../../engine/base/ip-address.ts';

const FIRST = 0x7f01_0000;
/** 127.1.0.0 to 127.16.255.255: as far from 127.0.0.1 as from the broadcast address. */
export const MAX_DEVICES = 1 << 20;

export function deviceIp(device: number): string {
  return formatIp(Int32Array.of(0, 0, 0xffff, FIRST + device));
}

/** The device of an address as the kernel writes it, -1 when it is none. */
export function deviceOf(address: number): number {
  const swapped =
    ((address & 0xff) << 24) |
    ((address & 0xff00) << 8) |
    ((address >>> 8) & 0xff00) |
    (address >>> 24);
  const device = (swapped >>> 0) - FIRST;
  return device >= 0 && device < MAX_DEVICES ? device : -1;
}
