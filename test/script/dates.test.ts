import assert from 'node:assert/strict'
import { momentOf, strftime, unknownConversion } from '../../lib/script/lua/date-format.js'
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

  it('put the fields of a date right', async () => {
    assert.deepEqual(
      await prints(`local t = {year = '2024', month = 14, day = -1, hour = 25}
        local at = os.time(t)
        print(t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, type(t.isdst), at == os.time(t))`),
      ['2025\t1\t31\t1\t0\t0\t6\t31\tboolean\ttrue'],
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

  it('measure: difftime and clock', async () => {
    assert.deepEqual(await prints(`print(os.difftime(5e9, 4e9), os.clock() > 0, os.getenv('TZ') == nil or true)`), [
      '1000000000\ttrue\ttrue',
    ])
  })
})
