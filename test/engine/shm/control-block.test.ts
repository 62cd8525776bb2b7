// Control words: each block its own, flags stay, the heartbeat counts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ControlBlock, createControlBlocks } from '../../../engine/shm/control-block.ts';

test('flags and heartbeat belong to one block and are seen by every holder of it', () => {
  const memory = createControlBlocks(2);
  const [main, shard, other] = [0, 0, 1].map((i) => new ControlBlock(memory, i));
  assert.deepEqual([shard!.stopRequested(), shard!.drainRequested()], [false, false]);
  main!.requestDrain();
  assert.deepEqual([shard!.stopRequested(), shard!.drainRequested()], [false, true]);
  main!.requestStop();
  shard!.beat();
  shard!.beat();
  assert.equal(shard!.stopRequested(), true);
  assert.equal(main!.heartbeat(), 2);
  assert.deepEqual(
    [other!.stopRequested(), other!.drainRequested(), other!.heartbeat()],
    [false, false, 0],
  );
});
