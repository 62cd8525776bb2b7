// The send queue over a kernel that is played: what leaves, in which order, and what becomes of
// trains and datagrams that are refused.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { suite, test } from 'node:test';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { IOVEC_BYTES, MMSGHDR_BYTES, type Libc } from '../../../engine/net/libc.ts';
import { SendQueue } from '../../../engine/net/send-queue.ts';

const { EAGAIN, ECONNREFUSED, EINVAL, EIO } = constants.errno;
const TO = toSocketEndpoint({ family: 4, ip: '192.0.2.1', port: 5060 })!;

/** Takes one message of a sendmmsg: 0, or the errno. */
type Verdict = (texts: readonly string[], isTrain: boolean) => number;

/** The part of libc that the queue calls; addresses are made up, behind each is its buffer. */
class PlayedKernel {
  /** The datagrams of each message that was taken. */
  readonly sent: string[][] = [];
  readonly failed: string[] = [];
  drained = 0;
  verdict: Verdict = () => 0;
  readonly #memory = new Map<number, DataView>();
  #errno = 0;

  queue(trains = true): SendQueue {
    return new SendQueue(
      this.#libc(),
      7,
      4,
      {
        drainErrors: () => this.drained++,
        failed: (arena, start, end) => {
          this.failed.push(arena.toString('latin1', start, end));
        },
      },
      trains,
    );
  }

  #libc(): Libc {
    let next = 0x7f00_0000_0000;
    const calls: Partial<Libc> = {
      addressOf: (view) => {
        const address = next;
        next += 0x1000_0000;
        this.#memory.set(address, new DataView(view.buffer, view.byteOffset, view.byteLength));
        return address;
      },
      sendmmsg: (_fd, messages, count) => {
        for (let i = 0; i < count; i++) {
          const { texts, isTrain } = this.#message(messages + i * MMSGHDR_BYTES);
          this.#errno = this.verdict(texts, isTrain);
          if (this.#errno !== 0) return i > 0 ? i : -1;
          this.sent.push(texts);
        }
        return count;
      },
      errno: () => this.#errno,
    };
    return calls as Libc;
  }

  #at(address: number): { view: DataView; offset: number } {
    for (const [base, view] of this.#memory) {
      if (address >= base && address < base + view.byteLength) {
        return { view, offset: address - base };
      }
    }
    throw new Error(`no buffer at ${address}`);
  }

  #message(address: number): { texts: string[]; isTrain: boolean } {
    const { view, offset } = this.#at(address);
    const pointer = (at: number): number => Number(view.getBigUint64(offset + at, true));
    const vectors = this.#at(pointer(16));
    const texts = Array.from({ length: pointer(24) }, (_, i) => {
      const at = vectors.offset + i * IOVEC_BYTES;
      const bytes = this.#at(Number(vectors.view.getBigUint64(at, true)));
      const length = Number(vectors.view.getBigUint64(at + 8, true));
      const { buffer, byteOffset } = bytes.view;
      return Buffer.from(buffer as ArrayBuffer, byteOffset + bytes.offset, length).toString();
    });
    const isTrain = pointer(40) > 0;
    if (isTrain) {
      const control = this.#at(pointer(32));
      const segment = control.view.getUint16(control.offset + 16, true);
      assert.ok(texts.every(({ length }) => length === segment));
    }
    assert.equal(isTrain, texts.length > 1);
    return { texts, isTrain };
  }
}

function push(queue: SendQueue, ...texts: string[]): void {
  texts.forEach((text, i) => {
    assert.ok(queue.push(TO, text, null, 0, 0, i));
  });
}

suite('the send queue', () => {
  test('like datagrams leave as one, in the order in which their trains began', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue();
    push(queue, 'INVITE 1', 'ACK 1', 'INVITE 2', 'ACK 2', 'BYE');
    queue.flush();
    assert.deepEqual(kernel.sent, [['INVITE 1', 'INVITE 2'], ['ACK 1', 'ACK 2'], ['BYE']]);
    assert.equal(queue.sent, 5);
    assert.ok(queue.isEmpty);
  });

  test('without trains each leaves alone', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue(false);
    push(queue, 'INVITE 1', 'INVITE 2');
    queue.flush();
    assert.deepEqual(kernel.sent, [['INVITE 1'], ['INVITE 2']]);
  });

  test('what the kernel has no room for leaves with the next flush, once', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue();
    kernel.verdict = () => (kernel.sent.length < 1 ? 0 : EAGAIN);
    push(queue, 'a1', 'b22', 'a2');
    queue.flush();
    assert.ok(!queue.isEmpty);
    push(queue, 'b33', 'a3');
    kernel.verdict = () => 0;
    queue.flush();
    assert.deepEqual(kernel.sent, [['a1', 'a2'], ['b22'], ['b33'], ['a3']]);
    assert.equal(queue.sent, 5);
  });

  test('a refused train leaves datagram by datagram, and its like alone from then on', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue();
    kernel.verdict = (texts, isTrain) => (isTrain && texts[0]!.length >= 4 ? EINVAL : 0);
    push(queue, 'abc1', 'abc2', 'abc3', 'x1', 'x2');
    queue.flush();
    push(queue, 'abc4', 'abc5', 'x3', 'x4');
    queue.flush();
    assert.deepEqual(kernel.sent, [
      ...[['abc1'], ['abc2'], ['abc3'], ['x1', 'x2']],
      ...[['abc4'], ['abc5'], ['x3', 'x4']],
    ]);
    assert.deepEqual(kernel.failed, []);
  });

  test('a device that cannot cut trains gets none', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue();
    let refusals = 0;
    kernel.verdict = (_texts, isTrain) => {
      if (isTrain) refusals++;
      return isTrain ? EIO : 0;
    };
    for (let turn = 0; turn < 3; turn++) {
      push(queue, 'abc1', 'abc2', 'x1', 'x2');
      queue.flush();
    }
    assert.equal(queue.sent, 12);
    assert.equal(refusals, 2, 'both trains of the first turn');
  });

  test('a datagram that fails three times is given up, and reported; others go on', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue();
    kernel.verdict = (texts) => (texts.includes('abc2') ? ECONNREFUSED : 0);
    push(queue, 'abc1', 'abc2', 'abc3', 'x1');
    queue.flush();
    assert.deepEqual(kernel.sent, [['abc1'], ['abc3'], ['x1']]);
    assert.deepEqual(kernel.failed, ['abc2']);
    assert.equal(kernel.drained, 6, 'after each failure the errors of the socket are fetched');
    assert.equal(queue.sent, 3);
  });

  test('an error of an earlier datagram costs nothing', () => {
    const kernel = new PlayedKernel();
    const queue = kernel.queue();
    let pending = true;
    kernel.verdict = () => {
      const errno = pending ? ECONNREFUSED : 0;
      pending = false;
      return errno;
    };
    push(queue, 'abc1', 'abc2');
    queue.flush();
    assert.deepEqual(kernel.sent, [['abc1', 'abc2']]);
  });
});
