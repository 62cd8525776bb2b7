// Which dialog a request belongs to: Call-ID, our tag, the peer's tag, forks behind one tag.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { C, CELL_NAMES, type CounterRow } from '../../../../engine/base/counter-names.ts';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { seededRandom } from '../../../../engine/base/random.ts';
import { Dialog } from '../../../../engine/sip/dialog/dialog.ts';
import { DialogTable, tagEquals } from '../../../../engine/sip/dialog/dialog-table.ts';
import { SipMessage } from '../../../../engine/sip/message/message.ts';

const PEER: Endpoint = { family: 4, ip: '192.0.2.10', port: 5070 };
const cells = new Float64Array(CELL_NAMES.length);
const counters: CounterRow = {
  add: (index, n) => {
    cells[index]! += n;
  },
  set: () => undefined,
};

function tableOf(shard = 3): DialogTable<string> {
  cells.fill(0);
  return new DialogTable<string>(shard, seededRandom(1), counters);
}

function dialogOf(table: DialogTable<string>, owner: string, remoteTag: string): Dialog<string> {
  const dialog = new Dialog(owner, 'callee', `call-${owner}`, 0, PEER);
  dialog.remoteTag = remoteTag;
  assert.ok(table.add(dialog));
  return dialog;
}

function bye(callId: string, toTag: string, fromTag: string): SipMessage {
  const tag = (value: string): string => (value === '' ? '' : `;tag=${value}`);
  const text =
    'BYE sip:4477@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n' +
    `From: <sip:a@b>${tag(fromTag)}\r\nTo: <sip:c@d>${tag(toTag)}\r\nCall-ID: ${callId}\r\n` +
    'CSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n';
  const message = new SipMessage();
  message.parse(Buffer.from(text, 'latin1'), 0, text.length);
  return message;
}

test('a dialog is found by Call-ID and both tags, and by nothing less', () => {
  const table = tableOf();
  const a = dialogOf(table, 'a', 'theirs');
  const b = dialogOf(table, 'b', 'theirs');
  assert.match(a.localTag, /^tdm03[0-9a-f]{14}$/);
  assert.equal(table.find(bye('call-a', a.localTag, 'theirs')), a);
  assert.equal(table.find(bye('call-b', b.localTag, 'theirs')), b);
  const misses: [string, string, string][] = [
    ['call-b', a.localTag, 'theirs'],
    ['CALL-A', a.localTag, 'theirs'],
    ['call-a', b.localTag, 'theirs'],
    ['call-a', a.localTag, 'their'],
    ['call-a', a.localTag, 'theirs1'],
    ['call-a', a.localTag, 'Theirs'],
    ['call-a', a.localTag, ''],
    ['call-a', '', 'theirs'],
    ['call-a', a.localTag.slice(1), 'theirs'],
    ['call-a', `${a.localTag}0`, 'theirs'],
  ];
  for (const miss of misses) assert.equal(table.find(bye(...miss)), undefined, miss.join());
  assert.equal(cells[C.wrongShard], 0);
});

test('an RFC 2543 peer without a tag', () => {
  const table = tableOf();
  const dialog = dialogOf(table, 'a', '');
  assert.equal(table.find(bye('call-a', dialog.localTag, '')), dialog);
  assert.equal(table.find(bye('call-a', dialog.localTag, 'x')), undefined);
});

test('forks share our tag and are told apart by theirs', () => {
  const table = tableOf();
  const first = dialogOf(table, 'a', 'one');
  let last = first;
  for (const tag of ['two', 'three']) {
    const fork = new Dialog('a', 'callee', 'call-a', 0, PEER);
    fork.remoteTag = tag;
    fork.localTag = first.localTag;
    last.sibling = fork;
    last = fork;
  }
  assert.equal(table.find(bye('call-a', first.localTag, 'three')), last);
  assert.equal(table.find(bye('call-a', first.localTag, 'two')), first.sibling);
  assert.equal(table.find(bye('call-a', first.localTag, 'four')), undefined);
});

test('a removed dialog is gone, also when its place is used again', () => {
  const table = tableOf();
  const dialog = dialogOf(table, 'a', 'theirs');
  table.remove(dialog);
  table.remove(dialog);
  assert.equal(table.size, 0);
  const next = dialogOf(table, 'a', 'theirs');
  assert.equal(table.find(bye('call-a', dialog.localTag, 'theirs')), undefined);
  assert.equal(table.find(bye('call-a', next.localTag, 'theirs')), next);
});

