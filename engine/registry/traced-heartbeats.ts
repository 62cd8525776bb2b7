// Heartbeats as a trace of an address sees them (NAT-14): between the pacer's schedule and its
// sockets. Without such a trace a heartbeat costs one look at a flag.
import type { Endpoint } from '../base/endpoint.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
import { SocketEndpoint } from '../net/endpoint-table.ts';
import type { CallTracer } from '../trace/call-tracer.ts';
import type { HeartbeatSender } from './pacer.ts';

/** The sockets themselves (engine/net/heartbeat-io.ts). */
type Untraced = Omit<HeartbeatSender, 'mountTraces'>;

export class TracedHeartbeats implements HeartbeatSender {
  readonly #sender: Untraced;
  readonly #tracer: CallTracer;
  #active = false;

  constructor(sender: Untraced, tracer: CallTracer) {
    this.#sender = sender;
    this.#tracer = tracer;
  }

  /** Heartbeats belong to no call: only traces of addresses are about them. */
  mountTraces(traces: readonly TraceFilter[]): void {
    this.#active = this.#tracer.mount(traces.filter(({ kind }) => kind === 'ip'));
  }

  setPayload(payload: string): void {
    this.#sender.setPayload(payload);
  }

  payloadFrom(local: number): string {
    return this.#sender.payloadFrom(local);
  }

  push(local: number, words: Uint32Array): boolean {
    if (this.#active) this.#tracer.sent(local, endpointOf(words), this.payloadFrom(local));
    return this.#sender.push(local, words);
  }

  flush(): void {
    this.#sender.flush();
  }

  get sent(): number {
    return this.#sender.sent;
  }

  get failed(): number {
    return this.#sender.failed;
  }
}

function endpointOf(words: Uint32Array): Endpoint {
  const [head, a0, a1, a2, a3, scope] = words as unknown as [number, ...number[]];
  return new SocketEndpoint(head, a0!, a1!, a2!, a3!, scope!);
}
