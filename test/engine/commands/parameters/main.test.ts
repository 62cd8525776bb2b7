// The command as operators call it: what it prints, what it changes, its exit codes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { repositoryPath } from '../../../../engine/base/paths.ts';
import type { ParameterView } from '../../../../engine/commands/parameters/parameter-view.ts';
import { storeFolder } from '../../store/stores.ts';

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function command(t: TestContext): (...args: string[]) => Run {
  const folder = storeFolder(t);
  const config = join(folder, 'tandem.yaml');
  writeFileSync(config, '{ data: data, provision: provision.yaml }');
  writeFileSync(join(folder, 'provision.yaml'), 'parameters: { SS_SIP_TIMEOUT_INVITE: 8 }');
  const script = repositoryPath('dist', 'engine', 'commands', 'parameters', 'main.js');
  return (...args) => {
    const run = spawnSync(process.execPath, [script, ...args, '--config', config], {
      encoding: 'utf8',
    });
    return { code: run.status, out: run.stdout, err: run.stderr };
  };
}

test('PAR-02: the list has name, value, default, range, unit, effect and meaning', (t) => {
  const run = command(t);
  const { code, out } = run('list');
  assert.equal(code, 0);
  const lines = out.trimEnd().split('\n');
  assert.equal(lines.length, 128);
  assert.match(lines[0]!, /^name +value +default +range +unit +effect +meaning$/);
  const invite = lines.find((line) => line.startsWith('SS_SIP_TIMEOUT_INVITE '))!;
  assert.match(invite, / 8 +10 +a whole number from 1 to 32 \(s\) +s +at once +Time a vendor has/);
  const rtp = lines.find((line) => line.startsWith('SS_QOS_RTP '))!;
  assert.match(rtp, /none: media does not pass through the switch yet/);
});

test('NAT-21: the advice on the period stands beside it', (t) => {
  const { out } = command(t)('get', 'SS_SIP_NAT_KEEP_ALIVE_PERIOD');
  const advice = ['10 s', '30 s most', '60 s', '300 s', '86400 s', '30 to 120 s'];
  for (const part of advice) assert.ok(out.replace(/\s+/g, ' ').includes(part), `${part}: ${out}`);
});

test('PAR-03: a part of the name or of the meaning, a category, only what was changed', (t) => {
  const run = command(t);
  const names = (...args: string[]): string[] =>
    (JSON.parse(run('list', ...args, '--json').out) as ParameterView[]).map(({ name }) => name);
  assert.deepEqual(names('resend_interval'), ['SS_SIP_RESEND_INTERVAL']);
  assert.deepEqual(names('voicemail', 'message'), [
    'IVR_VOICEMAIL_EXPIRE_DAY',
    'IVR_VOICEMAIL_MAX_TIME',
  ]);
  assert.equal(names('--category', 'softswitch.h323').length, 6);
  assert.equal(names('--category', 'server').length, 44);
  assert.deepEqual(names('--changed'), ['SS_SIP_TIMEOUT_INVITE']);
  run('set', 'SS_REPLY_UNAUTHORIZED=off');
  assert.deepEqual(names('--changed'), ['SS_REPLY_UNAUTHORIZED']);
});

test('set, get, reset and history', (t) => {
  const run = command(t);
  const set = run(
    'set',
    'SS_SIP_RESEND_INTERVAL=1,2',
    'SS_GATEWAY_SWITCH_LIMIT=0',
    '--user',
    'ann',
  );
  assert.equal(set.code, 0, set.err);
  assert.match(set.out, /SS_SIP_RESEND_INTERVAL: 0\.5,1,2,4,4,4,4,4,4,4 -> 1,2\n/);
  assert.match(set.out, /SS_GATEWAY_SWITCH_LIMIT: None -> 0\n/);
  assert.match(run('get', 'SS_SIP_RESEND_INTERVAL').out, /^value +1,2$/m);
  const reset = run('reset', 'SS_GATEWAY_SWITCH_LIMIT', '--note', 'too few', '--user', 'bob');
  assert.match(reset.out, /SS_GATEWAY_SWITCH_LIMIT: 0 -> None\n/);
  const history = run('history', 'SS_GATEWAY_SWITCH_LIMIT').out.split('\n');
  assert.match(
    history[1]!,
    /^\d{4}-.*Z +bob +SS_GATEWAY_SWITCH_LIMIT +0 +None \(default\) +too few/,
  );
  assert.match(history[2]!, /ann +SS_GATEWAY_SWITCH_LIMIT +None \(default\) +0$/);
  const rows = JSON.parse(run('history', '--json', '--limit', '1').out) as { user: string }[];
  assert.deepEqual(
    rows.map(({ user }) => user),
    ['bob'],
  );
});

test('PAR-13: what a gateway overrides, and rules across parameters, stand in get', (t) => {
  const run = command(t);
  assert.match(run('get', 'SS_SIP_TIMEOUT_RINGING').out, /^override +routing gateway timeoutRing/m);
  assert.match(
    run('get', 'SS_ENDPOINT_EXPIRE').out,
    /^rule +SS_ENDPOINT_EXPIRE should be at least/m,
  );
  assert.match(run('get', 'SERVER_DATABASE_VERSION').out, /^range +read-only$/m);
});

test('refused changes and wrong arguments: exit code 2, what is wrong, what to do', (t) => {
  const run = command(t);
  const cases: [string[], RegExp][] = [
    [['set', 'SS_SIP_TIMEOUT_INVITE=33'], /is "33"; must be a whole number from 1 to 32 \(s\)/],
    [['set', 'SS_SIP_TIMEOUT_INVIT=3'], /did you mean "SS_SIP_TIMEOUT_INVITE"\?/],
    [['set', 'SS_SIP_TIMEOUT_INVITE'], /'SS_SIP_TIMEOUT_INVITE' is not NAME=VALUE/],
    [['set'], /which parameters\?/],
    [['get'], /get takes one NAME/],
    [['get', 'SS_NOTHING_LIKE_IT'], /there is no parameter SS_NOTHING_LIKE_IT/],
    [['list', '--note', 'x'], /list takes no --note/],
    [['history', '--limit', '0'], /--limit '0' is not a number/],
    [['remove'], /there is no command 'remove'/],
    [[], /which command\?/],
    [['list', '--colour'], /colour/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, message);
    assert.match(err, /what to do: /);
  }
  assert.equal(run('--help').code, 0);
});
