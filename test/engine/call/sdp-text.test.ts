// The SDP is found in a message alone and in a multipart body, and nowhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpIn } from '../../../engine/call/sdp-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n';

test('alone, as a part, and none', () => {
  const head = 'Content-Type: application/sdp\r\nContent-Length: 40\r\n\r\n';
  assert.equal(sdpIn(head + SDP), SDP);
  const isup = '--b\r\nContent-Type: application/ISUP\r\n\r\n\u0001\u0010--\r\n';
  for (const end of ['', '\r\n']) {
    const part = `--b\r\nContent-Type: application/sdp\r\n\r\n${SDP}${end}--b--\r\n`;
    assert.equal(sdpIn(`Content-Length: 9\r\n\r\n${isup}${part}`), SDP);
  }
  assert.equal(sdpIn('Content-Length: 0\r\n\r\n'), '');
  assert.equal(sdpIn(`Content-Length: 6\r\n\r\nx v=0\r\n`), '');
});
