// The nightly run of the ingest process: from 01:00 server time on it makes the reports of the day
// before that are switched on. It looks at what is there rather than at the clock alone: nights
// that were missed are made up for, and days with records that came late are made again, within
// the hour.
import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../../../engine/base/clock.ts';
import type { ServerParameterValues } from '../../../engine/base/parameter-values.ts';
import { BackOff } from '../../back-off.ts';
import type { IngestContext, IngestJob } from '../../ingest-job.ts';
import type { IngestLog } from '../../ingest-log.ts';
import { setProblem } from '../../ingest-state.ts';
import { addDaysTo, localDay } from '../local-time.ts';
import { generateReport } from './generate-day.ts';
import { NIGHTLY_REPORTS } from './nightly-catalogue.ts';
import { changedSince, clickHouseTime, daysBetween } from './report-runs.ts';
import { firstDayWithCalls, readRuns, recordRun } from './report-runs.ts';

/** How far back missed nights are made up for and late records are looked for. */
const DAYS_BACK = 62;
const HOUR_MS = 3_600_000;
/** How often the clock is looked at. */
const LOOK_MS = 30_000;

/** The last local day whose night has come: before 01:00 that is the day before yesterday. */
export function dueDay(nowMs: number, timezone: string): string {
  return addDaysTo(localDay(nowMs - HOUR_MS, timezone), -1);
}

/** One round: everything up to `lastDay` that is missing or has changed; stops on `stop`. */
export async function makeReports(
  client: ClickHouseClient,
  settings: {
    readonly lastDay: string;
    readonly timezone: string;
    readonly parameters: ServerParameterValues;
    readonly log: IngestLog;
  },
  stop: AbortSignal,
): Promise<void> {
  const { lastDay, timezone, parameters, log } = settings;
  const horizon = addDaysTo(lastDay, 1 - DAYS_BACK);
  const firstDay = await firstDayWithCalls(client, horizon, timezone);
  if (firstDay === undefined) return;
  const runs = await readRuns(client, firstDay);
  const known = new Set(runs.map(({ table, day }) => `${day} ${table}`));
  for (const { table, day } of await changedSince(client, firstDay, timezone)) {
    log.info({ table, day }, 'records came after the report was made: it is made again');
    known.delete(`${day} ${table}`);
  }
  const made = new Set(
    runs.flatMap(({ table, day, state }) => (state === 'made' ? [`${day} ${table}`] : [])),
  );
  for (const day of daysBetween(firstDay, lastDay)) {
    for (const nightly of NIGHTLY_REPORTS) {
      const { table, parameter } = nightly;
      if (stop.aborted) return;
      if (known.has(`${day} ${table}`)) continue;
      // A report that was made stays right, also when it has been switched off since.
      if (parameters[parameter] || made.has(`${day} ${table}`)) {
        const { rows } = await generateReport(client, nightly, day, timezone);
        log.info({ table, day, timezone, rows }, 'report made');
      } else {
        const run = { table, day, state: 'off', timezone, rows: 0 } as const;
        await recordRun(client, run, await clickHouseTime(client));
      }
    }
  }
}

/** Job of the ingest process. */
export function nightlyReports(
  context: IngestContext,
  client: ClickHouseClient,
  clock: Clock,
): IngestJob {
  const { state, log, config } = context;
  const { timezone } = config;
  const name = 'nightly reports';
  return {
    name,
    async run(stop) {
      const backOff = new BackOff();
      let done = '';
      while (!stop.aborted) {
        const nowMs = clock.wallMs();
        const lastDay = dueDay(nowMs, timezone);
        const round = `${lastDay} ${Math.floor(nowMs / HOUR_MS)}`;
        const parameters = context.parameters.current;
        if (round !== done && parameters !== undefined) {
          try {
            await makeReports(client, { lastDay, timezone, parameters, log }, stop);
            done = round;
            backOff.reset();
            setProblem(state, name, '');
          } catch (error) {
            setProblem(state, name, String(error));
            log.warn({ lastDay, error: String(error) }, 'the nightly reports are tried again');
            await backOff.wait(stop);
            continue;
          }
        }
        await delay(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
      }
      return true;
    },
  };
}
