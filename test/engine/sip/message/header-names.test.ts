// Header names by bytes: every known name and compact form in any case, and nothing else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findHeaderId, HEADER_ID_COUNT } from '../../../../engine/sip/message/header-names.ts';
import { HeaderId, headerName } from '../../../../engine/sip/message/header-names.ts';

const known = Object.values(HeaderId).filter((id) => id !== HeaderId.Other);

function find(name: string): HeaderId {
  const buf = Buffer.from(`..${name}..`, 'latin1');
  return findHeaderId(buf, 2, 2 + name.length);
}

test('every name is found in lower, upper and its own case', () => {
  assert.equal(known.length + 1, HEADER_ID_COUNT);
  for (const id of known) {
    const name = headerName(id);
    for (const form of [name, name.toLowerCase(), name.toUpperCase()]) {
      assert.equal(find(form), id, form);
    }
  }
});

test('compact forms', () => {
  const compact: Record<string, HeaderId> = {
    a: HeaderId.AcceptContact,
    b: HeaderId.ReferredBy,
    c: HeaderId.ContentType,
    d: HeaderId.RequestDisposition,
    e: HeaderId.ContentEncoding,
    f: HeaderId.From,
    i: HeaderId.CallId,
    j: HeaderId.RejectContact,
    k: HeaderId.Supported,
    l: HeaderId.ContentLength,
    m: HeaderId.Contact,
    n: HeaderId.IdentityInfo,
    o: HeaderId.Event,
    r: HeaderId.ReferTo,
    s: HeaderId.Subject,
    t: HeaderId.To,
    u: HeaderId.AllowEvents,
    v: HeaderId.Via,
    x: HeaderId.SessionExpires,
    y: HeaderId.Identity,
  };
  for (const [form, id] of Object.entries(compact)) {
    assert.equal(find(form), id, form);
    assert.equal(find(form.toUpperCase()), id, form);
  }
  assert.equal(find('z'), HeaderId.Other);
});

test('a name that differs in one byte is unknown', () => {
  const names = new Set(known.map((id) => headerName(id).toLowerCase()));
  fc.assert(
    fc.property(fc.constantFrom(...known), fc.nat(), fc.nat(25), (id, at, letter) => {
      const name = headerName(id).toLowerCase();
      const i = at % name.length;
      const changed = name.slice(0, i) + String.fromCharCode(0x61 + letter) + name.slice(i + 1);
      assert.equal(find(changed) === HeaderId.Other, !names.has(changed));
    }),
  );
});
