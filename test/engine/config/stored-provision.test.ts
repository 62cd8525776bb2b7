// What is read back from a store that somebody has spoiled: the rest of it, and what is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStoredPhones, readStoredProvision } from '../../../engine/config/stored-provision.ts';
import { openStore } from '../store/stores.ts';

test('entries that the checks refuse are left out, each with its name and reason', async (t) => {
  const store = await openStore(t);
  await store.change({ user: 'ann' }, async (edit) => {
    await edit.set('parameter', 'SS_SIP_TIMEOUT_INVITE', 99);
    await edit.set('parameter', 'SS_OF_ANOTHER_VERSION', 1);
    await edit.set('parameter', 'SS_SIP_TIMEOUT_RINGING', 60);
    await edit.set('account', 'c', {});
    await edit.set('mapping_gateway', 'good', { account: 'c', remoteIps: ['192.0.2.1'] });
    await edit.set('mapping_gateway', 'bad', { account: 'c', remoteIps: ['192.0.2.1/99'] });
    await edit.set('mapping_gateway', 'orphan', { account: 'x', remoteIps: ['192.0.2.9'] });
    await edit.set('routing_gateway', 'half', { clearingAccount: 'c' });
  });
  const { provision, problems } = await readStoredProvision(store.db, store.path);
  assert.equal(provision.parameters.SS_SIP_TIMEOUT_INVITE, 10, 'its default');
  assert.equal(provision.parameters.SS_SIP_TIMEOUT_RINGING, 60);
  assert.deepEqual(
    provision.mappingGateways.map(({ name }) => name),
    ['good'],
  );
  assert.deepEqual(provision.routingGateways, []);
  const text = problems.join('\n');
  assert.match(text, /parameters\.SS_SIP_TIMEOUT_INVITE: is 99; must be a whole number from 1/);
  assert.match(text, /parameters\.SS_OF_ANOTHER_VERSION: unknown parameter/);
  assert.match(text, /mappingGateways "bad"\.remoteIps\[0\]: is "192\.0\.2\.1\/99"/);
  assert.match(text, /mappingGateways "orphan"\.account: unknown account "x"/);
  assert.match(text, /routingGateways "half"\.prefixes: missing/);
});

test('two that do not go together: the later one is left out', async (t) => {
  const store = await openStore(t);
  await store.change({ user: 'ann' }, async (edit) => {
    await edit.set('parameter', 'SERVER_QUERY_MAX_SIZE', 1000);
    await edit.set('parameter', 'SERVER_QUERY_ONE_PAGE_SIZE', 2000);
  });
  const { provision, problems } = await readStoredProvision(store.db, store.path);
  assert.equal(problems.length, 1);
  const { SERVER_QUERY_MAX_SIZE: most, SERVER_QUERY_ONE_PAGE_SIZE: page } = provision.parameters;
  assert.ok(most >= page);
});

test('a phone that is not whole is left out', async (t) => {
  const store = await openStore(t);
  await store.change({ user: 'ann' }, async (edit) => {
    await edit.set('phone', '100', { account: 'c', password: 'p', capacity: 2 });
    await edit.set('phone', '101', { account: 'c' });
  });
  assert.deepEqual(await readStoredPhones(store.db), [
    { e164: '100', account: 'c', password: 'p', capacity: 2, lock: false },
  ]);
});
