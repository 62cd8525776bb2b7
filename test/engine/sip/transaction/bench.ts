// The bench of the transaction tests: one layer with virtual time, a wire that keeps what is sent,
// and a core above it that keeps what it is told.
import assert from 'node:assert/strict';
import { C, CELL_NAMES, type CounterRow } from '../../../../engine/base/counter-names.ts';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { seededRandom } from '../../../../engine/base/random.ts';
import { TimerWheel } from '../../../../engine/base/timer-wheel.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';
import { ParseResult } from '../../../../engine/sip/message/parse-result.ts';
import type {
  ClientTransaction,
  ClientUser,
} from '../../../../engine/sip/transaction/client-transaction.ts';
import type { TransactionContext } from '../../../../engine/sip/transaction/context.ts';
import type { InviteServer } from '../../../../engine/sip/transaction/invite-server.ts';
import type { RequestIdentity } from '../../../../engine/sip/transaction/request-identity.ts';
import { resendSchedule } from '../../../../engine/sip/transaction/resend-schedule.ts';
import {
  TransactionLayer,
  type TransactionUser,
} from '../../../../engine/sip/transaction/transaction-layer.ts';

/** SS_SIP_RESEND_INTERVAL of the tests, seconds: resends at 0.5, 1.5, 3.5 s, gives up at 4 s. */
const INTERVALS = [0.5, 1, 2];
export const GIVE_UP_MS = 4000;

export const CLIENT: Endpoint = { family: 4, ip: '192.0.2.10', port: 5070 };
export const VENDOR: Endpoint = { family: 4, ip: '198.51.100.7', port: 5080 };

export const IDENTITY: RequestIdentity = {
  uri: 'sip:4477@198.51.100.7:5080',
  route: 'Route: <sip:edge.example.net;lr>\r\n',
  from: '<sip:100@192.0.2.1>;tag=ours',
  to: '<sip:4477@198.51.100.7:5080>',
  callId: 'tdm05-abc',
  cseq: 7,
  order: 1,
};

export interface Sent {
  readonly atMs: number;
  readonly local: number;
  readonly to: Endpoint;
  readonly text: string;
}

/** Counts in a plain array. */
class Counters implements CounterRow {
  readonly cells = new Float64Array(CELL_NAMES.length);

  add(index: number, n: number): void {
    this.cells[index]! += n;
  }

  set(index: number, value: number): void {
    this.cells[index] = value;
  }
}

export class TransactionBench implements TransactionUser, ClientUser {
  nowMs = 0;
  readonly sent: Sent[] = [];
  /** What the core was told: `invite`, `request BYE`, `ack 1`, `180`, `timeout`, ... */
  readonly told: string[] = [];
  readonly counters = new Counters();
  readonly timers = new TimerWheel(0);
  readonly context: TransactionContext;
  readonly layer: TransactionLayer;
  /** What the core does with an INVITE; the default makes a transaction. */
  onNewInvite: (request: SipMessage, source: Endpoint) => void = (request, source) => {
    this.server = this.layer.serveInvite(request, source, 0);
    this.server.user = {
      onCancel: (_t, reason) => this.told.push(`cancel ${reason}`.trim()),
      onAckTimeout: () => this.told.push('ack timeout'),
    };
  };
  onNewRequest: (request: SipMessage, source: Endpoint) => void = () => undefined;
  /** The INVITE server transaction made last. */
  server!: InviteServer;
  readonly #message = new SipMessage();

  constructor(shard = 5) {
    this.context = {
      random: seededRandom(1),
      timers: this.timers,
      transport: {
        send: (local, to, text) => {
          this.sent.push({ atMs: this.nowMs, local, to, text });
          return true;
        },
      },
      counters: this.counters,
      shard,
      vias: [
        'SIP/2.0/UDP 192.0.2.1:5060;rport',
        'SIP/2.0/UDP [2001:db8::1]:5060;rport',
        'SIP/2.0/TCP 192.0.2.1:5060;rport;alias',
      ],
      reliable: [false, false, true],
      replyAddressOf: null,
      schedule: resendSchedule(INTERVALS),
    };
    this.layer = new TransactionLayer(this.context, this);
  }

  onInvite(request: SipMessage, source: Endpoint): void {
    this.told.push('invite');
    this.onNewInvite(request, source);
  }

