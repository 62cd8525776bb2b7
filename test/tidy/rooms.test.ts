// Imports point one way: the room table holds for every file of the tree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importProblems, PACKAGES, ROOMS, roomOf } from './rooms.ts';
import { readSourceTree, sourceFile } from './source-tree.ts';

const problemsOf = (path: string, text: string): string[] => importProblems(sourceFile(path, text));

test('every import of the tree is allowed by the room table', () => {
  assert.equal(readSourceTree().flatMap(importProblems).join('\n'), '');
});

test('an import against the table is caught', () => {
  const into = "import { runCall } from '../../call/call.ts';\n";
  assert.deepEqual(problemsOf('engine/sip/message/via.ts', into), [
    "engine/sip/message/via.ts: engine/sip may not import engine/call ('../../call/call.ts')",
  ]);
  assert.equal(
    problemsOf('engine/call/leg.ts', "import type { S } from '../net/io.ts';").length,
    1,
  );
  assert.equal(problemsOf('ingest/main.ts', "import { a } from '../engine/sip/a.ts';").length, 1);
  assert.equal(problemsOf('engine/base/a.ts', "export * from '../shm/ring.ts';").length, 1);
  assert.equal(problemsOf('workers/shard.ts', "await import('../ingest/main.ts');").length, 1);
  assert.equal(problemsOf('engine/main.ts', "import { a } from '../test/sim/a.ts';").length, 1);
});

test("main may know the type of a thread's task, and nothing else of it", () => {
  const task = "{ Task } from '../../workers/shard.ts';";
  assert.deepEqual(problemsOf('engine/edge/a.ts', `import type ${task}`), []);
  assert.equal(problemsOf('engine/edge/a.ts', `import ${task}`).length, 1);
});

test('an allowed import passes', () => {
  assert.deepEqual(problemsOf('engine/call/leg.ts', "import { C } from '../base/clock.ts';"), []);
  assert.deepEqual(problemsOf('engine/sip/auth/a.ts', "import { b } from '../message/b.ts';"), []);
  assert.deepEqual(problemsOf('bench/main.ts', "import { b } from '../engine/main.ts';"), []);
  assert.deepEqual(problemsOf('engine/main.ts', "import { b } from './call/b.ts';"), []);
});

test('a package outside of its rooms, a new room and a path without .ts are caught', () => {
  assert.deepEqual(problemsOf('engine/call/a.ts', "import { pino } from 'pino';"), [
    'engine/call/a.ts: engine/call may not load the package pino',
  ]);
  assert.equal(
    problemsOf('ingest/a.ts', "import { x } from '@clickhouse/client/dist/x';").length,
    0,
  );
  assert.equal(problemsOf('engine/misc/a.ts', '').length, 1);
  assert.equal(problemsOf('engine/call/a.ts', "import { b } from './b.js';").length, 1);
});

test('the table names only rooms, and no two rooms import each other', () => {
  for (const [room, allowed] of Object.entries(ROOMS)) {
    for (const other of allowed.filter((name) => name !== '*')) {
      assert.ok(other in ROOMS, `${room} allows ${other}, which is no room`);
      assert.ok(!ROOMS[other]!.includes(room), `${room} and ${other} import each other`);
    }
  }
  for (const room of Object.values(PACKAGES).flat()) assert.ok(room in ROOMS, room);
  assert.equal(roomOf('engine/main.ts'), 'engine');
});
