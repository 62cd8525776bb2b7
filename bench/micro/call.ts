// One answered call through the core of a shard (engine/call/switch-core.ts) without sockets:
// parser, transactions, call control, record. 14 messages; prints the µs of the core per call.
// node dist/bench/micro/call.js [calls] [timer]: with `timer` both peers have session timers; with
// --trace another number is traced in every second round, and both are compared.
import { createLocationTable } from '../../engine/registry/location-layout.ts';
import { createSuspensions } from '../../engine/registry/suspensions.ts';
import { compilePhoneDeck } from '../../engine/registry/phone-deck.ts';
import { CELL_NAMES } from '../../engine/base/counter-names.ts';
import type { Endpoint } from '../../engine/base/endpoint.ts';
import type { TraceFilter } from '../../engine/base/trace-filter.ts';
import { latin1Write } from '../../engine/base/latin1.ts';
import { seededRandom } from '../../engine/base/random.ts';
import { SwitchCore } from '../../engine/call/switch-core.ts';
import { FRAME_BLOCK_BYTES } from '../../engine/cdr/frame-block.ts';
import { RingSink } from '../../engine/cdr/ring-sink.ts';
import { parameterValues } from '../../engine/parameters/parse-value.ts';
import { GATE_SLOTS } from '../../engine/routing/gate-slots.ts';
import { compileRouteDeck } from '../../engine/routing/route-deck.ts';
import {
  PLAIN_MAPPING_GATEWAY,
  PLAIN_ROUTING_GATEWAY,
} from '../../engine/routing/plain-gateways.ts';
import type { Snapshot } from '../../engine/routing/snapshot.ts';
import { CounterRow, createCounters, defineCounters } from '../../engine/shm/counters.ts';
import { createGates, SharedGates } from '../../engine/shm/gates.ts';
import { createGatewayStates, SharedGatewayStates } from '../../engine/shm/gateway-states.ts';

const CALLS = Number(process.argv[2] ?? 20_000);
const TIMER = process.argv[3] === 'timer';
const SUPPORTED = TIMER ? 'Supported: timer\r\n' : '';
const ACCEPTED = TIMER ? 'Require: timer\r\nSession-Expires: 600;refresher=uas\r\n' : '';
const COMPARED = process.argv.includes('--trace');
/** Calls per second of virtual time: decides how many transactions linger. */
const RATE = 1000;
const CALLER: Endpoint = { family: 4, ip: '192.0.2.10', port: 5080 };
const VENDOR: Endpoint = { family: 4, ip: '192.0.2.20', port: 5090 };
const SDP = [
  'v=0',
  'o=u 1 1 IN IP4 192.0.2.10',
  's=-',
  'c=IN IP4 192.0.2.10',
  't=0 0',
  'm=audio 6000 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=ptime:20',
  '',
].join('\r\n');
const BODY = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;

const snapshot: Snapshot = {
  version: 1,
  parameters: {
    ...parameterValues(),
    SS_MAX_CALL_PER_SECOND: 60_000,
    SS_MAX_CONCURRENT_CALL: 1_000_000,
  },
  mappingGateways: [
    {
      ...PLAIN_MAPPING_GATEWAY,
      name: 'customer',
      slot: 16,
      account: 'a',
      remoteIps: [CALLER.ip],
    },
  ],
  routingGateways: [
    {
      ...PLAIN_ROUTING_GATEWAY,
      name: 'vendor',
      slot: 17,
      clearingAccount: 'v',
      peer: VENDOR,
    },
  ],
  phones: compilePhoneDeck([]),
  routes: compileRouteDeck([{ name: 'vendor', priority: 1, prefixes: ['44'] }]),
  traces: [],
};

let nowMs = 0;
let sent: string[] = [];
const layout = defineCounters(CELL_NAMES);
const ring = Buffer.alloc(FRAME_BLOCK_BYTES);
const core = new SwitchCore(
  {
    shard: 0,
    shards: 1,
    node: 'bench',
    clock: { wallMs: () => 1_700_000_000_000 + Math.floor(nowMs), monoMs: () => nowMs },
    random: seededRandom(1),
    counters: new CounterRow(createCounters(layout, 1), layout, 0),
    gates: new SharedGates(createGates(GATE_SLOTS, 1), GATE_SLOTS, 0),
    states: new SharedGatewayStates(createGatewayStates(GATE_SLOTS)),
    sink: new RingSink({
      ring: {
        offer(_type, bytes, length) {
          ring.set(bytes.subarray(0, length));
          return true;
        },
        freeBytes: () => 1 << 30,
      },
      recorderFailed: () => false,
      reserveBytes: 0,
      maxWaiting: 10,
    }),
    registry: {
      locations: createLocationTable(16, 1),
      suspensions: createSuspensions(64),
      nonceKey: 'key',
    },
    trace: { offer: () => true },
    transport: {
      send(_local, _to, message) {
        latin1Write(out, message, 0);
        sent.push(message);
        return true;
      },
    },
  },
  [
    {
      family: 4,
      transport: 'udp',
      host: '192.0.2.1',
      hostPort: '192.0.2.1:5060',
      contact: '192.0.2.1:5060',
    },
  ],
  snapshot,
);

