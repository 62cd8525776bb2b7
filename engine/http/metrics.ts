// GET /metrics: everything that the switch counts, read from shared memory when Prometheus asks.
// The data plane never waits for it. Names are `tandem_*` with base units (seconds, bytes).
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import {
  CALL_END_CODE,
  LOOP_MS,
  PARSE_RESULT,
  PDD_MS,
  REQUESTS_RECEIVED,
  REQUESTS_SENT,
  RESPONSES_RECEIVED,
  RESPONSES_SENT,
} from '../base/counter-names.ts';
import type { CodeCells } from '../base/counter-names.ts';
import { methodName, type Method } from '../sip/message/methods.ts';
import { ParseResult } from '../sip/message/parse-result.ts';
import { COUNTER_FAMILIES, GAUGE_FAMILIES, type Family } from './metric-table.ts';
import type { CounterReader, MetricsSource } from './metrics-source.ts';
import { SharedHistogram } from './shared-histogram.ts';
import { registerStateMetrics } from './state-metrics.ts';

type Labels = Readonly<Record<string, string>>;
/** Gives one time series its value. */
type Emit = (labels: Labels, value: number) => void;

/** The registry that `/metrics` prints; reads `source` at each scrape. */
export function createMetrics(source: MetricsSource): Registry {
  const registry = new Registry();
  const { counters } = source;
  // Of the process: CPU seconds of all threads, resident memory, descriptors, main's event loop.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 500 });
  for (const family of COUNTER_FAMILIES) {
    counter(registry, family.name, family.help, labelsOf(family), (emit) => {
      emitFamily(family, counters, emit);
    });
  }
  for (const family of GAUGE_FAMILIES) {
    const { name, help } = family;
    new Gauge({
      name,
      help,
      labelNames: labelsOf(family),
      registers: [registry],
      collect() {
        emitFamily(family, counters, (labels, value) => {
          this.set(labels, value);
        });
      },
    });
  }
  registerCodeMetrics(registry, counters);
  const pdd = 'Post-dial delay: INVITE received to the first ringing or progress sent';
  new SharedHistogram(registry, 'tandem_pdd_seconds', pdd, PDD_MS, counters);
  const loop = 'One turn of a shard';
  new SharedHistogram(registry, 'tandem_shard_loop_seconds', loop, LOOP_MS, counters);
  registerStateMetrics(registry, source);
  return registry;
}

/** Messages by method or status, parse failures by kind, calls by final code. */
function registerCodeMetrics(registry: Registry, counters: CounterReader): void {
  const parseKinds = new Map<number, string>(
    Object.entries(ParseResult).map(([name, code]) => [code, snakeCase(name)]),
  );
  const method = (code: number): string => methodName(code as Method) || 'other';
  const both = (label: string, help: string, name: string, cells: CodeCells[]): void => {
    counter(registry, name, help, [label, 'direction'], (emit) => {
      cells.forEach((block, i) => {
        const direction = i === 0 ? 'received' : 'sent';
        const text = label === 'method' ? method : String;
        emitCodes(block, counters, (code, n) => {
          emit({ [label]: text(code), direction }, n);
        });
      });
    });
  };
  const requests = [REQUESTS_RECEIVED, REQUESTS_SENT];
  const responses = [RESPONSES_RECEIVED, RESPONSES_SENT];
  both('method', 'Requests, retransmissions apart', 'tandem_sip_requests_total', requests);
  both('code', 'Responses, retransmissions apart', 'tandem_sip_responses_total', responses);
  const parseHelp = 'Datagrams that are no well-formed SIP message, by what they are';
  counter(registry, 'tandem_sip_parse_failures_total', parseHelp, ['kind'], (emit) => {
    emitCodes(PARSE_RESULT, counters, (code, n) => {
      const kind = parseKinds.get(code) ?? String(code);
      if (code !== ParseResult.Ok && code !== ParseResult.KeepAlive) emit({ kind }, n);
    });
  });
  const endHelp = 'Ended calls by the final code given to the customer';
  counter(registry, 'tandem_call_end_codes_total', endHelp, ['code'], (emit) => {
    emitCodes(CALL_END_CODE, counters, (code, n) => {
      emit({ code: String(code) }, n);
    });
  });
}

/** A counter whose values are counted elsewhere: set anew at each scrape. */
function counter(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly string[],
  read: (emit: Emit) => void,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      read((labels, value) => {
        this.inc(labels, value);
      });
    },
  });
}

function labelsOf(family: Family): string[] {
  const names = Object.keys(family.series[0]?.labels ?? {});
  return family.perShard ? [...names, 'shard'] : names;
}

function emitFamily(family: Family, counters: CounterReader, emit: Emit): void {
  const scale = family.scale ?? 1;
  for (const { cell, labels } of family.series) {
    let sum = 0;
    for (let shard = 0; shard < counters.shards; shard++) {
      const value = counters.ofShard(shard, cell) * scale;
      if (family.perShard) emit({ ...labels, shard: String(shard) }, value);
      sum += value;
    }
    if (!family.perShard) emit({ ...labels }, sum);
  }
}

/** Codes that have been seen; 600 status codes in each direction would drown the others. */
function emitCodes(
  cells: CodeCells,
  counters: CounterReader,
  emit: (code: number, count: number) => void,
): void {
  for (let code = cells.lowest; code < cells.lowest + cells.size; code++) {
    let sum = 0;
    for (let shard = 0; shard < counters.shards; shard++) {
      sum += counters.ofShard(shard, `${cells.name}:${code}`);
    }
    if (sum !== 0) emit(code, sum);
  }
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
