// The shard's end of the ring to the recorder, as the record path sees it
// (engine/cdr/record-ring.ts), and of the ring that takes traced messages to main.
import type { RecordRing } from '../cdr/record-ring.ts';
import { RingProducer } from '../shm/ring.ts';

export function recordRing(memory: SharedArrayBuffer): RecordRing {
  const producer = new RingProducer(memory);
  return {
    offer(type, bytes, length) {
      const at = producer.claim(type, length);
      if (at < 0) return false;
      producer.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length), at);
      producer.commit();
      // Recorder and main poll: they never need to be woken.
      producer.publish();
      return true;
    },
    freeBytes: () => producer.capacityBytes - producer.depthBytes(),
  };
}
