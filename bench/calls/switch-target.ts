// The switch as a target of load rounds: CPU of the edge, CPU of ingest apart, records counted.
import { benchProvision } from './bench-provision.ts';
import type { LoadTarget, RecordedCalls } from './load-target.ts';
import { startSwitch } from './switch-process.ts';
import type { SwitchProcess } from './switch-process.ts';
import { until } from './until.ts';

export interface SwitchTargetOptions {
  readonly shards: number;
  readonly io: string;
}

const RECORDS_TIMEOUT_MS = 60_000;

/** Waits until ClickHouse holds a CDR for `expected` calls, or 60 s; what it holds then. */
export async function countRecords(edge: SwitchProcess, expected: number): Promise<RecordedCalls> {
  let last: RecordedCalls = { rows: 0, distinct: 0 };
  await until(
    async () => {
      const rows = await edge.query<RecordedCalls>(
        'select count() as rows, uniqExact(id) as distinct from tandem.cdr',
      );
      last = rows[0] ?? last;
      return last.distinct >= expected ? true : undefined;
    },
    RECORDS_TIMEOUT_MS,
    250,
  );
  return last;
}

/** Starts the switch in front of the vendor on 127.0.0.1:`vendorPort`. */
export async function startSwitchTarget(
  options: SwitchTargetOptions,
  vendorPort: number,
): Promise<LoadTarget> {
  const edge = await startSwitch({ provision: benchProvision(vendorPort), ...options });
  return {
    name: `tandem (${options.shards} ${options.shards === 1 ? 'shard' : 'shards'}, ${options.io})`,
    sipPort: edge.sipPort,
    enginePids: () => [edge.pid],
    recordPids: () => edge.childPids(),
    recordedCalls: (expected) => countRecords(edge, expected),
    async stop() {
      await edge.stop();
    },
  };
}
