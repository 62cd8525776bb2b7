// The URLs of tandem.yaml: what is accepted, what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseClickHouse,
  parseHttpUrl,
  parseKafka,
  parseListen,
} from '../../../engine/config/addresses.ts';

function refused(parsed: object): boolean {
  return 'problem' in parsed;
}

test('listen takes IP addresses', () => {
  const bad = [
    'udp://',
    'udp://host.example:5060',
    'udp://1.2.3:5060',
    'udp://192.0.2.1:70000',
    'udp://2001:db8::1:5060',
    'udp://[192.0.2.1]:5060',
    '192.0.2.1:5060',
    'sctp://192.0.2.1',
  ];
  for (const url of bad) assert.ok(refused(parseListen(url, undefined)), url);
  assert.ok(!refused(parseListen('udp://[::1]', undefined)));
});

test('listening on every address needs an address to name', () => {
  for (const url of ['udp://0.0.0.0:5060', 'udp://[::]:5060']) {
    assert.ok(refused(parseListen(url, undefined)), url);
    assert.ok(!refused(parseListen(url, '192.0.2.1')), url);
    assert.ok(refused(parseListen(url, '192.0.2.1:port')), url);
  }
});

test('api is plain HTTP with a port', () => {
  for (const url of ['http://h', 'https://h:1', 'http://h:1/path', 'h:1', 'http://300.1.1.1:80']) {
    assert.ok(refused(parseHttpUrl(url)), url);
  }
});

test('kafka is none or brokers', () => {
  assert.deepEqual(parseKafka('none'), { value: null });
  for (const text of ['', 'a,,b', 'http://a', 'a:b']) assert.ok(refused(parseKafka(text)), text);
});

test('clickhouse', () => {
  const bad = ['embedded://', 'http://', 'http://a@b@c', 'http://%zz@host', 'x'];
  for (const text of bad) assert.ok(refused(parseClickHouse(text)), text);
  const parsed = parseClickHouse('http://reader@[2001:db8::1]');
  assert.ok('value' in parsed);
  assert.equal(parsed.value.url, 'http://[2001:db8::1]:8123');
  assert.deepEqual([parsed.value.user, parsed.value.password], ['reader', '']);
});
