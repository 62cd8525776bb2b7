// Every command line that is refused says why and shows the usage.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSpoolArguments } from '../../../ingest/spool/spool-arguments.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const parse = (line: string) => parseSpoolArguments(line.split(' ').filter(Boolean), NOW_MS);

test('commands with their options', () => {
  const where = { config: undefined, spool: undefined, node: undefined };
  assert.deepEqual(parse('verify --node a'), { ...where, command: 'verify', node: 'a' });
  const records = { ...where, command: 'inspect', records: true, call: 'x' };
  assert.deepEqual(parse('inspect --call x'), records);
  const replay = { ...where, command: 'replay', consumer: 'delivery', dryRun: false };
  assert.deepEqual(parse('replay --from 7'), {
    ...replay,
    from: { sequence: 7, offset: undefined },
  });
  assert.deepEqual(parse('replay --from 7:24 --consumer push --dry-run'), {
    ...replay,
    from: { sequence: 7, offset: 24 },
    consumer: 'push',
    dryRun: true,
  });
  assert.deepEqual(parse('replay --since -2h'), {
    ...replay,
    from: { sinceMs: NOW_MS - 7_200_000 },
  });
  assert.equal(parse('--help').command, 'help');
});

test('what is refused', () => {
  const refused: [string, RegExp][] = [
    ['', /which command/],
    ['mend', /no command 'mend'/],
    ['verify inspect', /not also 'inspect'/],
    ['verify --records', /verify takes no --records/],
    ['inspect --since -1h', /inspect takes no --since/],
    ['inspect --frames', /--frames/],
    ['verify --spool a --config b', /not both/],
    ['replay', /--from or --since/],
    ['replay --from 1 --since -1h', /--from or --since/],
    ['replay --from 1-2', /SEQUENCE:OFFSET/],
    ['replay --since soon', /not a time/],
  ];
  for (const [line, message] of refused) {
    assert.throws(() => parse(line), { code: 'TDM_SPOOL_ARGUMENTS', message });
    assert.throws(() => parse(line), /usage: npm run spool/);
  }
});
