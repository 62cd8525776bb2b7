// Registrations over a restart: written each second, restored before the shards start, orders of
// the operator obeyed.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { until } from '../../../bench/calls/until.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { Pace } from '../../../engine/edge/pace.ts';
import { RegistrationStore } from '../../../engine/edge/registration-store.ts';
import { createLocationTable } from '../../../engine/registry/location-layout.ts';
import { LocationTable } from '../../../engine/registry/location-table.ts';
import { LocationWriter } from '../../../engine/registry/location-writer.ts';
import { createSuspensions, Suspect, Suspensions } from '../../../engine/registry/suspensions.ts';
import { ControlStore } from '../../../engine/store/control-store.ts';
import { orderEnd, readRegistrations, readSuspects } from '../../../engine/store/registrations.ts';
import { registration } from '../registry/registrations.ts';

const log = pino({ enabled: false });

function storeFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  return join(folder, 'tandem.db');
}

function parts(shards = 1): {
  locations: SharedArrayBuffer;
  suspensions: SharedArrayBuffer;
  ended: string[];
} {
  return {
    locations: createLocationTable(100, shards),
    suspensions: createSuspensions(64),
    ended: [],
  };
}

async function open(
  path: string,
  own: ReturnType<typeof parts>,
): Promise<{ start(): void; stop(): Promise<void> }> {
  const end = (aor: string): void => void own.ended.push(aor);
  const store = await ControlStore.open(path);
  const kept = await RegistrationStore.open(store, { ...own, clock: systemClock, log, end });
  return {
    start: () => {
      kept.start(new Pace());
    },
    stop: async () => {
      await kept.stop();
      await store.close();
    },
  };
}

test('what is registered at the end is registered after the next start', async (t) => {
  const path = storeFile(t);
  const before = parts();
  const store = await open(path, before);
  const writer = new LocationWriter(before.locations, 0);
  const expiresAtMs = Date.now() + 60_000;
  const kept = ['1', '2', '3'].map((aor) => registration({ aor, expiresAtMs }));
  for (const one of kept) writer.put(one);
  writer.put(registration({ aor: 'old', expiresAtMs: Date.now() - 1 }));
  writer.remove(writer.recordOf('2', kept[1]!.contact));
  await store.stop();
  const after = parts(2);
  const next = await open(path, after);
  const table = new LocationTable(after.locations);
  assert.deepEqual(table.lookUp('1', 0), [kept[0]]);
  assert.deepEqual([table.lookUp('2', 0), table.lookUp('old', 0)], [[], []]);
  assert.equal(table.registered, 2);
  await next.stop();
  const reader = await ControlStore.open(path);
  assert.equal((await readRegistrations(reader.db)).length, 2, 'no row is left of the old table');
  await reader.close();
});

test('changes are written meanwhile; an order ends registrations and suspensions', async (t) => {
  const path = storeFile(t);
  const own = parts();
  const store = await open(path, own);
  store.start();
  const expiresAtMs = Date.now() + 60_000;
  new LocationWriter(own.locations, 0).put(registration({ aor: '1', expiresAtMs }));
  const suspensions = new Suspensions(own.suspensions);
  suspensions.fail(Suspect.Terminal, '1', Date.now(), 1, 180);
  const reader = await ControlStore.open(path);
  const rows = await until(async () => {
    const found = await readRegistrations(reader.db, '1');
    return found.length > 0 ? found : undefined;
  }, 5000);
  assert.equal(rows?.length, 1);
  assert.match((await readSuspects(reader.db)).join(), /"name":"1","failures":0,"totalFailures":1/);
  await reader.transaction((db) => orderEnd(db, '1'));
  assert.deepEqual(await until(() => (own.ended.length > 0 ? own.ended : undefined), 5000), ['1']);
  assert.equal(suspensions.isSuspended(Suspect.Terminal, '1', Date.now()), false);
  await reader.close();
  await store.stop();
});
