// The edge as `npm start` runs it, but with so many registrations behind NAT in its location table
// from the start: `filled-edge.js --config FILE --devices N --port P`.
import { parseArgs } from 'node:util';
import { loadConfig } from '../../engine/config/load.ts';
import { Edge } from '../../engine/edge/edge.ts';
import { openLog } from '../../engine/edge/log.ts';
import { createSharedMemory, type SharedMemory } from '../../engine/edge/shared-memory.ts';
import { toSocketEndpoint } from '../../engine/net/endpoint-table.ts';
import { Kind } from '../../engine/registry/location-layout.ts';
import { LocationWriter } from '../../engine/registry/location-writer.ts';
import { deviceIp } from './device-addresses.ts';

/** Longer than any bench. */
const EXPIRES_MS = 6 * 3_600_000;

function fill(memory: SharedMemory, shards: number, devices: number, port: number): void {
  const writers = Array.from({ length: shards }, (_, i) => new LocationWriter(memory.locations, i));
  const nowMs = Date.now();
  for (let device = 0; device < devices; device++) {
    const ip = deviceIp(device);
    const { head, a0 } = toSocketEndpoint({ family: 4, ip, port })!;
    const aor = String(8_801_000_000 + device);
    const record = writers[writers[0]!.regionOf(aor)]!.put({
      aor,
      kind: Kind.Phone,
      contact: `sip:${aor}@192.168.1.${device % 250}:5060`,
      source: [head, a0, 0, 0, 0, 0],
      local: 0,
      behindNat: true,
      registeredAtMs: nowMs,
      refreshedAtMs: nowMs,
      expiresAtMs: nowMs + EXPIRES_MS,
      q: 1000,
      callId: `${device}@${ip}`,
      cseq: 1,
      userAgent: 'bench',
      path: '',
    });
    if (record < 0) throw new RangeError(`no room for device ${device}`);
  }
}

const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    devices: { type: 'string', default: '0' },
    port: { type: 'string', default: '0' },
  },
});
const config = loadConfig(values.config);
const memory = createSharedMemory(config.shards, config.maxRegistrations);
fill(memory, config.shards, Number(values.devices), Number(values.port));
const edge = await Edge.start(config, openLog(config.node), memory);
process.once('SIGTERM', () => {
  void edge.stop().then(() => process.exit(0));
});
