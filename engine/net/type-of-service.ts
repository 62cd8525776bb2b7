// The TOS byte of outgoing packets (SS_QOS_SIGNAL; RFC 2474): DSCP in its upper six bits.
import { TandemError } from '../base/errors.ts';
import { openLibc, type Libc } from './libc.ts';

const SOL_IP = 0;
const IP_TOS = 1;
const SOL_IPV6 = 41;
const IPV6_TCLASS = 67;

const value = new Uint32Array(new ArrayBuffer(128));
let libc: Libc | null | undefined;

/** Sets it on a socket of Node's, listening ones too; false where that is not possible. */
export function markSocket(socket: object, family: 4 | 6, tos: number): boolean {
  const { _handle: handle } = socket as { _handle?: { fd?: number } | null };
  return setTypeOfService(handle?.fd ?? -1, family, tos);
}

/** Sets it on a descriptor; false where libc is not to be had or the descriptor is none. */
export function setTypeOfService(fd: number, family: 4 | 6, tos: number): boolean {
  if (libc === undefined) libc = libcHere();
  if (fd < 0 || libc === null) return false;
  value[0] = tos;
  const address = libc.addressOf(value);
  if (family === 6) return libc.setsockopt(fd, SOL_IPV6, IPV6_TCLASS, address, 4) === 0;
  return libc.setsockopt(fd, SOL_IP, IP_TOS, address, 4) === 0;
}

function libcHere(): Libc | null {
  try {
    return openLibc();
  } catch (error) {
    if (error instanceof TandemError) return null;
    throw error;
  }
}
