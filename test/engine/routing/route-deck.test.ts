// The compiled prefixes: shared memory that survives a clone, and a size that stays within reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRouteDeck, NODE_CELLS } from '../../../engine/routing/route-deck.ts';

test('the arrays lie in shared memory, so a clone copies nothing', () => {
  const deck = compileRouteDeck([{ name: 'a', priority: 1, prefixes: ['12'] }]);
  const clone = structuredClone(deck);
  assert.ok(clone.nodes.buffer instanceof SharedArrayBuffer);
  deck.lists[1] = 77;
  assert.equal(clone.lists[1], 77);
});

test('one node per distinct prefix of a prefix, lists by priority and name', () => {
  const deck = compileRouteDeck([
    { name: 'b', priority: 1, prefixes: ['12', '12', '13'] },
    { name: 'a', priority: 1, prefixes: ['12'] },
    { name: 'c', priority: 0, prefixes: ['12'] },
  ]);
  assert.equal(deck.nodes.length / NODE_CELLS, 4); // root, 1, 12, 13
  const lists = [...deck.lists];
  assert.equal(lists.length, 1 + (1 + 3) + (1 + 1));
  assert.ok(lists.join(',').includes('3,2,1,0'), 'c, then a, then b');
});

test('no gateways: an empty root', () => {
  const deck = compileRouteDeck([]);
  assert.deepEqual([...deck.nodes], new Array(NODE_CELLS).fill(0));
});
