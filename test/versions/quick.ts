/**
 * A check of versions that is short enough for every change: the neighbours of what the tests ran on, and the tests with
 * a whole Haraka that go through most of what an upgrade could break (the seam, TLS, streams, files, workers).
 */
export const QUICK_PAIRS = ['22/locked', '24/locked', '20/3.3.0']

export const QUICK_TESTS = [
  'replies',
  'reuse',
  'parts',
  'tls-and-auth',
  'crash',
  'return-path',
  'skip',
  'priority',
  'edits',
  'journal',
  'messages',
  'limits',
].map((name) => `dist/test/integration/${name}.test.js`)
