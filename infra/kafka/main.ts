// `npm run kafka -- [--brokers 3] [--data DIR] [--port 9092]`: a real Kafka on this machine until
// Ctrl-C or SIGTERM. Prints the addresses for `kafka:` in tandem.yaml.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { explain, TandemError } from '../../engine/base/errors.ts';
import { startCluster } from './cluster.ts';

const USAGE = `usage: npm run kafka -- [--brokers N] [--data DIR] [--port PORT]
  --brokers  1 to 9, default 1; each is broker and controller
  --data     folder of the logs, default ./data/kafka; what is there is used again
  --port     of the first broker, default 9092; each takes three ports in a row`;

interface Arguments {
  readonly brokers: number;
  readonly dataDir: string;
  readonly port: number;
}

/** Undefined when the words are not understood. */
function parseWords(words: string[]): Arguments | undefined {
  const text = { type: 'string' as const };
  try {
    const options = { brokers: text, data: text, port: text };
    const { values } = parseArgs({ args: words, options });
    const brokers = Number(values.brokers ?? 1);
    const port = Number(values.port ?? 9092);
    if (!Number.isInteger(brokers) || brokers < 1 || brokers > 9) return undefined;
    if (!Number.isInteger(port) || port < 1 || port > 65_500) return undefined;
    return { brokers, port, dataDir: resolve(values.data ?? './data/kafka') };
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const given = parseWords(process.argv.slice(2));
  if (given === undefined) {
    console.error(USAGE);
    return 2;
  }
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  try {
    const cluster = await startCluster(given);
    console.log(`kafka: ${cluster.addresses}`);
    await stopped;
    await cluster.stop();
    return 0;
  } catch (error) {
    console.error(error instanceof TandemError ? explain(error) : String(error));
    return 1;
  }
}

process.exitCode = await main();
