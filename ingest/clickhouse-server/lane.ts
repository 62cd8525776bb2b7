// A queue in front of chDB: at most `width` calls run, at most `maxWaiting` wait, the rest is
// refused. Each native call holds a thread of libuv's pool of four: lanes bound that too.
import { ServerException } from './server-exception.ts';

export interface Lane {
  /**
   * Runs `task` when its turn comes.
   * @throws ServerException TOO_MANY_SIMULTANEOUS_QUERIES when the queue is full, ABORTED when
   *   `signal` fires before the turn came
   */
  run<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T>;
}

export function createLane(width: number, maxWaiting: number): Lane {
  let running = 0;
  const waiting: (() => void)[] = [];

  return {
    async run(signal, task) {
      if (running >= width) {
        if (waiting.length >= maxWaiting) {
          const limit = `Too many simultaneous queries. Maximum: ${width + maxWaiting}`;
          throw new ServerException(limit, 'TOO_MANY_SIMULTANEOUS_QUERIES');
        }
        // The place is handed over by the one who leaves: `running` stays as it is.
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        running++;
      }
      try {
        if (signal.aborted) throw new ServerException('The client has gone away', 'ABORTED');
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
