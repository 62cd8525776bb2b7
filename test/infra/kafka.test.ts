// `npm run kafka`: a broker that starts, keeps its data, and says what it lacks.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { repositoryPath } from '../../engine/base/paths.ts';
import { temporaryDirectory } from '../engine/cdr/records.ts';

const MAIN = repositoryPath('dist', 'infra', 'kafka', 'main.js');
const LIMIT = { timeout: 90_000 };

/** Runs it until it serves, then stops it as an operator does. Returns what it said. */
async function startAndStop(t: TestContext, words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGTERM'));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  child.kill('SIGTERM');
  assert.equal(((await ended) as [number])[0], 0);
  return line;
}

test('starts a broker, stops it, and starts it again on its data', LIMIT, async (t) => {
  const port = 30_000 + Math.floor(Math.random() * 2000);
  const words = ['--data', join(temporaryDirectory(t), 'kafka'), '--port', String(port)];
  for (let life = 0; life < 2; life++) {
    assert.equal(await startAndStop(t, words), `kafka: 127.0.0.1:${port}`);
  }
});

test('says what is missing and how it is called', () => {
  const run = (words: readonly string[], path?: string): [number | null, string] => {
    const env = path === undefined ? process.env : { ...process.env, PATH: path };
    const { status, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
      encoding: 'utf8',
      env,
    });
    return [status, stderr];
  };
  for (const words of [
    ['--brokers', '0'],
    ['--port', 'x'],
    ['--nodes', '3'],
  ]) {
    const [status, text] = run(words);
    assert.equal(status, 2);
    assert.match(text, /usage: npm run kafka -- \[--brokers N\]/);
  }
  const [status, text] = run([], '/nonexistent');
  assert.equal(status, 1);
  assert.match(
    text,
    /TDM_KAFKA_BROKER: Java is not installed.*apt install openjdk-17-jre-headless/,
  );
});
