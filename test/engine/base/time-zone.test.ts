// Which texts are time zones that both Node and ClickHouse know.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimeZone } from '../../../engine/base/time-zone.ts';

test('names of the IANA database', () => {
  for (const name of ['UTC', 'Asia/Dhaka', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'GMT']) {
    assert.ok(isTimeZone(name), name);
  }
});

test('what is none: offsets, other spellings, anything else', () => {
  for (const name of ['', '+05:30', 'asia/dhaka', 'Mars/Olympus', 'Dhaka', "UTC'", 'Asia/']) {
    assert.ok(!isTimeZone(name), name);
  }
});