const out = Buffer.alloc(65_536);
const packet = Buffer.alloc(65_536);

function deliver(message: string, from: Endpoint): void {
  const length = latin1Write(packet, message, 0);
  const before = process.hrtime.bigint();
  core.packet(packet, 0, length, from, 0);
  coreNs += process.hrtime.bigint() - before;
}

let coreNs = 0n;

function header(message: string, name: string): string {
  const at = message.indexOf(`\r\n${name}: `) + name.length + 4;
  return message.slice(at, message.indexOf('\r\n', at));
}

/** A vendor's response to a request of the switch. */
function answer(request: string, status: string, body: string): string {
  const tag = header(request, 'To').includes(';tag=') ? '' : ';tag=vendor';
  return (
    `SIP/2.0 ${status}\r\nVia: ${header(request, 'Via')}\r\nFrom: ${header(request, 'From')}\r\n` +
    `To: ${header(request, 'To')}${tag}\r\nCall-ID: ${header(request, 'Call-ID')}\r\n` +
    `CSeq: ${header(request, 'CSeq')}\r\nContact: <sip:${VENDOR.ip}:${VENDOR.port}>\r\n${body}`
  );
}

const EMPTY = 'Content-Length: 0\r\n\r\n';

function call(n: number): void {
  const head = (method: string, to: string, cseq: number, uri: string): string =>
    `${method} ${uri} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP 192.0.2.10:5080;branch=z9hG4bK-${n}-${cseq}-${method}\r\n` +
    `From: <sip:8801712345678@192.0.2.10:5080>;tag=c${n}\r\nTo: ${to}\r\n` +
    `Call-ID: ${n}-4711@192.0.2.10\r\nCSeq: ${cseq} ${method}\r\n` +
    `Contact: <sip:8801712345678@192.0.2.10:5080>\r\nMax-Forwards: 70\r\n`;
  const number = `4420${7_000_0000 + (n % 1_000_000)}`;
  const uri = `sip:${number}@192.0.2.1:5060`;
  const to = `<${uri}>`;
  sent = [];
  deliver(
    head('INVITE', to, 1, uri) +
      `Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n${SUPPORTED}` +
      `User-Agent: bench\r\n${BODY}`,
    CALLER,
  );
  const invite = sent.find((m) => m.startsWith('INVITE'))!;
  deliver(answer(invite, '180 Ringing', EMPTY), VENDOR);
  sent = [];
  deliver(answer(invite, '200 OK', ACCEPTED + BODY), VENDOR);
  const ok = sent[0]!;
  const tagged = header(ok, 'To');
  const target = header(ok, 'Contact').slice(1, -1);
  deliver(head('ACK', tagged, 1, target) + EMPTY, CALLER);
  sent = [];
  deliver(head('BYE', tagged, 2, target) + EMPTY, CALLER);
  const bye = sent.find((m) => m.startsWith('BYE'))!;
  deliver(answer(bye, '200 OK', EMPTY), VENDOR);
}

function run(from: number, to: number): void {
  coreNs = 0n;
  for (let n = from; n < to; n++) {
    nowMs += 1000 / RATE;
    const start = process.hrtime.bigint();
    core.advance();
    coreNs += process.hrtime.bigint() - start;
    call(n);
  }
}

// Long enough for every lingering transaction to have come and gone: a steady state.
const WARM_UP = 40_000;
/** Short ones find quiet moments of the machine. */
const ROUND = COMPARED ? 200 : 2000;
run(0, WARM_UP);
const wallUs: number[] = [];
const tracedUs: number[] = [];
const OF_ANOTHER: TraceFilter = {
  id: 1,
  kind: 'number',
  value: '999*',
  secrets: false,
  untilMs: Number.MAX_SAFE_INTEGER,
  maxMessages: 10_000,
  maxBytes: 1 << 26,
};
for (let n = WARM_UP; n < WARM_UP + CALLS; n += ROUND) {
  const traced = COMPARED && (n / ROUND) % 2 === 1;
  if (COMPARED) core.mount({ ...snapshot, traces: traced ? [OF_ANOTHER] : [] });
  run(n, n + ROUND);
  (traced ? tracedUs : wallUs).push(Number(coreNs) / 1000 / ROUND);
}
// Other load on the machine only ever adds: the quietest rounds say what the code costs.
wallUs.sort((a, b) => a - b);
const at = (share: number): string => wallUs[Math.floor(wallUs.length * share)]!.toFixed(1);
process.stdout.write(
  `call through the core, us: quietest ${at(0)}, quartile ${at(0.25)}, median ${at(0.5)}; ` +
    `alive ${JSON.stringify(core.gauges())}\n`,
);
if (COMPARED) {
  const ratio = Math.min(...tracedUs) / Math.min(...wallUs);
  process.stdout.write(`while another number is traced: ratio ${ratio.toFixed(3)}\n`);
}