test('the tag of another shard is counted, a foreign tag is not', () => {
  const here = tableOf(3);
  const there = new DialogTable<string>(4, seededRandom(1), counters);
  const dialog = dialogOf(there, 'a', 'theirs');
  assert.equal(here.find(bye('call-a', dialog.localTag, 'theirs')), undefined);
  assert.equal(cells[C.wrongShard], 1);
  for (const tag of ['0123456789abcdeg', 'as8d7f6g5h4j3k2l', '0400000000000000a']) {
    here.find(bye('call-a', tag, 'theirs'));
  }
  assert.equal(cells[C.wrongShard], 1);
});

test('owners are listed once each', () => {
  const table = tableOf();
  dialogOf(table, 'a', '1');
  dialogOf(table, 'b', '2');
  dialogOf(table, 'a', '3');
  assert.deepEqual([...table.owners()].toSorted(), ['a', 'b']);
});

test('an absent tag is the empty one', () => {
  const message = bye('x', '', 't');
  assert.ok(tagEquals(message, message.to, ''));
  assert.ok(tagEquals(message, message.from, 't'));
  assert.ok(!tagEquals(message, message.from, ''));
});

function ok(callId: string, fromTag: string, toTag: string): SipMessage {
  const text =
    'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n' +
    `From: <sip:a@b>;tag=${fromTag}\r\nTo: <sip:c@d>;tag=${toTag}\r\nCall-ID: ${callId}\r\n` +
    'CSeq: 2 INVITE\r\nContent-Length: 0\r\n\r\n';
  const message = new SipMessage();
  message.parse(Buffer.from(text, 'latin1'), 0, text.length);
  return message;
}

test('the dialog of a response has our tag in From', () => {
  const table = tableOf();
  const dialog = dialogOf(table, 'a', 'theirs');
  assert.equal(table.findAnswered(ok('call-a', dialog.localTag, 'theirs')), dialog);
  assert.equal(table.findAnswered(ok('call-a', dialog.localTag, 'other')), undefined);
  assert.equal(table.findAnswered(ok('call-b', dialog.localTag, 'theirs')), undefined);
  assert.equal(table.findAnswered(ok('call-a', 'theirs', dialog.localTag)), undefined);
});

for (const [tag, what] of [
  ['tdm0300000512345678', 'its own shard'],
  ['tdm0700000512345678', 'another shard, whose number is gone'],
  ['0300000512345678', 'an older version'],
  ['z9-of-another-make', 'no shard'],
] as const) {
  test(`a dialog comes back under its tag of ${what}`, () => {
    const table = tableOf();
    const restored = new Dialog('a', 'caller', 'call-a', 0, PEER);
    restored.localTag = tag;
    restored.remoteTag = 'theirs';
    table.restore(restored);
    // Dialogs that are opened later take no place away from it.
    const later = Array.from({ length: 10 }, (_, i) => dialogOf(table, `${i}`, 'theirs'));
    assert.equal(table.size, 11);
    assert.ok(table.owners().has('a'));
    assert.equal(table.find(bye('call-a', tag, 'theirs')), restored);
    for (const dialog of later) {
      assert.equal(table.find(bye(dialog.callId, dialog.localTag, 'theirs')), dialog);
    }
    table.remove(restored);
    assert.equal(table.find(bye('call-a', tag, 'theirs')), undefined);
    assert.equal(table.size, 10);
  });
}

test('two dialogs of former shards with the same slot both come back', () => {
  const table = tableOf();
  const tags = ['tdm0300000511111111', 'tdm0700000522222222', 'tdm0300000533333333'];
  const dialogs = tags.map((tag) => {
    const dialog = new Dialog(tag, 'caller', `call-${tag}`, 0, PEER);
    dialog.localTag = tag;
    dialog.remoteTag = 'theirs';
    table.restore(dialog);
    return dialog;
  });
  for (const dialog of dialogs) {
    assert.equal(table.find(bye(dialog.callId, dialog.localTag, 'theirs')), dialog);
  }
});
