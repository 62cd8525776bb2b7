// Digest credentials against the examples of RFC 2617 3.5, RFC 7616 3.9 and their -sess forms.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  challengeStrength,
  digestCredentials,
  type Challenge,
  type DigestRequest,
} from '../../../../engine/sip/auth/digest.ts';

/** RFC 2617 3.5. */
const RFC2617: Challenge = {
  realm: 'testrealm@host.com',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  opaque: '5ccc069c403ebaf9f0171e9517f40e41',
  algorithm: null,
  qop: 'auth,auth-int',
  stale: false,
};
const RFC2617_REQUEST: DigestRequest = {
  method: 'GET',
  uri: '/dir/index.html',
  username: 'Mufasa',
  password: 'Circle Of Life',
  cnonce: '0a4f113b',
  nonceCount: 1,
};
/** RFC 7616 3.9.1. */
const RFC7616: Challenge = {
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  algorithm: 'SHA-256',
  qop: 'auth, auth-int',
  stale: false,
};
const RFC7616_REQUEST: DigestRequest = {
  ...RFC2617_REQUEST,
  password: 'Circle of Life',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

/** The parameters of a credentials value; quoted ones keep their quotes. */
function parametersOf(value: string): Map<string, string> {
  assert.match(value, /^Digest /);
  const found = value.slice(7).matchAll(/(\w+)=("(?:\\.|[^"\\])*"|[^,\s]+)(?:, |$)/g);
  const parameters = new Map<string, string>();
  let length = 7;
  for (const [all, name, text] of found) {
    assert.ok(!parameters.has(name!), `${name} twice`);
    parameters.set(name!, text!);
    length += all.length;
  }
  assert.equal(length, value.length, `not a list of parameters: ${value}`);
  return parameters;
}

function responseOf(challenge: Challenge, request: DigestRequest): string {
  return parametersOf(digestCredentials(challenge, request)).get('response')!.slice(1, -1);
}

test('the example of RFC 2617', () => {
  assert.equal(responseOf(RFC2617, RFC2617_REQUEST), '6629fae49393a05397450978507c4ef1');
});

test('the examples of RFC 7616 with MD5 and SHA-256', () => {
  assert.equal(
    responseOf({ ...RFC7616, algorithm: 'MD5' }, RFC7616_REQUEST),
    '8ca523f5e9506fed4657c9700eebdbec',
  );
  assert.equal(
    responseOf(RFC7616, RFC7616_REQUEST),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  );
});

test('without qop the old formula of RFC 2069 counts', () => {
  // KD(H(A1), nonce:H(A2)), hashed here step by step.
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const ha1 = md5('bob:biloxi.com:zanzibar');
  const ha2 = md5('INVITE:sip:bob@biloxi.com');
  const challenge = { ...RFC2617, realm: 'biloxi.com', nonce: 'dcd98b', qop: null, opaque: null };
  const request: DigestRequest = {
    method: 'INVITE',
    uri: 'sip:bob@biloxi.com',
    username: 'bob',
    password: 'zanzibar',
    cnonce: 'c',
    nonceCount: 1,
  };
  const parameters = parametersOf(digestCredentials(challenge, request));
  assert.equal(parameters.get('response'), `"${md5(`${ha1}:dcd98b:${ha2}`)}"`);
  assert.deepEqual([...parameters.keys()], ['username', 'realm', 'nonce', 'uri', 'response']);
});

test('-sess hashes nonce and cnonce into the secret', () => {
  for (const [algorithm, hash] of [
    ['MD5-sess', 'md5'],
    ['SHA-256-sess', 'sha256'],
    ['SHA-512-256-sess', 'sha512-256'],
  ] as const) {
    const h = (text: string): string => createHash(hash).update(text).digest('hex');
    const { realm, nonce } = RFC7616;
    const { username, password, cnonce, method, uri } = RFC7616_REQUEST;
    const ha1 = h(`${h(`${username}:${realm}:${password}`)}:${nonce}:${cnonce}`);
    const expected = h(`${ha1}:${nonce}:0000000a:${cnonce}:auth:${h(`${method}:${uri}`)}`);
    const challenge = { ...RFC7616, algorithm };
    assert.equal(responseOf(challenge, { ...RFC7616_REQUEST, nonceCount: 10 }), expected);
    const noQop = parametersOf(digestCredentials({ ...challenge, qop: null }, RFC7616_REQUEST));
    assert.equal(noQop.get('cnonce'), `"${cnonce}"`);
    assert.ok(!noQop.has('nc') && !noQop.has('qop'));
  }
});

test('the parameters: quoted, unquoted and in hexadecimal', () => {
  const parameters = parametersOf(
    digestCredentials(RFC7616, { ...RFC7616_REQUEST, nonceCount: 255 }),
  );
  assert.equal(parameters.get('nc'), '000000ff');
  assert.equal(parameters.get('qop'), 'auth');
  assert.equal(parameters.get('algorithm'), 'SHA-256');
  assert.equal(parameters.get('opaque'), `"${RFC7616.opaque}"`);
  assert.equal(parameters.get('uri'), '"/dir/index.html"');
});

test('quotes and backslashes are escaped where they are sent and hashed as they are', () => {
  const challenge = { ...RFC2617, realm: 'a "b" \\ c', qop: null, opaque: '"' };
  const request = { ...RFC2617_REQUEST, username: 'x"y' };
  const value = digestCredentials(challenge, request);
  const parameters = parametersOf(value);
  assert.equal(parameters.get('realm'), '"a \\"b\\" \\\\ c"');
  assert.equal(parameters.get('username'), '"x\\"y"');
  assert.equal(parameters.get('opaque'), '"\\""');
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const ha1 = md5(`x"y:a "b" \\ c:${request.password}`);
  const ha2 = md5('GET:/dir/index.html');
  assert.equal(parameters.get('response'), `"${md5(`${ha1}:${RFC2617.nonce}:${ha2}`)}"`);
});

test('the algorithm goes back as it was written, whatever its case', () => {
  const value = digestCredentials({ ...RFC7616, algorithm: 'sha-256' }, RFC7616_REQUEST);
  assert.equal(parametersOf(value).get('algorithm'), 'sha-256');
  assert.equal(
    responseOf({ ...RFC7616, algorithm: 'sha-256' }, RFC7616_REQUEST),
    responseOf(RFC7616, RFC7616_REQUEST),
  );
});

test('challenges are ranked as RFC 8760 2.4 wants, what cannot be answered last', () => {
  const strength = (algorithm: string | null, qop: string | null = 'auth'): number =>
    challengeStrength({ ...RFC7616, algorithm, qop });
  assert.ok(strength('SHA-512-256') > strength('SHA-256'));
  assert.ok(strength('SHA-256') > strength('MD5'));
  assert.ok(strength('MD5') > 0);
  assert.equal(strength(null), strength('md5'));
  assert.equal(strength('SHA-256-sess'), strength('SHA-256'));
  assert.equal(strength('MD5', null), strength('MD5'));
  assert.equal(strength('MD5', 'auth-int,auth'), strength('MD5'));
  for (const algorithm of ['SHA-1', 'AKAv1-MD5', 'toString', '', '__proto__']) {
    assert.equal(strength(algorithm), 0, algorithm);
  }
  assert.equal(strength('MD5', 'auth-int'), 0);
});
