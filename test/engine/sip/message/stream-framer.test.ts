// Framing of a byte stream: any cut gives the same messages; what has no length ends it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameResult, StreamFramer } from '../../../../engine/sip/message/stream-framer.ts';

function messageText(headers: readonly string[], body: string): string {
  return `OPTIONS sip:a@b SIP/2.0\r\n${headers.map((h) => `${h}\r\n`).join('')}\r\n${body}`;
}

/** What a framer finds in the chunks: messages, and `ping`. */
function framed(chunks: readonly Buffer[]): { found: string[]; results: FrameResult[] } {
  const found: string[] = [];
  const framer = new StreamFramer({
    message: (buf, start, end) => found.push(buf.toString('latin1', start, end)) > 0,
    ping: () => found.push('ping'),
  });
  const results = chunks.map((chunk) => {
    const result = framer.push(chunk);
    // The socket writes its next chunk into the same memory.
    chunk.fill(0x2a);
    return result;
  });
  return { found, results };
}

const body = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 300 }),
  fc.constant('\r\n\r\nl: 7\r\n\r\n'),
);
const lengthName = fc.constantFrom('Content-Length', 'l', 'L', 'CONTENT-length ', 'content-length');
const message = fc
  .tuple(
    fc.array(fc.stringMatching(/^X-[a-z]{1,9}: [ -~]{0,40}$/), { maxLength: 4 }),
    lengthName,
    body,
  )
  .map(([headers, name, text]) => {
    const bytes = Buffer.from(text).toString('latin1');
    return messageText([...headers, `${name}: ${bytes.length}`], bytes);
  });
const item = fc.oneof({ weight: 4, arbitrary: message }, fc.constant('ping'));

test('any chunking of a stream gives the same messages and pings', () => {
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
      (items, sizes) => {
        // A message right behind a ping: the ping's second CRLF ends it.
        const stream = Buffer.from(
          items.map((each) => (each === 'ping' ? '\r\n\r\n' : each)).join(''),
          'latin1',
        );
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          chunks.push(Buffer.from(stream.subarray(at, at + size)));
          at += size;
        }
        const { found, results } = framed(chunks);
        assert.deepEqual(found, items);
        assert.ok(results.every((result) => result === FrameResult.Ok));
      },
    ),
    { numRuns: 500 },
  );
});

test('any chunking and any refusal of the sink gives the same messages, in order', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }),
      fc.infiniteStream(fc.boolean()),
      (messages, sizes, refusals) => {
        const stream = Buffer.from(messages.join(''), 'latin1');
        const found: string[] = [];
        const framer = new StreamFramer({
          message: (buf, start, end) => {
            if (refusals.next().value) return false;
            return found.push(buf.toString('latin1', start, end)) > 0;
          },
          ping: () => undefined,
        });
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!;
          const chunk = Buffer.from(stream.subarray(at, at + size));
          let result = framer.push(chunk);
          chunk.fill(0x2a);
          while (result === FrameResult.Held) result = framer.resume();
          assert.equal(result, FrameResult.Ok);
          at += size;
        }
        assert.deepEqual(found, messages);
      },
    ),
    { numRuns: 300 },
  );
});

test('a single CRLF between messages is nothing', () => {
  const text = messageText(['l: 2'], 'ab');
  assert.deepEqual(framed([Buffer.from(`\r\n${text}\r\n${text}\r\n`)]).found, [text, text]);
});

test('what the sink has no room for is kept and offered again, in order', () => {
  const texts = [
    messageText(['l: 2'], 'ab'),
    messageText(['l: 0'], ''),
    messageText(['l: 1'], 'z'),
  ];
  const found: string[] = [];
  let room = 1;
  const framer = new StreamFramer({
    message: (buf, start, end) => {
      if (room === 0) return false;
      room--;
      found.push(buf.toString('latin1', start, end));
      return true;
    },
    ping: () => undefined,
  });
  assert.equal(framer.push(Buffer.from(texts.join('').slice(0, -1))), FrameResult.Held);
  assert.deepEqual(found, texts.slice(0, 1));
  room = 5;
  assert.equal(framer.resume(), FrameResult.Ok);
  assert.equal(framer.half, true);
  assert.equal(framer.push(Buffer.from('z')), FrameResult.Ok);
  assert.deepEqual(found, texts);
  assert.equal(framer.half, false);
});

const broken: readonly (readonly [string, string, FrameResult])[] = [
  ['no Content-Length', messageText(['Subject: x'], ''), FrameResult.NoLength],
  ['a request of HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', FrameResult.NoLength],
  ['a length that is no number', messageText(['Content-Length: 1x'], ''), FrameResult.BadLength],
  ['a negative length', messageText(['Content-Length: -1'], ''), FrameResult.BadLength],
  ['two lengths', messageText(['l: 1', 'Content-Length: 2'], 'ab'), FrameResult.BadLength],
  ['a body beyond the limit', messageText(['l: 70000'], ''), FrameResult.TooLarge],
  [
    'a header without end',
    `OPTIONS sip:a SIP/2.0\r\n${'X: y\r\n'.repeat(12_000)}`,
    FrameResult.TooLarge,
  ],
];
for (const [what, text, expected] of broken) {
  test(`${what} ends the stream`, () => {
    const { found, results } = framed([Buffer.from(text)]);
    assert.deepEqual([found, results], [[], [expected]]);
  });
}

test('a folded Content-Length and equal ones count once', () => {
  const text = messageText(['Content-Length:\r\n 2', 'l: 2'], 'ab');
  assert.deepEqual(framed([Buffer.from(text)]).found, [text]);
});
