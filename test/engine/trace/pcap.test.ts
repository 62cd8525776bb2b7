// Capture files as tshark reads them: SIP on any port, right checksums, both IP versions, the times
// to the microsecond. Needs Debian's package tshark.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { pcapHeader, pcapPacket } from '../../../engine/trace/pcap.ts';
import type { StoredRecord } from '../../../engine/trace/trace-record.ts';
import { requestText, sdpText } from '../../sim/text-message.ts';

function message(method: string, body = ''): Buffer {
  const text = requestText({
    method,
    uri: 'sip:442071838750@192.0.2.1',
    sentBy: '198.51.100.1:5060',
    branch: 'z9hG4bK1',
    from: '<sip:1@a>;tag=1',
    to: '<sip:442071838750@b>',
    callId: 'pcap@host',
    cseq: 1,
    body,
  });
  return Buffer.from(text, 'latin1');
}

function record(more: Partial<StoredRecord>): StoredRecord {
  return {
    timeUs: 1_700_000_000_123_456,
    direction: 0,
    transport: 'udp',
    leg: 0,
    traces: [1],
    gateway: '',
    call: '',
    callId: 'pcap@host',
    local: { family: 4, ip: '192.0.2.1', port: 5060 },
    remote: { family: 4, ip: '198.51.100.1', port: 43_210 },
    message: message('INVITE'),
    ...more,
  };
}

/** The fields of each packet, as tshark has them. */
function tshark(t: TestContext, records: readonly StoredRecord[], ...args: string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-pcap-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'f.pcap');
  writeFileSync(
    file,
    Buffer.concat([pcapHeader(), ...records.map((r, i) => pcapPacket(r, i + 1))]),
  );
  try {
    const options = ['-r', file, '-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'];
    return execFileSync('tshark', [...options, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trimEnd()
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('tshark is missing: apt install tshark', { cause: error });
  }
}

function fields(...names: string[]): string[] {
  return ['-T', 'fields', '-E', 'separator=|', ...names.flatMap((name) => ['-e', name])];
}

const IPV6 = {
  local: { family: 6, ip: '2001:db8::1', port: 5060 },
  remote: { family: 6, ip: '2001:db8::2', port: 5070 },
} as const;

describe('pcap', { timeout: 60_000 }, () => {
  test('IPv4: addresses by direction, ports, time, method', (t) => {
    const sent = record({ direction: 1, timeUs: 1_700_000_001_000_001, message: message('BYE') });
    const names = [
      'frame.time_epoch',
      'ip.src',
      'udp.srcport',
      'ip.dst',
      'udp.dstport',
      'sip.Method',
    ];
    assert.deepEqual(tshark(t, [record({}), sent], '-Y', 'sip', ...fields(...names)), [
      '1700000000.123456000|198.51.100.1|43210|192.0.2.1|5060|INVITE',
      '1700000001.000001000|192.0.2.1|5060|198.51.100.1|43210|BYE',
    ]);
  });

  test('IPv6', (t) => {
    const names = ['ipv6.src', 'udp.srcport', 'ipv6.dst', 'udp.dstport', 'sip.Method'];
    assert.deepEqual(tshark(t, [record(IPV6)], '-Y', 'sip', ...fields(...names)), [
      '2001:db8::2|5070|2001:db8::1|5060|INVITE',
    ]);
  });

  test('checksums are right, for even and odd lengths', (t) => {
    const bodies = ['', 'v', 'v=', '\xff\xff\xff'].map((body) => message('INFO', body));
    const all = bodies.flatMap((bytes) => [
      record({ message: bytes }),
      record({ ...IPV6, message: bytes }),
    ]);
    const lines = tshark(t, all, ...fields('ip.checksum.status', 'udp.checksum.status'));
    assert.deepEqual(
      lines,
      bodies.flatMap(() => ['1|1', '|1']),
    );
  });

  test('SIP on other ports, and what went over TCP or TLS', (t) => {
    const ports = {
      local: { family: 4, ip: '192.0.2.1', port: 15_061 },
      remote: { family: 4, ip: '198.51.100.1', port: 50_000 },
    } as const;
    const all = (['udp', 'tcp', 'tls'] as const).map((transport) =>
      record({ transport, ...ports }),
    );
    assert.deepEqual(tshark(t, all, '-Y', 'sip', ...fields('sip.Method')), [
      'INVITE',
      'INVITE',
      'INVITE',
    ]);
  });

  test('an SDP body is seen as one', (t) => {
    const sdp = sdpText(1);
    const bytes = message('INVITE', sdp);
    assert.deepEqual(tshark(t, [record({ message: bytes })], ...fields('sdp.media.port')), [
      '4000',
    ]);
  });

  test('the longest message is cut to what a datagram holds, and says so', (t) => {
    const long = record({ message: message('MESSAGE', 'x'.repeat(65_000)).subarray(0, 65_535) });
    const more = record({ message: Buffer.concat([message('MESSAGE'), Buffer.alloc(65_600)]) });
    const lines = tshark(t, [long, more], ...fields('frame.cap_len', 'frame.len'));
    assert.equal(lines.length, 2);
    const [captured, whole] = lines[1]!.split('|').map(Number);
    assert.equal(captured, 65_535);
    assert.ok(whole! > captured);
  });
});
