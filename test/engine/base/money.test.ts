// Money: decimal text to 1e-9 units and back, exactly, and nothing that is not a decimal.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatMoney, parseMoney } from '../../../engine/base/money.ts';

test('whatever is formatted is read back', () => {
  const limit = 10n ** 38n - 1n;
  fc.assert(
    fc.property(fc.bigInt({ min: -limit, max: limit }), (value) => {
      const text = formatMoney(value);
      assert.equal(parseMoney(text), value);
      assert.doesNotMatch(text, /\.$|\.\d*0$|^-0$/);
    }),
  );
});

test('known amounts', () => {
  const amounts: [string, bigint, string][] = [
    ['0', 0n, '0'],
    ['-0', 0n, '0'],
    ['1', 1_000_000_000n, '1'],
    ['0.012', 12_000_000n, '0.012'],
    ['-0.012', -12_000_000n, '-0.012'],
    ['0.000000001', 1n, '0.000000001'],
    ['1000.50', 1_000_500_000_000n, '1000.5'],
    ['-100000', -100_000_000_000_000n, '-100000'],
    ['007', 7_000_000_000n, '7'],
  ];
  for (const [text, value, formatted] of amounts) {
    assert.equal(parseMoney(text), value, text);
    assert.equal(formatMoney(value), formatted, text);
  }
});

test('anything else is refused, not rounded', () => {
  const wrong = ['', ' ', '1.', '.5', '1,5', '+1', '1e3', '0x10', '--1', '1 ', ' 1', '1\n', 'NaN'];
  for (const text of [...wrong, '0.0000000001', `1${'0'.repeat(29)}`, '١']) {
    assert.equal(parseMoney(text), undefined, JSON.stringify(text));
  }
});
