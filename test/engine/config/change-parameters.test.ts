// Changes of parameters: together or not at all, checked against all that is in force (PAR-04,
// PAR-08, PAR-09, PAR-11, PAR-12).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeParameters, storedParameters } from '../../../engine/config/change-parameters.ts';
import type { ParameterChanges } from '../../../engine/config/change-parameters.ts';
import { readChanges } from '../../../engine/store/changes.ts';
import type { ControlStore } from '../../../engine/store/control-store.ts';
import { openStore } from '../store/stores.ts';

const ANN = { user: 'ann', note: 'night' };

function set(store: ControlStore, wishes: Record<string, string>): Promise<ParameterChanges> {
  const list = Object.entries(wishes).map(([name, raw]) => ({ name, raw }));
  return changeParameters(store, ANN, list);
}

test('PAR-04: a bad value is refused with its range, and the old one stays', async (t) => {
  const store = await openStore(t);
  await set(store, { SS_SIP_NAT_KEEP_ALIVE_PERIOD: '30' });
  await assert.rejects(set(store, { SS_SIP_NAT_KEEP_ALIVE_PERIOD: '9' }), {
    code: 'TDM_PARAMETER_REFUSED',
    message: /SS_SIP_NAT_KEEP_ALIVE_PERIOD is "9"; must be a whole number from 10 to 86400 \(s\)/,
  });
  assert.deepEqual(await storedParameters(store.db), { SS_SIP_NAT_KEEP_ALIVE_PERIOD: 30 });
});

test('PAR-08: several are set together, or none when one is refused', async (t) => {
  const store = await openStore(t);
  const wishes = { SS_SIP_TIMEOUT_INVITE: '5', SS_NO_SUCH: '1', SS_SIP_SESSION_MIN_SE: '1' };
  await assert.rejects(set(store, wishes), (error: Error) => {
    assert.match(error.message, /no parameter SS_NO_SUCH/);
    assert.match(error.message, /SS_SIP_SESSION_MIN_SE is "1"/);
    assert.match(error.message, /Nothing was changed/);
    return true;
  });
  assert.deepEqual(await storedParameters(store.db), {});
  const { changed } = await set(store, { ss_sip_timeout_invite: '5', SS_QOS_RTP: '0xb8' });
  assert.deepEqual(changed, [
    { name: 'SS_SIP_TIMEOUT_INVITE', oldValue: 10, newValue: 5 },
    { name: 'SS_QOS_RTP', oldValue: 160, newValue: 184 },
  ]);
});

test('PAR-09: the history has user, time, name, old and new value, and the note', async (t) => {
  const store = await openStore(t);
  await set(store, { SS_REPLY_UNAUTHORIZED: 'Off' });
  const [row] = await readChanges(store.db, { section: 'parameter' }, 10);
  assert.ok(row!.atMs > 1_700_000_000_000);
  assert.deepEqual(
    { ...row, atMs: 0 },
    {
      ...ANN,
      atMs: 0,
      section: 'parameter',
      name: 'SS_REPLY_UNAUTHORIZED',
      oldValue: undefined,
      newValue: false,
    },
  );
});

test('PAR-11: a rule refuses or warns, counting what is in force', async (t) => {
  const store = await openStore(t);
  await set(store, { SERVER_QUERY_ONE_PAGE_SIZE: '50000' });
  await assert.rejects(set(store, { SERVER_QUERY_MAX_SIZE: '40000' }), {
    message: /SERVER_QUERY_MAX_SIZE must be at least SERVER_QUERY_ONE_PAGE_SIZE/,
  });
  await set(store, { SERVER_QUERY_MAX_SIZE: '1000', SERVER_QUERY_ONE_PAGE_SIZE: '1000' });
  const { warnings } = await set(store, { SS_ENDPOINT_NAT_EXPIRE: '100' });
  assert.match(warnings[0]!, /SS_SIP_NAT_KEEP_ALIVE_PERIOD should be at most a fifth/);
  assert.deepEqual((await set(store, { SS_SIP_TIMEOUT_INVITE: '9' })).warnings, [], 'told once');
});

test('PAR-12: back to the default, which is a change like any other', async (t) => {
  const store = await openStore(t);
  await set(store, { SS_GATEWAY_SWITCH_LIMIT: '3' });
  const wishes = [{ name: 'SS_GATEWAY_SWITCH_LIMIT', raw: undefined }];
  const { changed } = await changeParameters(store, ANN, wishes);
  assert.deepEqual(changed, [{ name: 'SS_GATEWAY_SWITCH_LIMIT', oldValue: 3, newValue: null }]);
  assert.deepEqual(await storedParameters(store.db), {});
});

test('PAR-10: what is read-only is neither set nor reset', async (t) => {
  const store = await openStore(t);
  for (const raw of ['7', undefined]) {
    const wishes = [{ name: 'SERVER_DATABASE_VERSION', raw }];
    await assert.rejects(changeParameters(store, ANN, wishes), { message: /is read-only/ });
  }
});

test('setting what does nothing yet is kept, with a warning that says why', async (t) => {
  const store = await openStore(t);
  const { warnings } = await set(store, { SS_QOS_RTP: '184' });
  assert.match(warnings[0]!, /SS_QOS_RTP = 184 is kept, but has no effect: media does not/);
});
