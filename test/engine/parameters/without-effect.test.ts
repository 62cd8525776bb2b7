// The marks "has no effect" are true: a name without one is read somewhere in the sources, a name
// with one is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARAMETER_NAMES, PARAMETERS } from '../../../engine/parameters/registry.ts';
import { WITHOUT_EFFECT } from '../../../engine/parameters/without-effect.ts';
import { readSourceTree } from '../../tidy/source-tree.ts';

/** Where a name stands without anything being done by it. */
const DECLARED = /^engine\/(parameters\/|base\/(later-)?parameter-values|config\/provision)/;

function namesRead(): Set<string> {
  const text = readSourceTree()
    .filter(({ path }) => /^(engine|workers|ingest)\//.test(path) && !DECLARED.test(path))
    .map((file) => file.text.replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, ''))
    .join('\n');
  return new Set(text.match(/\b(SS|SERVER|IVR)_[A-Z0-9_]+\b/g));
}

test('what has no effect is marked, and nothing else', () => {
  const read = namesRead();
  const settable = PARAMETER_NAMES.filter((name) => !('readOnly' in PARAMETERS[name]));
  const unmarked = settable.filter((name) => !read.has(name) && !(name in WITHOUT_EFFECT));
  const wronglyMarked = Object.keys(WITHOUT_EFFECT).filter((name) => read.has(name));
  assert.deepEqual({ unmarked, wronglyMarked }, { unmarked: [], wronglyMarked: [] });
});

test('each reason can be read after "has no effect: "', () => {
  for (const reason of Object.values(WITHOUT_EFFECT)) assert.match(reason, /^[a-zA-Z].+[^.]$/);
});
