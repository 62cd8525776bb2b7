// The forms of SERVER_CDR_REAL_TIME_REPORT_SERVER.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReportServer } from '../../../engine/base/report-server.ts';

test('every form comes apart into protocol, host, port, path and credentials', () => {
  const cases: [string, unknown[]][] = [
    ['http://billing.example/cdr', ['http', 'billing.example', 80, '/cdr', '']],
    ['http://billing.example', ['http', 'billing.example', 80, '/', '']],
    ['HTTPS://u:p%40ss@b.example:8443/a?b=c', ['https', 'b.example', 8443, '/a?b=c', 'u:p@ss']],
    ['https://b.example:80/', ['https', 'b.example', 80, '/', '']],
    ['http://[2001:db8::1]:9000/x', ['http', '2001:db8::1', 9000, '/x', '']],
    ['tcp://192.0.2.1:80', ['tcp', '192.0.2.1', 80, '/', '']],
    ['udp://[::1]:9000', ['udp', '::1', 9000, '/', '']],
    ['billing.example:9000', ['tcp', 'billing.example', 9000, '/', '']],
    ['[2001:db8::1]:80', ['tcp', '2001:db8::1', 80, '/', '']],
  ];
  for (const [text, expected] of cases) {
    const server = parseReportServer(text);
    assert.ok(server !== undefined, text);
    const { protocol, host, port, path, credentials } = server;
    assert.deepEqual([protocol, host, port, path, credentials], expected, text);
  }
});

test('what names no address is refused', () => {
  const bad = [
    ...['', 'billing.example', 'tcp://billing.example', 'udp://b:0', 'http://b:0/', 'b:65536'],
    ...['ftp://b:21', 'tcp://b:9000/', 'tcp://b:9000/x', 'tcp://u@b:9000', 'http://', 'a b:80'],
    ...['http://b/#x', 'http://%zz@b/', `http://b/${'x'.repeat(500)}`, 'http://u:%ff@b/'],
  ];
  for (const text of bad) assert.equal(parseReportServer(text), undefined, text);
});
