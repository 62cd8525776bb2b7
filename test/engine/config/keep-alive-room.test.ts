// NAT-06, NAT-07 at configuration time: what is said when the phones of the store are more than one
// cycle of heartbeats reaches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeParameters } from '../../../engine/config/change-parameters.ts';
import { keepAliveShortage } from '../../../engine/config/keep-alive-room.ts';
import { openStore } from '../store/stores.ts';

const PERIOD = 'SS_SIP_NAT_KEEP_ALIVE_PERIOD';

test('the default settings have room for 180,000 phones, and say what one more needs', () => {
  assert.equal(keepAliveShortage({}, 180_000), null);
  const text = keepAliveShortage({}, 180_001)!;
  assert.match(text, /a cycle of 30 s reaches 180000 devices, but 180001 phones may register/);
  assert.match(text, /SS_SIP_NAT_KEEP_ALIVE_PERIOD should be at least 31,/);
  assert.equal(keepAliveShortage({ [PERIOD]: 31 }, 180_001), null, 'what it says is enough');
});

test('without a message there is nothing to fit', () => {
  assert.equal(keepAliveShortage({ SS_SIP_NAT_KEEP_ALIVE_MESSAGE: '' }, 1_000_000), null);
});

test('NAT-06, NAT-07: a change warns once when the phones of the store do not fit', async (t) => {
  const store = await openStore(t);
  await store.change({ user: 'ann' }, async (edit) => {
    const writes = Array.from({ length: 150 }, (_, i) => {
      const value = JSON.stringify({ account: 'acme', password: 'secret' });
      return { name: `88017${i}`, before: null, value, provisioned: null };
    });
    await edit.write('phone', writes);
  });
  const set = async (raw: Record<string, string>): Promise<readonly string[]> => {
    const wishes = Object.entries(raw).map(([name, value]) => ({ name, raw: value }));
    return (await changeParameters(store, { user: 'ann' }, wishes)).warnings;
  };
  const small = {
    SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME: '10',
    SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL: '3000',
  };
  const [warning, ...more] = await set(small);
  assert.match(warning!, /a cycle of 30 s reaches 100 devices, but 150 phones .* at least 45,/);
  assert.deepEqual(more, []);
  assert.deepEqual(await set({ SS_SIP_TIMEOUT_INVITE: '9' }), [], 'told once');
  assert.match((await set({ [PERIOD]: '44' }))[0]!, /reaches 140 devices, but 150 phones/);
  assert.deepEqual(await set({ [PERIOD]: '45' }), []);
});
