// The core of one shard in virtual time: datagrams are handed in, what it sends is kept. It has one
// customer and one vendor for the numbers that begin with 0, 1 or 4.
import { createLocationTable } from '../../../engine/registry/location-layout.ts';
import { createSuspensions } from '../../../engine/registry/suspensions.ts';
import { C, CELL_NAMES } from '../../../engine/base/counter-names.ts';
import type { Clock } from '../../../engine/base/clock.ts';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { seededRandom } from '../../../engine/base/random.ts';
import { SwitchCore } from '../../../engine/call/switch-core.ts';
import type { Snapshot } from '../../../engine/routing/snapshot.ts';
import { freshStates, gatesWith, mappingGateway, snapshotOf } from '../routing/fixtures.ts';
import { localAt } from '../call/locals.ts';

export const CUSTOMER: Endpoint = { family: 4, ip: '192.0.2.77', port: 5070 };
/** Longer than any transaction lives. */
const LINGER_MS = 200_000;

export class CoreOnAWire {
  nowMs = 0;
  readonly clock: Clock = {
    wallMs: () => 1_700_000_000_000 + this.nowMs,
    monoMs: () => this.nowMs,
  };
  readonly core: SwitchCore;
  readonly cells = new Float64Array(CELL_NAMES.length);
  readonly sent: { to: Endpoint; text: string }[] = [];
  /** Records written, by kind. */
  readonly records = { cdr: 0, attempt: 0, state: 0 };

  constructor(parameters: Partial<Snapshot['parameters']> = {}) {
    const snapshot = snapshotOf([{ gateway: { name: 'vendor' }, prefixes: ['0', '1', '4'] }]);
    this.core = new SwitchCore(
      {
        shard: 0,
        shards: 1,
        node: 'test',
        clock: this.clock,
        random: seededRandom(1),
        counters: this.counters,
        gates: gatesWith(new Map()),
        states: freshStates(),
        sink: {
          cdr: () => ++this.records.cdr > 0,
          attempt: () => ++this.records.attempt > 0,
          state: () => ++this.records.state > 0,
          hasRoom: () => true,
        },
        registry: {
          locations: createLocationTable(16, 1),
          suspensions: createSuspensions(64),
          nonceKey: 'key',
        },
        transport: {
          send: (_local, to, text) => {
            this.sent.push({ to, text });
            return true;
          },
        },
      },
      [localAt({ family: 4, ip: '192.0.2.1', port: 5060 })],
      {
        ...snapshot,
        parameters: { ...snapshot.parameters, ...parameters },
        mappingGateways: [mappingGateway({ remoteIps: [CUSTOMER.ip] })],
      },
    );
  }

  get counters(): { add(index: number, n: number): void; set(index: number, n: number): void } {
    const { cells } = this;
    return {
      add: (index, n) => {
        cells[index]! += n;
      },
      set: (index, n) => {
        cells[index] = n;
      },
    };
  }

  count(name: keyof typeof C): number {
    return this.cells[C[name]]!;
  }

  receive(bytes: Buffer, source = CUSTOMER): void {
    this.core.packet(bytes, 0, bytes.length, source, 0);
  }

  /** Lets all that runs give up or end. */
  settle(): void {
    for (const until = this.nowMs + LINGER_MS; this.nowMs < until;) {
      this.nowMs += 100;
      this.core.advance();
    }
  }

  /** First lines of what was sent since the last call. */
  take(): string[] {
    return this.sent.splice(0).map(({ text }) => text.slice(0, text.indexOf('\r\n')));
  }
}

/** A customer's INVITE to a number that has a route. */
export function inviteOf(callId: string): Buffer {
  return Buffer.from(
    'INVITE sip:4477@192.0.2.1 SIP/2.0\r\n' +
      `Via: SIP/2.0/UDP 192.0.2.77:5070;branch=z9hG4bK${callId}\r\n` +
      'From: <sip:100@192.0.2.77>;tag=a\r\nTo: <sip:4477@192.0.2.1>\r\n' +
      `Call-ID: ${callId}\r\nCSeq: 1 INVITE\r\n` +
      'Contact: <sip:192.0.2.77:5070>\r\nContent-Length: 0\r\n\r\n',
  );
}
