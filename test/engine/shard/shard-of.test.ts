// The shard of a datagram: by Call-ID alone, the same for a request, its responses and its CANCEL.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shardOf } from '../../../engine/shard/shard-of.ts';
import { inviteOf } from './core-on-a-wire.ts';

function of(text: string | Buffer, shards: number): number {
  const inside = Buffer.concat([Buffer.alloc(7, 'x'), Buffer.from(text), Buffer.alloc(7, 'x')]);
  return shardOf(inside, 7, inside.length - 7, shards);
}

test('all messages of a call have the same shard', () => {
  const used = new Set<number>();
  for (let i = 0; i < 200; i++) {
    const invite = inviteOf(`call-${i}@example.com`).toString();
    const shard = of(invite, 4);
    used.add(shard);
    const kin = [
      invite.replaceAll('INVITE', 'BYE').replace('z9hG4bK', 'z9hG4bKother'),
      invite.replace('Call-ID:', 'i :'),
      invite.replace('Call-ID: ', 'CALL-ID:\r\n  '),
      invite.replace(/^[^\r]*/, 'SIP/2.0 180 Ringing'),
      invite.replace('192.0.2.77:5070', '198.51.100.1:9'),
    ];
    for (const text of kin) assert.equal(of(text, 4), shard, text);
  }
  assert.deepEqual([...used].toSorted(), [0, 1, 2, 3]);
});

test('our own Call-IDs name their shard', () => {
  for (const shard of [0, 1, 2, 3]) assert.equal(of(inviteOf(`tdm0${shard}-abcdef`), 4), shard);
  assert.equal(of(inviteOf('tdm07-abcdef'), 4), 3);
});

test('what names no call belongs to whoever received it', () => {
  for (const text of ['', '\r\n\r\n', 'garbage', '\0\x01\0\0', 'INVITE sip:a SIP/2.0\r\n\r\n']) {
    assert.equal(of(text, 4), -1, JSON.stringify(text));
  }
});
