// The command line of `npm run demo`.
import { parseArgs } from 'node:util';

export const DEMO_USAGE = `npm run demo [-- --seconds N] [--rate N] [--config FILE]
  --seconds N    end by itself after N seconds; without it Ctrl-C ends the demo
  --rate N       new calls per second, 0.1 to 1000; default 5
  --config FILE  configuration of the switch; default infra/samples/tandem.yaml
`;

export interface DemoArguments {
  /** Infinity: until Ctrl-C. */
  readonly seconds: number;
  /** New calls per second. */
  readonly rate: number;
  readonly config: string | undefined;
}

/** The arguments, or a sentence that says what is wrong with them. */
export function demoArguments(words: readonly string[]): DemoArguments | string {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...words],
      options: {
        seconds: { type: 'string' },
        rate: { type: 'string' },
        config: { type: 'string' },
      },
    }));
  } catch (error) {
    return (error as Error).message;
  }
  const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);
  if (!(seconds >= 1)) return `--seconds must be 1 or more, not ${values.seconds}`;
  const rate = Number(values.rate ?? 5);
  if (!(rate >= 0.1 && rate <= 1000)) return `--rate must be from 0.1 to 1000, not ${values.rate}`;
  return { seconds, rate, config: values.config };
}
