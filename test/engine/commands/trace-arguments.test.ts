// The command line of `npm run trace`: every command with its options, every mistake in words.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseTraceArguments } from '../../../engine/commands/trace-arguments.ts';

function parsed(line: string): Record<string, unknown> {
  const { config: _, ...command } = parseTraceArguments(line.split(' ').filter((w) => w !== ''));
  return command;
}

describe('start', () => {
  const bounds = {
    command: 'start',
    secrets: false,
    forMs: 600_000,
    maxMessages: 10_000,
    maxBytes: 64 << 20,
  };
  for (const [line, expected] of [
    ['--number 4420*', { kind: 'number', value: '4420*' }],
    ['--number +442071838750', { kind: 'number', value: '+442071838750' }],
    ['--gateway acme-1', { kind: 'gateway', value: 'acme-1' }],
    ['--ip 192.0.2.7', { kind: 'ip', value: '192.0.2.7' }],
    ['--ip 192.0.2.7/24', { kind: 'ip', value: '192.0.2.0/24' }],
    ['--ip 2001:db8:0::1/32', { kind: 'ip', value: '2001:db8::/32' }],
    ['--call-id a@b --secrets', { kind: 'call', value: 'a@b', secrets: true }],
    ['--number 1 --for 90s', { kind: 'number', value: '1', forMs: 90_000 }],
    ['--number 1 --for 24h', { kind: 'number', value: '1', forMs: 86_400_000 }],
    ['--number 1 --max-messages 5', { kind: 'number', value: '1', maxMessages: 5 }],
    ['--number 1 --max-bytes 2K', { kind: 'number', value: '1', maxBytes: 2048 }],
  ] as const) {
    test(line, () => {
      assert.deepEqual(parsed(`start ${line}`), { ...bounds, ...expected });
    });
  }
});

test('the other commands', () => {
  assert.deepEqual(parsed('list'), { command: 'list' });
  assert.deepEqual(parsed('stop 3'), { command: 'stop', id: 3 });
  assert.deepEqual(parsed('calls'), { command: 'calls', trace: undefined });
  assert.deepEqual(parsed('calls --trace 3'), { command: 'calls', trace: 3 });
  const subject = { of: 'call', name: 'a@b' };
  assert.deepEqual(parsed('--call a@b'), {
    command: 'show',
    subject,
    detail: 'none',
    follow: false,
  });
  assert.deepEqual(parsed('--trace 3 --headers --follow'), {
    command: 'show',
    subject: { of: 'trace', name: '3' },
    detail: 'headers',
    follow: true,
  });
  assert.deepEqual(parsed('pcap --call a@b --out f.pcap'), {
    command: 'pcap',
    subject,
    out: 'f.pcap',
  });
  assert.equal(parseTraceArguments(['list', '--config', 'x.yaml']).config, 'x.yaml');
  assert.equal(parsed('--help')['command'], 'help');
});

describe('mistakes are named', () => {
  for (const [line, problem] of [
    ['', /--call ID or --trace ID/],
    ['--call a --trace 1', /--call ID or --trace ID/],
    ['--call a --headers --messages', /--headers or --messages, not both/],
    ['start', /one of --number, --gateway, --ip and --call-id/],
    ['start --number 1 --ip 192.0.2.1', /one of --number/],
    ['start --number 44*20', /"\*" may stand at its end/],
    ['start --ip 192.0.2.300', /must be an address or a CIDR range/],
    ['start --number 1 --for 0s', /from 1s to 24h/],
    ['start --number 1 --for 25h', /from 1s to 24h/],
    ['start --number 1 --for soon', /from 1s to 24h/],
    ['start --number 1 --max-messages 0', /whole number from 1 to 1000000/],
    ['start --number 1 --max-bytes 2G', /whole number from 1 to 1073741824/],
    ['start --number 1 --follow', /start takes no --follow/],
    ['stop', /takes the number of a trace/],
    ['stop x', /takes the number of a trace/],
    ['list 1', /what is '1'\?/],
    ['pcap --call a', /--out FILE/],
    ['record', /there is no command 'record'/],
    ['show --call a', /there is no command 'show'/],
    ['--nothing', /nothing/],
  ] as const) {
    test(line === '' ? 'nothing given' : line, () => {
      assert.throws(() => parsed(line), { code: 'TDM_TRACE_ARGUMENTS', message: problem });
    });
  }
});
