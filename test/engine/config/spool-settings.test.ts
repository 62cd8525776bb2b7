// Sizes of the spool: units, bounds, and what is said about the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../engine/config/load.ts';
import { yamlFile } from './files.ts';

test('sizes with their units', (t) => {
  const text =
    'spool: { maxBytes: 1 TiB, warnPercent: 70, minFreeBytes: 512MiB, keepBytes: 9 KiB }';
  assert.deepEqual(loadConfig(yamlFile(t, text)).spool, {
    maxBytes: 2 ** 40,
    warnPercent: 70,
    minFreeBytes: 512 * 2 ** 20,
    keepBytes: 9 * 2 ** 10,
  });
});

test('a part of the map keeps the other defaults', (t) => {
  const { spool } = loadConfig(yamlFile(t, 'spool: { maxBytes: 300 MiB }'));
  assert.deepEqual([spool.maxBytes, spool.warnPercent], [300 * 2 ** 20, 80]);
});

test('what is no size, or too small, is named', (t) => {
  const refused = (text: string): string => {
    try {
      loadConfig(yamlFile(t, text));
    } catch (error) {
      return String(error);
    }
    return 'accepted';
  };
  for (const size of ['50', '50 GB', '-1 GiB', '1.5 GiB']) {
    assert.match(refused(`spool: { maxBytes: "${size}" }`), /maxBytes.*must be a size such as/);
  }
  assert.match(refused('spool: { maxBytes: 100 MiB }'), /maxBytes.*at least 256 MiB/);
  assert.match(refused('spool: { warnPercent: 100 }'), /warnPercent.*percent from 1 to 99/);
  assert.match(refused('spool: { maxbytes: 1 GiB }'), /unknown key.*did you mean "maxBytes"/);
  assert.match(refused('spool: 50 GiB'), /must be a map such as/);
});
