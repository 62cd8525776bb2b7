// The trace of a run: its hash proves that a seed replays exactly, its ladder tells what happened.
import { createHash } from 'node:crypto';
import { hostPort } from '../../engine/base/endpoint.ts';
import { EDGE } from './edge.ts';
import { TextMessage } from './text-message.ts';
import type { Packet } from './virtual-network.ts';
import type { VirtualTime } from './virtual-time.ts';

export class Trace {
  readonly #time: VirtualTime;
  readonly #hash = createHash('sha256');
  readonly #keepsLadder: boolean;
  readonly #lines: string[] = [];

  constructor(time: VirtualTime, keepsLadder: boolean) {
    this.#time = time;
    this.#keepsLadder = keepsLadder;
  }

  packet(packet: Packet, fate: string): void {
    const fromEdge = packet.from === EDGE;
    const peer = hostPort(fromEdge ? packet.to : packet.from);
    this.#hash.update(`${this.#time.monoMs()} ${fate} ${peer} ${packet.text}\n`);
    if (!this.#keepsLadder || (fate === 'sent' && !fromEdge)) return;
    if (fate === 'delivered' && fromEdge) return;
    const message = new TextMessage(packet.text);
    const arrow = fromEdge ? '<-' : '->';
    const what = fate === 'lost' || fate === 'refused' ? ` (${fate})` : '';
    const tags = `${message.callId.slice(0, 14)} ${message.fromTag}/${message.toTag}`;
    const summary = message.summary.slice(0, 60).replace(/[^ -~]/g, '.');
    this.#line(`${peer.padEnd(22)} ${arrow} ${summary}${what}  ${tags}`);
  }

  note(text: string): void {
    this.#hash.update(`${this.#time.monoMs()} ${text}\n`);
    if (this.#keepsLadder) this.#line(`** ${text}`);
  }

  /** Hex digest of everything so far; once. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  get ladder(): string {
    return this.#lines.join('\n');
  }

  #line(text: string): void {
    this.#lines.push(`${(this.#time.monoMs() / 1000).toFixed(3).padStart(9)} ${text}`);
  }
}
