// The tracer of a core, switched by the snapshot's traces: without any, a message costs one look at
// `active`. It sees what comes in before the transactions do, and all that goes out.
import type { Endpoint } from '../base/endpoint.ts';
import type { TransportName } from '../base/gateway-words.ts';
import type { Snapshot } from '../routing/snapshot.ts';
import type { DialogTable } from '../sip/dialog/dialog-table.ts';
import type { Transport } from '../sip/transaction/transport.ts';
import { CallTracer } from '../trace/call-tracer.ts';
import type { Call } from './call.ts';
import type { LocalAddress } from './local-address.ts';
import type { CoreServices } from './core-services.ts';

export class CoreTrace implements Transport {
  /** Null while no trace is in force. */
  active: CallTracer | null = null;
  readonly #tracer: CallTracer | null;
  readonly #transport: Transport;

  constructor(services: CoreServices, locals: readonly LocalAddress[]) {
    const { clock, counters, trace: sink, transport } = services;
    this.#transport = transport;
    this.#tracer =
      sink === undefined
        ? null
        : new CallTracer({ clock, counters, sink, locals: locals.map(tracedLocal) });
  }

  /** Puts the traces of a snapshot in force; one that names a call finds it while it runs. */
  mount({ traces }: Snapshot, dialogs: DialogTable<Call>): void {
    const tracer = this.#tracer;
    if (tracer === null) return;
    this.active = tracer.mount(traces) ? tracer : null;
    if (tracer.wantedCalls().length === 0) return;
    for (const { record, ended } of dialogs.owners()) {
      if (!ended) tracer.onRunningCall(record);
    }
  }

  send(local: number, to: Endpoint, message: string, order: number): boolean {
    if (this.active !== null) this.active.sent(local, to, message);
    return this.#transport.send(local, to, message, order);
  }
}

/** A listen address as traces name it. */
export function tracedLocal({ family, hostPort, transport }: LocalAddress): {
  endpoint: Endpoint;
  transport: TransportName;
} {
  const colon = hostPort.lastIndexOf(':');
  const ip = hostPort.slice(0, colon).replace(/^\[|\]$/g, '');
  return { endpoint: { family, ip, port: Number(hostPort.slice(colon + 1)) }, transport };
}
