// A switch between a customer and vendors, with traces on: what its core hands to main.
import { Direction, readRecord, type StoredRecord } from '../../../engine/trace/trace-record.ts';
import type { TraceSink } from '../../../engine/trace/call-tracer.ts';
import type { TraceFilter } from '../../../engine/base/trace-filter.ts';
import { Flow, type FlowOptions } from '../call/flow.ts';

let nextId = 1;

export function trace(kind: TraceFilter['kind'], value: string, more = {}): TraceFilter {
  const bounds = { untilMs: Number.MAX_SAFE_INTEGER, maxMessages: 10_000, maxBytes: 1 << 30 };
  return { id: nextId++, kind, value, secrets: false, ...bounds, ...more };
}

export class TraceFlow {
  readonly records: StoredRecord[] = [];
  readonly flow: Flow;
  /** The ring is full while this is set. */
  full = false;

  constructor(traces: readonly TraceFilter[], options: FlowOptions = {}) {
    const sink: TraceSink = {
      offer: (_type, bytes, length) => {
        if (this.full) return false;
        const copy = Buffer.from(bytes.subarray(0, length));
        this.records.push(readRecord(copy, 0, length)!);
        return true;
      },
    };
    this.flow = new Flow({ ...options, trace: sink, traces });
  }

  /** Puts other traces in force, as a new snapshot does. */
  mount(traces: readonly TraceFilter[]): void {
    this.flow.edge.operate((core) => {
      core.mount({ ...this.flow.snapshot, traces });
    });
  }

  /** Each message in a word: direction, leg, what it is. */
  get lines(): string[] {
    return this.records.map(({ direction, leg, message }) => {
      const text = message.toString('latin1');
      const [first, second] = text.split(/[ \r]/);
      const method = /\r\nCSeq: \d+ (\w+)/.exec(text)?.[1] ?? '';
      const what = first === 'SIP/2.0' ? `${second} ${method}` : first;
      return `${direction === Direction.In ? '>' : '<'} ${leg} ${what}`;
    });
  }
}
