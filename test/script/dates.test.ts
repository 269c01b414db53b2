import assert from 'node:assert/strict'
import { strftime, unknownConversion } from '../../lib/script/lua/date-format.js'
import { momentOf, momentOfFields } from '../../lib/script/lua/moment.js'
import { usePort } from './fixture.js'

const seconds = (iso: string): number => Date.parse(iso) / 1000

function utc(format: string, iso: string): string {
  const moment = momentOf(seconds(iso), true)
  assert.ok(moment !== undefined)
  return strftime(format, moment)
}

describe('strftime', () => {
  const NOON = '2024-02-29T15:04:05Z'
  const cases: [string, string][] = [
    ['%a %A %b %B %h', 'Thu Thursday Feb February Feb'],
    ['%c', 'Thu Feb 29 15:04:05 2024'],
    ['%x %X %D %F %R %T %r', '02/29/24 15:04:05 02/29/24 2024-02-29 15:04 15:04:05 03:04:05 PM'],
    ['%d %e %H %I %k %l %M %S %p %P', '29 29 15 03 15  3 04 05 PM pm'],
    ['%j %m %u %w %y %Y %C', '060 02 4 4 24 2024 20'],
    ['%U %W %V %G %g', '08 09 09 2024 24'],
    ['%z %Z %s %% %n%t|', '+0000 GMT 1709219045 % \n\t|'],
    ['%Ey %Od %EY', '24 29 2024'],
  ]
  for (const [format, expected] of cases) {
    it(`${format} is ${JSON.stringify(expected)}`, () => assert.equal(utc(format, NOON), expected))
  }

  for (const [date, expected] of [
    ['2021-01-03T00:00:00Z', '01 00 53 2020 003'],
    ['2020-12-31T00:00:00Z', '52 52 53 2020 366'],
    ['2018-12-31T00:00:00Z', '52 53 01 2019 365'],
    ['2023-01-01T00:00:00Z', '01 00 52 2022 001'],
    ['2024-01-01T00:00:00Z', '00 01 01 2024 001'],
  ] as const) {
    it(`numbers the weeks of ${date.slice(0, 10)}`, () => assert.equal(utc('%U %W %V %G %j', date), expected))
  }

  it('names the first conversion that it does not know', () => {
    assert.equal(unknownConversion('%Y %Q %R'), '%Q')
    assert.equal(unknownConversion('100%'), '%')
    assert.equal(unknownConversion('%%Q'), undefined)
  })
})

describe('the moment of local fields, as mktime has it', () => {
  let zone: string | undefined
  before(() => {
    zone = process.env['TZ']
  })
  after(() => {
    // An undefined value would become the text 'undefined'.
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })

  /** Zone → local time, in which kind of time (true: daylight saving) → seconds since the epoch, local time then. */
  const cases: Record<string, [string, boolean | undefined, number, string][]> = {
    'Europe/Berlin': [
      ['2026-07-01 02:30', undefined, 1782865800, '2026-07-01 02:30:00 CEST'],
      ['2026-07-01 02:30', true, 1782865800, '2026-07-01 02:30:00 CEST'],
      ['2026-07-01 02:30', false, 1782869400, '2026-07-01 03:30:00 CEST'],
      ['2026-01-01 02:30', false, 1767231000, '2026-01-01 02:30:00 CET'],
      ['2026-01-01 02:30', true, 1767227400, '2026-01-01 01:30:00 CET'],
      // Does not happen.
      ['2026-03-29 02:30', undefined, 1774747800, '2026-03-29 03:30:00 CEST'],
      ['2026-03-29 02:30', true, 1774744200, '2026-03-29 01:30:00 CET'],
      ['2026-03-29 02:30', false, 1774747800, '2026-03-29 03:30:00 CEST'],
      // Happens twice.
      ['2026-10-25 02:30', undefined, 1792891800, '2026-10-25 02:30:00 CET'],
      ['2026-10-25 02:30', true, 1792888200, '2026-10-25 02:30:00 CEST'],
      ['2026-10-25 02:30', false, 1792891800, '2026-10-25 02:30:00 CET'],
      // After 2038.
      ['2040-07-01 02:30', true, 2224715400, '2040-07-01 02:30:00 CEST'],
      ['2040-07-01 02:30', false, 2224719000, '2040-07-01 03:30:00 CEST'],
    ],
    'Australia/Sydney': [
      ['2026-07-01 02:30', undefined, 1782837000, '2026-07-01 02:30:00 AEST'],
      ['2026-07-01 02:30', true, 1782833400, '2026-07-01 01:30:00 AEST'],
      ['2026-01-01 02:30', true, 1767195000, '2026-01-01 02:30:00 AEDT'],
      ['2026-01-01 02:30', false, 1767198600, '2026-01-01 03:30:00 AEDT'],
      ['2040-07-01 02:30', true, 2224683000, '2040-07-01 01:30:00 AEST'],
    ],
    // Goes forward by half an hour.
    'Australia/Lord_Howe': [
      ['2026-07-01 02:30', true, 1782833400, '2026-07-01 02:00:00 LHST'],
      ['2026-01-01 02:30', false, 1767196800, '2026-01-01 03:00:00 LHDT'],
    ],
    // Never had another kind of time, or not for long.
    UTC: [
      ['2026-07-01 02:30', undefined, 1782873000, '2026-07-01 02:30:00 UTC'],
      ['2026-07-01 02:30', true, 1782869400, '2026-07-01 01:30:00 UTC'],
      ['2026-07-01 02:30', false, 1782873000, '2026-07-01 02:30:00 UTC'],
    ],
    'Asia/Kolkata': [
      ['2026-01-01 02:30', false, 1767214800, '2026-01-01 02:30:00 IST'],
      ['2026-01-01 02:30', true, 1767211200, '2026-01-01 01:30:00 IST'],
    ],
  }
  for (const [name, moments] of Object.entries(cases)) {
    describe(name, () => {
      before(() => {
        process.env['TZ'] = name
      })
      for (const [local, daylightSaving, epochSeconds, then] of moments) {
        it(`${local}, isdst ${daylightSaving}, is ${then}`, () => {
          const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = local.split(/\D/).map(Number)
          const at = momentOfFields({ year, month, day, hour, minute, second: 0, daylightSaving })
          assert.ok(at !== undefined)
          assert.deepEqual([at.epochSeconds, strftime('%Y-%m-%d %H:%M:%S %Z', at)], [epochSeconds, then])
        })
      }

      it('is the moment again that its fields were made of', () => {
        for (let epochSeconds = 1_700_000_000; epochSeconds < 4_200_000_000; epochSeconds += 8_641_111) {
          const { year, month, day, hour, minute, second, daylightSaving } = momentOf(epochSeconds, false)!
          const fields = { year, month, day, hour, minute, second, daylightSaving }
          assert.equal(momentOfFields(fields)?.epochSeconds, epochSeconds)
        }
      })
    })
  }
})