  onRequest(request: SipMessage, source: Endpoint): void {
    this.told.push(`request ${request.methodText()}`);
    this.onNewRequest(request, source);
  }

  onAck(ack: SipMessage): void {
    this.told.push(`ack ${ack.cseq}`);
  }

  onResponse(_transaction: ClientTransaction, response: SipMessage): void {
    this.told.push(String(response.status));
  }

  onTimeout(): void {
    this.told.push('timeout');
  }

  onUnreachable(): void {
    this.told.push('unreachable');
  }

  onUntrackedResponse(): boolean {
    return false;
  }

  onStrayAnswer(response: SipMessage): void {
    this.told.push(`stray ${response.status}`);
  }

  /** A datagram arrives. */
  receive(text: string, source: Endpoint = CLIENT, local = 0): void {
    const bytes = Buffer.from(text, 'latin1');
    const result = this.#message.parse(bytes, 0, bytes.length);
    assert.equal(result, ParseResult.Ok, `${this.#message.error}: ${text}`);
    this.layer.receive(this.#message, source, local);
  }

  /** A datagram of ours comes back by ICMP, cut to its first `length` bytes. */
  comesBack(text: string, length = text.length): void {
    const bytes = Buffer.from(text.slice(0, length), 'latin1');
    this.#message.parse(bytes, 0, bytes.length);
    this.layer.receiveUnreachable(this.#message);
  }

  /** Time passes, tick by tick. */
  until(atMs: number): void {
    while (this.nowMs < atMs) {
      this.nowMs += 10;
      this.timers.advance(this.nowMs);
    }
  }

  count(name: keyof typeof C): number {
    return this.counters.cells[C[name]]!;
  }

  /** Start lines of what was sent since the last call. */
  take(): string[] {
    return this.sent.splice(0).map(({ text }) => startLine(text));
  }

  /** As `take`, each with its time. */
  takeTimed(): [number, string][] {
    return this.sent.splice(0).map(({ atMs, text }) => [atMs, startLine(text)]);
  }

  /** What the core was told since the last call. */
  takeTold(): string[] {
    return this.told.splice(0);
  }

  /** Nothing is left: neither transactions nor timers. */
  assertIdle(): void {
    assert.deepEqual(
      [this.layer.clientCount, this.layer.serverCount, this.timers.armed],
      [0, 0, 0],
    );
  }
}

/** `INVITE`, `ACK`, ... or the status. */
export function startLine(text: string): string {
  const [first, second] = text.split(' ', 2);
  return first === 'SIP/2.0' ? second! : first!;
}

/** All lines of a message with that header name, values only. */
export function headerValues(text: string, name: string): string[] {
  const head = text.slice(0, text.indexOf('\r\n\r\n'));
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());
}

export function topBranch(text: string): string {
  return /branch=([^;,\s]+)/.exec(headerValues(text, 'Via')[0]!)![1]!;
}

/** A response of the peer to a request that we sent. */
export function responseTo(request: string, status: number, toTag = 'theirs', method = ''): string {
  const value = (name: string): string => headerValues(request, name)[0]!;
  const cseq = method === '' ? value('CSeq') : `${value('CSeq').split(' ')[0]!} ${method}`;
  return (
    `SIP/2.0 ${status} Whatever\r\nVia: ${value('Via')}\r\nFrom: ${value('From')}\r\n` +
    `To: ${value('To')}${toTag === '' ? '' : `;tag=${toTag}`}\r\nCall-ID: ${value('Call-ID')}\r\n` +
    `CSeq: ${cseq}\r\nContact: <sip:v@198.51.100.7>\r\nContent-Length: 0\r\n\r\n`
  );
}

export interface RequestParts {
  readonly method?: string;
  readonly via?: string;
  readonly more?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: number;
}

/** A request of the client. */
export function requestOf(parts: RequestParts = {}): string {
  const { method = 'INVITE', via = 'SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bKone' } = parts;
  const { from = '<sip:100@192.0.2.10>;tag=c1', to = '<sip:4477@192.0.2.1>' } = parts;
  const { callId = 'call-1', cseq = 1, more = '' } = parts;
  return (
    `${method} sip:4477@192.0.2.1 SIP/2.0\r\nVia: ${via}\r\nMax-Forwards: 70\r\nFrom: ${from}\r\n` +
    `To: ${to}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\n` +
    `${more}Content-Length: 0\r\n\r\n`
  );
}
