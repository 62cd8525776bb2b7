// Thread of ring.test.ts: fills a small ring as fast as it can, sizes in a fixed sequence.
import { workerData } from 'node:worker_threads';
import { seededRandom } from '../../../engine/base/random.ts';
import { RingProducer } from '../../../engine/shm/ring.ts';

const { ring, records } = workerData as { ring: SharedArrayBuffer; records: number };
const producer = new RingProducer(ring);
const random = seededRandom(20);

for (let number = 0; number < records; number++) {
  const length = random.u32() % (producer.maxPayloadBytes + 1);
  let at = producer.claim(number, length);
  while (at < 0) {
    producer.publish();
    at = producer.claim(number, length);
  }
  for (let i = 0; i < length; i++) producer.bytes[at + i] = (number + i) & 0xff;
  producer.commit();
  if (random.u32() % 4 === 0) producer.publish();
}
producer.publish();
