// `npm run gateways` where no edge runs; with one it is in test/sipp/gateways.test.ts.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { repositoryPath } from '../../../../engine/base/paths.ts';

const command = promisify(execFile);

test('without an edge the command says so, and what it asked', async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'tandem-gateways-'));
  t.after(() => rmSync(scratch, { recursive: true }));
  const config = join(scratch, 'tandem.yaml');
  writeFileSync(config, JSON.stringify({ api: 'http://127.0.0.1:1' }));
  const script = repositoryPath('dist/engine/commands/gateways/main.js');
  const failure = await command(process.execPath, [script, '--config', config]).then(
    () => null,
    (error: unknown) => error as { code: number; stderr: string },
  );
  assert.equal(failure?.code, 2);
  assert.match(failure.stderr, /http:\/\/127\.0\.0\.1:1\/gateways: .*is the edge running/);
});
