// Trains of datagrams against the plain rules: each datagram travels once, in a train of its length
// and address, behind all others of its order that were queued before it.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { STRICT_ORDER } from '../../../engine/base/send-order.ts';
import { DatagramTrains } from '../../../engine/net/datagram-trains.ts';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';

const A = toSocketEndpoint({ family: 4, ip: '192.0.2.1', port: 5060 })!;
const B = toSocketEndpoint({ family: 4, ip: '192.0.2.1', port: 5062 })!;
const LONGEST = 900;

interface Datagram {
  readonly to: typeof A;
  readonly bytes: number;
  readonly order: number;
}

/** The datagrams of each train, in order. */
function trainsOf(trains: DatagramTrains): number[][] {
  return Array.from({ length: trains.count }, (_, train) => {
    const members: number[] = [];
    for (let i = trains.first(train); i >= 0; i = trains.next(i)) members.push(i);
    assert.equal(members.length, trains.cars(train));
    return members;
  });
}

function couple(datagrams: readonly Datagram[], trains = new DatagramTrains(512, LONGEST)) {
  datagrams.forEach(({ to, bytes, order }, i) => {
    trains.add(i, to, bytes, order, 0);
  });
  return trains;
}

const datagram = fc.record({
  to: fc.constantFrom(A, B),
  bytes: fc.constantFrom(400, 401, 900, 901),
  order: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(STRICT_ORDER), fc.integer()),
});

suite('datagram trains', () => {
  test('every datagram travels once, with its like, and no order is broken', () => {
    const used = new DatagramTrains(512, LONGEST);
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 300 }), (datagrams) => {
        const members = trainsOf(couple(datagrams, used));
        const left = members.flat();
        assert.deepEqual(
          left.toSorted((a, b) => a - b),
          datagrams.map((_, i) => i),
        );
        for (const [train, indices] of members.entries()) {
          for (const i of indices) {
            assert.equal(datagrams[i]!.to, used.addressOf(train));
            assert.equal(datagrams[i]!.bytes, used.bytes(train));
          }
          assert.ok(indices.length === 1 || used.bytes(train) <= LONGEST);
          assert.ok(indices.length <= 64);
          assert.ok(indices.length * used.bytes(train) <= 65_507);
        }
        const place = new Map(left.map((i, at) => [i, at]));
        datagrams.forEach(({ order }, i) => {
          const later = datagrams.findIndex((other, j) => j > i && other.order === order);
          if (later > 0) assert.ok(place.get(i)! < place.get(later)!, `${i} before ${later}`);
        });
        used.clear();
      }),
    );
  });

  test('of unlike orders all of one length to one address form one train', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      to: i % 2 === 0 ? A : B,
      bytes: 500 + (i % 4 < 2 ? 0 : 1),
      order: i,
    }));
    assert.deepEqual(
      trainsOf(couple(many)).map(({ length }) => length),
      [10, 10, 10, 10],
    );
  });

  test('a train that has left takes nobody in', () => {
    const trains = couple([{ to: A, bytes: 400, order: 1 }]);
    trains.add(1, A, 400, 2, 1);
    assert.deepEqual(trainsOf(trains), [[0], [1]]);
  });

  test('a train is uncoupled from its head', () => {
    const like = [1, 2, 3].map((order) => ({ to: A, bytes: 400, order }));
    const trains = couple(like);
    trains.uncouple(0);
    assert.deepEqual(trainsOf(trains), [[1, 2]]);
  });
});
