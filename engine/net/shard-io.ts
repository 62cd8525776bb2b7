// A shard turns the setup it got from main into its packet I/O.
import type { IoServices } from './io-services.ts';
import { NativeIo } from './native-io.ts';
import type { NativeSetup } from './native-io.ts';
import type { PacketIo } from './packet-io.ts';
import { PortableIo } from './portable-io.ts';
import type { PortableSetup } from './portable-io.ts';

/** Survives structured clone. */
export type IoSetup = NativeSetup | PortableSetup;

/** @throws TandemError TDM_NATIVE_UNAVAILABLE when libc, loaded on main, does not load here. */
export function openShardIo(setup: IoSetup, services: IoServices): PacketIo {
  return setup.kind === 'native' ? new NativeIo(setup, services) : new PortableIo(setup, services);
}
