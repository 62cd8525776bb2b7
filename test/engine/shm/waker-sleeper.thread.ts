// Thread of waker.test.ts: says that it is up, sleeps, tells how long.
import { parentPort, workerData } from 'node:worker_threads';
import { Sleeper } from '../../../engine/shm/waker.ts';

const { memory, timeoutMs } = workerData as { memory: SharedArrayBuffer; timeoutMs: number };
const sleeper = new Sleeper(memory, 0);
parentPort!.postMessage('ready');
const start = performance.now();
sleeper.sleep(timeoutMs);
parentPort!.postMessage(performance.now() - start);
