// A token is found in any list and any line of its header, whole and in any case, and nowhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { word } from '../../../../engine/sip/message/bytes.ts';
import { HeaderId } from '../../../../engine/sip/message/header-names.ts';
import { lists } from '../../../../engine/sip/message/option-tags.ts';
import { parsed } from './parsed.ts';

const TIMER = word('timer');

test('one token in the lists of a header', () => {
  const cases: [string, boolean][] = [
    ['Supported: timer\r\n', true],
    ['k: 100rel,TIMER , replaces\r\n', true],
    ['Supported: 100rel\r\nSupported: path, timer\r\n', true],
    ['Supported: \r\nSupported: ,,timer\r\n', true],
    ['Supported:\r\n 100rel,\r\n timer\r\n', true],
    ['Supported: timers\r\n', false],
    ['Supported: no-timer\r\n', false],
    ['Require: timer\r\n', false],
    ['', false],
  ];
  for (const [headers, found] of cases) {
    assert.equal(lists(parsed(headers), HeaderId.Supported, TIMER), found, headers);
  }
});
