// The demo's command line: defaults, values, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { demoArguments } from '../../../bench/demo/demo-arguments.ts';

test('defaults and values', () => {
  assert.deepEqual(demoArguments([]), { seconds: Infinity, rate: 5, config: undefined });
  assert.deepEqual(demoArguments(['--seconds', '30', '--rate=0.5', '--config', 'a.yaml']), {
    seconds: 30,
    rate: 0.5,
    config: 'a.yaml',
  });
});

function refusal(...words: string[]): string {
  const answer = demoArguments(words);
  assert.ok(typeof answer === 'string');
  return answer;
}

test('what is wrong is said', () => {
  assert.match(refusal('--seconds', 'soon'), /--seconds must be 1 or more/);
  assert.match(refusal('--rate', '0'), /--rate must be from 0.1 to 1000/);
  assert.match(refusal('--fast'), /--fast/);
});
