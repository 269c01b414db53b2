/**
 * A check of versions that is short enough for every change: the neighbours of what the tests ran on, and those tests with
 * a whole Haraka that go through most of what an upgrade could break, for little time: each reply rewritten on used
 * connections, faults between messages, TLS and AUTH that are played again, parts, messages of all shapes, skips.
 */
export const QUICK_PAIRS = ['22/locked', '24/locked', '20/3.3.0']

export const QUICK_TESTS = [
  'reused-rewrites',
  'between-messages',
  'reuse',
  'utf8-reuse',
  'parts',
  'messages',
  'skip',
].map((name) => `dist/test/integration/${name}.test.js`)
