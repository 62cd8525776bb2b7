// Command lines of the benches: unknown names and values out of range are refused by name.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { choiceOf, numberOf, parseArguments } from '../../../bench/calls/arguments.ts';

const KNOWN = { rate: 'value', io: 'value', json: 'flag' } as const;

describe('arguments of benches', () => {
  it('reads values and flags', () => {
    const given = parseArguments(['--rate', '200', '--json'], KNOWN);
    assert.equal(numberOf(given, 'rate', 1000), 200);
    assert.equal(numberOf(given, 'seconds', 60), 60);
    assert.equal(given.has('json'), true);
    assert.equal(choiceOf(given, 'io', ['auto', 'native'], 'auto'), 'auto');
  });

  it('names what it does not take', () => {
    assert.throws(() => parseArguments(['--rat', '1'], KNOWN), /--rat.*known: --rate --io --json/);
    assert.throws(() => parseArguments(['rate'], KNOWN), /unknown argument rate/);
    assert.throws(() => parseArguments(['--rate'], KNOWN), /--rate needs a value/);
    const given = parseArguments(['--rate', '0', '--io', 'slow'], KNOWN);
    assert.throws(() => numberOf(given, 'rate', 1000), /--rate must be a number from 1/);
    assert.throws(() => choiceOf(given, 'io', ['auto'], 'auto'), /--io must be one of auto/);
  });
});
