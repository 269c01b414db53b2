/** What `relayout test` found, as `--json` has it (docs/schemas/test.schema.json). */
import type { Heard } from '../../rehearsal/rehearsal.js'
import type { Performed } from './perform.js'

export interface ReportedMiss {
  readonly line: number
  readonly column: number
  readonly key: string
  /** Which message or reply of several. */
  readonly step?: string
  readonly expected: string
  readonly came: string
}

export interface ReportedTest {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly column: number
  readonly passed: boolean
  readonly misses: readonly ReportedMiss[]
  /** What the scripts said besides. */
  readonly heard: readonly Heard[]
}

export interface Report {
  readonly version: 1
  readonly command: 'test'
  readonly passed: number
  readonly failed: number
  /** By --only. */
  readonly leftOut: number
  readonly tests: readonly ReportedTest[]
}

export interface PerformedFile {
  readonly file: string
  readonly performed: readonly Performed[]
}

/** `all`: how many tests there are, those that were left out included. */
export function reported(files: readonly PerformedFile[], all: number): Report {
  const tests = files.flatMap(({ file, performed }) => performed.map((one) => reportedTest(file, one)))
  const passed = tests.filter((test) => test.passed).length
  return {
    version: 1,
    command: 'test',
    passed,
    failed: tests.length - passed,
    leftOut: all - tests.length,
    tests,
  }
}

function reportedTest(file: string, { test, misses, heard }: Performed): ReportedTest {
  return {
    name: test.name,
    file,
    ...test.place,
    passed: misses.length === 0,
    misses: misses.map(({ place, ...miss }) => ({ ...place, ...miss })),
    heard,
  }
}
