// What tracing costs calls that are not traced: rounds of the same calls through a core, without a
// trace and while another number is traced, in turn. The quietest rounds are compared: other load
// on the machine only ever adds.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { repositoryPath } from '../../../engine/base/paths.ts';

const BENCH = repositoryPath('dist', 'bench', 'micro', 'call.js');
const CALLS = '40000';
/** Far above what it costs (some percent), far below what copying every message would. */
const MOST = 1.2;

test('calls cost the same while another number is traced', { timeout: 120_000 }, () => {
  const args = [BENCH, CALLS, '--trace'];
  const printed = execFileSync(process.execPath, args, { encoding: 'utf8' });
  const ratio = Number(/ratio ([\d.]+)/.exec(printed)?.[1]);
  assert.ok(ratio < MOST, printed);
});
