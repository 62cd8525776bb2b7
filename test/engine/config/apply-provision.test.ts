// provision.yaml into the store: idempotent, with history, as a whole or not at all.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { applyProvision, isApplied } from '../../../engine/config/apply-provision.ts';
import { changeParameters } from '../../../engine/config/change-parameters.ts';
import { loadConfig } from '../../../engine/config/load.ts';
import { loadProvision } from '../../../engine/config/provision.ts';
import { readStoredPhones, readStoredProvision } from '../../../engine/config/stored-provision.ts';
import { readChanges } from '../../../engine/store/changes.ts';
import type { ControlStore } from '../../../engine/store/control-store.ts';
import { openStore } from '../store/stores.ts';
import { yamlFile } from './files.ts';

const HEAD = `
rateGroups: [{ name: r, rates: [] }]
accounts: [{ account: c, rateGroup: r }]
`;

async function parametersOf(store: ControlStore): Promise<Record<string, unknown>> {
  const { provision, problems } = await readStoredProvision(store.db, store.path);
  assert.deepEqual(problems, []);
  return { ...provision.parameters };
}

test('the samples come out of the store as they stand in the file', async (t) => {
  const store = await openStore(t);
  const path = loadConfig().provision;
  const given = loadProvision(path);
  assert.equal(await isApplied(store, path), false);
  await applyProvision(store, path);
  assert.equal(await isApplied(store, path), true);
  const { provision, problems } = await readStoredProvision(store.db, store.path);
  assert.deepEqual(problems, []);
  assert.deepEqual(provision.parameters, given.parameters);
  assert.deepEqual(provision.mappingGateways, given.mappingGateways);
  assert.deepEqual(provision.routingGateways, given.routingGateways);
  assert.deepEqual(provision.accounts, given.accounts);
  assert.deepEqual(await readStoredPhones(store.db), given.phones);
});

test('a parameter set by hand lasts until the file says something new about it', async (t) => {
  const store = await openStore(t);
  const path = yamlFile(t, 'parameters: { SS_SIP_TIMEOUT_INVITE: 8, SS_REPLY_UNAUTHORIZED: On }');
  await applyProvision(store, path);
  const wish = { name: 'SS_SIP_TIMEOUT_INVITE', raw: '9' };
  await changeParameters(store, { user: 'ann' }, [wish]);
  writeFileSync(path, 'parameters: { SS_SIP_TIMEOUT_INVITE: 8, SS_REPLY_UNAUTHORIZED: false }');
  await applyProvision(store, path);
  const mixed = await parametersOf(store);
  assert.equal(mixed['SS_SIP_TIMEOUT_INVITE'], 9);
  assert.equal(mixed['SS_REPLY_UNAUTHORIZED'], false);
  writeFileSync(path, 'parameters: { SS_SIP_TIMEOUT_INVITE: 7 }');
  await applyProvision(store, path);
  const last = await parametersOf(store);
  assert.equal(last['SS_SIP_TIMEOUT_INVITE'], 7);
  assert.equal(last['SS_REPLY_UNAUTHORIZED'], true, 'gone from the file: the default');
  const of = { section: 'parameter', name: 'SS_SIP_TIMEOUT_INVITE' };
  const users = (await readChanges(store.db, of, 10)).map(({ user, newValue }) => [user, newValue]);
  assert.deepEqual(users, [
    ['provision', 7],
    ['ann', 9],
    ['provision', 8],
  ]);
});

test('a file with an error changes nothing, and is looked at again', async (t) => {
  const store = await openStore(t);
  const path = yamlFile(t, 'parameters: { SS_SIP_TIMEOUT_INVITE: 8 }');
  await applyProvision(store, path);
  writeFileSync(path, 'parameters: { SS_REPLY_UNAUTHORIZED: Off, SS_SIP_TIMEOUT_INVITE: 99 }');
  await assert.rejects(applyProvision(store, path), { code: 'TDM_PROVISION_INVALID' });
  assert.equal(await isApplied(store, path), false);
  const parameters = await parametersOf(store);
  assert.equal(parameters['SS_SIP_TIMEOUT_INVITE'], 8);
  assert.equal(parameters['SS_REPLY_UNAUTHORIZED'], true);
});

test('a file that does not go together with what was made by hand changes nothing', async (t) => {
  const store = await openStore(t);
  const gateway = (name: string): string =>
    `mappingGateways: [{ name: ${name}, account: c, remoteIps: [192.0.2.1] }]`;
  const path = yamlFile(t, HEAD + gateway('by-file'));
  await applyProvision(store, path);
  await store.change({ user: 'ann' }, async (edit) => {
    await edit.remove('mapping_gateway', 'by-file');
    await edit.set('mapping_gateway', 'by-hand', { account: 'c', remoteIps: ['192.0.2.1'] });
  });
  writeFileSync(path, HEAD + gateway('new'));
  await assert.rejects(applyProvision(store, path), {
    code: 'TDM_PROVISION_INVALID',
    message: /does not go together.*\n.*192\.0\.2\.1 of mapping gateway "new" overlaps/,
  });
  const { provision } = await readStoredProvision(store.db, store.path);
  assert.deepEqual(
    provision.mappingGateways.map(({ name }) => name),
    ['by-hand'],
  );
});

test('SEC-11: no password in the history', async (t) => {
  const store = await openStore(t);
  const path = yamlFile(t, `${HEAD}phones: [{ e164: "100", account: c, password: s3cr3t }]`);
  await applyProvision(store, path);
  const rows = JSON.stringify(await store.db.selectFrom('change').selectAll().execute());
  assert.ok(rows.includes('"100"') && !rows.includes('s3cr3t'));
});
