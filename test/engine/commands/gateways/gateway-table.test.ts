// The table of `npm run gateways`: a line a gateway, each state in words.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatewayTable } from '../../../../engine/commands/gateways/gateway-table.ts';
import { PLAIN_ROW } from '../../http/fake-metrics-source.ts';

test('every state has its words, columns are aligned', () => {
  const table = gatewayTable([
    { ...PLAIN_ROW, name: 'plain' },
    {
      ...PLAIN_ROW,
      name: 'busy',
      status: 'offline',
      reason: 'Retry-After',
      locked: true,
      calls: 7,
      capacity: 9,
      registration: { state: 'registered', code: 200, secondsLeft: 44 },
      probe: { state: 'up', latencyMs: 12.34, answeredSecondsAgo: 1 },
      published: { state: 'open', capacity: 9, secondsLeft: 120 },
      retryAfterSeconds: 12,
    },
    {
      ...PLAIN_ROW,
      name: 'refused\u001b[31m',
      registration: { state: 'failed', code: 403, secondsLeft: 0 },
      probe: { state: 'down', latencyMs: 12, answeredSecondsAgo: 99 },
      published: { state: 'closed', capacity: null, secondsLeft: 5 },
    },
  ]);
  const cells = table
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual(cells, [
    'kind name status calls address registration latency published'
      .split(' ')
      .concat('retry after'),
    ['routing', 'plain', 'online', '0/-', '192.0.2.9:5060', '-', '-', '-', '-'],
    [
      ...['routing', 'busy', 'offline: Retry-After (locked)', '7/9', '192.0.2.9:5060'],
      ...['registered 44 s', '12.3 ms', 'open 9 120 s', '12 s'],
    ],
    [
      ...['routing', 'refused?[31m', 'online', '0/-', '192.0.2.9:5060'],
      ...['failed 403', 'down', 'closed 5 s', '-'],
    ],
  ]);
});