describe('os.date and os.time', () => {
  const { prints } = usePort()
  const local = new Date(2040, 5, 15, 10, 20, 30)

  it('give UTC with an exclamation mark', async () => {
    assert.deepEqual(await prints(`print(os.date('!%Y-%m-%d %H:%M:%S', 0), os.date('!%c', 3e9))`), [
      '1970-01-01 00:00:00\tSat Jan 24 05:20:00 2065',
    ])
  })

  it('work beyond 2038, both ways', async () => {
    const stamp = local.getTime() / 1000
    assert.deepEqual(
      await prints(`local t = os.time{year=2040, month=6, day=15, hour=10, min=20, sec=30}
        print(t, os.date('%Y-%m-%d %H:%M:%S', t), os.date('*t', t).year)`),
      [`${stamp}\t2040-06-15 10:20:30\t2040`],
    )
  })

  it('count fields on that are out of their ranges, and leave the table as it is', async () => {
    assert.deepEqual(
      await prints(`local t = {year = '2024', month = 14, day = -1, hour = 25}
        print(os.date('%Y-%m-%d %H:%M:%S', os.time(t)), t.year, t.month, t.day, t.hour, t.min, t.yday)`),
      ['2025-01-31 01:00:00\t2024\t14\t-1\t25\tnil\tnil'],
    )
  })

  it('take fields as patterns and divisions give them: digits with zeros in front, fractions', async () => {
    assert.deepEqual(
      await prints(`local y, mo, d, h, mi, s = ('20260102000709'):match('^(%d%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)$')
        print(os.date('%Y-%m-%d %H:%M:%S', os.time{year = y, month = mo, day = d, hour = h, min = mi, sec = s}))
        print(os.date('%H:%M', os.time{year = 2026, month = 1, day = 2.9, hour = 27 / 2, min = '00', sec = 0.5}))
        print(os.date('!%H', 3600.9), os.date('!%S', -0.5))`),
      ['2026-01-02 00:07:09', '13:00', '01\t00'],
    )
  })

  it('fill a table with all its fields', async () => {
    assert.deepEqual(
      await prints(`local t = os.date('!*t', 1709219045)
        print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst)`),
      ['2024\t2\t29\t15\t4\t5\t5\t60\tfalse'],
    )
  })

  it('take noon where a table has no hour, and refuse one without a day', async () => {
    assert.deepEqual(
      await prints(`print(os.date('%H:%M', os.time{year=2024, month=1, day=1}))
        print(pcall(os.time, {year=2024, month=1}))
        print(pcall(os.time, {year=2024, month=1, day='x'}))
        print(pcall(os.date, '%Q'))`),
      [
        '12:00',
        "false\trelayout.lua:2: field 'day' missing in date table",
        "false\trelayout.lua:3: field 'day' is not an integer",
        "false\tbad argument #1 to 'os.date' (invalid conversion specifier '%Q')",
      ],
    )
  })

  it('give the offset from UTC by way of !*t, and honour isdst', async () => {
    assert.deepEqual(
      await prints(`local now = 1782865800
        local here, utc = os.date('*t', now), os.date('!*t', now)
        here.isdst = false
        local offset = os.difftime(os.time(here), os.time(utc))
        local z = os.date('%z', now)
        print(offset == (z:sub(1, 1) .. '1') * (z:sub(2, 3) * 3600 + z:sub(4, 5) * 60), utc.isdst)
        print(os.time{year = 2026, month = 7, day = 1, isdst = false} - os.time{year = 2026, month = 7, day = 1, isdst = true})`),
      ['true\tfalse', '3600'],
    )
  })

  it('measure: difftime and clock', async () => {
    assert.deepEqual(await prints(`print(os.difftime(5e9, 4e9), os.clock() > 0, os.getenv('TZ') == nil or true)`), [
      '1000000000\ttrue\ttrue',
    ])
  })
})
