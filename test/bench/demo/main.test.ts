// The demo as a newcomer runs it: the switch comes up, calls flow, a report is printed, all stops.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { freeTcpPort, freeUdpPort } from '../../../infra/free-port.ts';
import { repositoryPath } from '../../../engine/base/paths.ts';

/** The sample files with free ports and a folder of their own. */
async function sampleOnFreePorts(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-demo-'));
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const sample = readFileSync(repositoryPath('infra/samples/provision.yaml'), 'utf8')
    .replace('signalPort: 5090', `signalPort: ${await freeUdpPort()}`)
    .replace('signalPort: 5092', `signalPort: ${await freeUdpPort()}`);
  writeFileSync(join(folder, 'provision.yaml'), sample);
  const config = join(folder, 'tandem.yaml');
  writeFileSync(
    config,
    [
      'data: ./data',
      'shards: 1',
      `listen: ["udp://127.0.0.1:${await freeUdpPort()}"]`,
      `api: http://127.0.0.1:${await freeTcpPort()}`,
      `clickhouse: embedded://127.0.0.1:${await freeTcpPort()}`,
      'provision: ./provision.yaml',
    ].join('\n'),
  );
  return config;
}

test('npm run demo: calls, figures, the report, exit 0', { timeout: 120_000 }, async (t) => {
  const config = await sampleOnFreePorts(t);
  const main = repositoryPath('dist/bench/demo/main.js');
  const args = [main, '--seconds', '6', '--rate', '20', '--config', config];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, output);
  const lines = output.split('\n').filter((line) => line.startsWith('calls up '));
  assert.ok(lines.length >= 4, output);
  const calls = Number(/ calls +(\d+) /.exec(lines.at(-1)!)?.[1]);
  assert.ok(calls >= 40, `${calls} calls in 6 s at 20/s\n${output}`);
  assert.match(output, /alpha-1/);
});
