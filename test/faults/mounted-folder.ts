// A file system of a test's own, which is made read-only or full, and writable again. Mounts are
// made in a namespace that ends with the test; who is not root gets one by a user namespace.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../bench/calls/until.ts';

const INSIDE = 'TANDEM_TEST_MOUNTS';
const LIMIT_MS = 400_000;
const ONE_LIMIT_MS = 120_000;
/** Files that are just being written make it busy. */
const BUSY_MS = 10_000;

type Test = (t: TestContext) => Promise<void>;

/** Runs tests, by name, where they may mount. @param url of their file */
export function testsWithMounts(url: string, tests: Readonly<Record<string, Test>>): void {
  if (process.env[INSIDE] !== undefined) {
    for (const [name, run] of Object.entries(tests)) test(name, { timeout: ONE_LIMIT_MS }, run);
    return;
  }
  test('in a namespace with mounts of its own', () => {
    const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
    const words = [process.execPath, '--enable-source-maps', fileURLToPath(url)];
    const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
    const { error, status, stdout, stderr } = spawnSync('unshare', [...namespaces, ...words], {
      encoding: 'utf8',
      env: { ...rest, [INSIDE]: '1' },
      timeout: LIMIT_MS,
    });
    assert.equal(error, undefined, 'unshare (Debian package util-linux) does not run');
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /^(#|ℹ) pass [1-9]/m, `no test ran:\n${stdout}`);
  });
}

export class MountedFolder {
  /** An ordinary folder, in which `path` is the one that is mounted. */
  readonly root = mkdtempSync(join(tmpdir(), 'tandem-mount-'));
  readonly path: string;

  /** A tmpfs until the test ends. */
  constructor(t: TestContext, ...names: readonly string[]) {
    this.path = join(this.root, ...names);
    mkdirSync(this.path, { recursive: true });
    this.#mount('size=64m', ['-t', 'tmpfs']);
    t.after(() => {
      execFileSync('umount', ['--lazy', this.path]);
      rmSync(this.root, { recursive: true, force: true });
    });
  }

  async readOnly(): Promise<void> {
    const done = await until(() => {
      this.#mount('remount,ro');
      return true;
    }, BUSY_MS);
    assert.ok(done, `${this.path} stays busy: somebody has a file open for writing`);
  }

  /** Takes all the room that is left. */
  fill(): void {
    const fd = openSync(this.#filler, 'w');
    const bytes = Buffer.alloc(1 << 20);
    try {
      for (;;) writeSync(fd, bytes);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    } finally {
      closeSync(fd);
    }
  }

  writable(): void {
    this.#mount('remount,rw');
    rmSync(this.#filler, { force: true });
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }

  /** With the source named, mount(8) adds no options that a namespace does not know. */
  #mount(options: string, type: readonly string[] = []): void {
    execFileSync('mount', [...type, '-o', options, 'tandem', this.path], { stdio: 'pipe' });
  }
}
