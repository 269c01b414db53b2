import assert from 'node:assert/strict'
import { domainToUnicode } from 'node:url'
import { compileFilter, type SenderFilter } from '../../lib/core/filter.js'

function filterOf(...lines: string[]): SenderFilter {
  const filter = compileFilter(lines, 'bulk', domainToUnicode)
  if ('errors' in filter) assert.fail(filter.errors.join('\n'))
  return filter
}

function errorsOf(...lines: string[]): readonly string[] {
  const filter = compileFilter(lines, 'bulk', domainToUnicode)
  assert.ok('errors' in filter, `accepted: ${lines.join(' | ')}`)
  return filter.errors
}

/** Rules, return path, recipients separated by spaces, whether the message is for the sender, size. */
type Row = [rules: string[], from: string, to: string, expected: boolean, size?: number]

function check(rows: readonly Row[]): void {
  for (const [rules, from, to, expected, size = 1000] of rows) {
    const envelope = { from, recipients: to.split(' '), size }
    assert.equal(filterOf(...rules).matches(envelope), expected, `[${rules.join(' | ')}] <${from}> ${to} ${size}`)
  }
}

describe('compileFilter, From: and recipient patterns', () => {
  it('lets all through without a rule', () => {
    check([
      [[], 'a@b.example', 'c@d.example', true],
      [[], '', 'c@d.example', true],
      [['# a remark'], 'a@b.example', 'c@d.example', true],
    ])
  })

  it('compares the return path', () => {
    check([
      [['From: a@b.example'], 'a@b.example', 'x@y.example', true],
      [['From: a@b.example'], 'aa@b.example', 'x@y.example', false],
      [['From: a@b.example'], 'a@b.example.org', 'x@y.example', false],
      [['From: A@B.Example'], 'a@b.EXAMPLE', 'x@y.example', true],
      [['from:a@b.example'], 'a@b.example', 'x@y.example', true],
      [['FROM :  a@b.example '], 'a@b.example', 'x@y.example', true],
      [['From: <a@b.example>'], 'a@b.example', 'x@y.example', true],
      [['From: *@b.example'], 'anyone@b.example', 'x@y.example', true],
      [['From: *@b.example'], 'anyone@sub.b.example', 'x@y.example', false],
      [['From: *@*.example'], 'a@b.example', 'x@y.example', true],
      [['From: *b.example'], 'a@sub.b.example', 'x@y.example', true],
      [['From: a?c@b.example'], 'abc@b.example', 'x@y.example', true],
      [['From: a?c@b.example'], 'ac@b.example', 'x@y.example', false],
      [['From: a?c@b.example'], 'abbc@b.example', 'x@y.example', false],
      [['From: b.example'], 'a@b.example', 'x@y.example', true],
      [['From: b.example'], 'a@x.b.example', 'x@y.example', false],
      [['From: postmaster'], 'postmaster', 'x@y.example', true],
      [['From: a*'], 'anna@b.example', 'x@y.example', true],
      [['From: b.*'], 'a@b.example', 'x@y.example', false],
      [['From: a.c@b.example'], 'abc@b.example', 'x@y.example', false],
      [['From: a+(b)@c.example'], 'a+(b)@c.example', 'x@y.example', true],
      [['From: a@b.example', 'From: c@d.example'], 'c@d.example', 'x@y.example', true],
      [['From: a@b.example', 'From: c@d.example'], 'e@f.example', 'x@y.example', false],
    ])
  })

  it('takes <> and * for the null return path, and nothing else', () => {
    check([
      [['From: <>'], '', 'x@y.example', true],
      [['From: <>'], 'a@b.example', 'x@y.example', false],
      [['From: *'], '', 'x@y.example', true],
      [['From: *'], 'a@b.example', 'x@y.example', true],
      [['From: **'], '', 'x@y.example', true],
      [['From: *@*'], '', 'x@y.example', false],
      [['From: ?*'], '', 'x@y.example', false],
      [['From: b.example'], '', 'x@y.example', false],
      [['!From: <>'], '', 'x@y.example', false],
      [['!From: <>'], 'a@b.example', 'x@y.example', true],
      [['!From: *'], 'a@b.example', 'x@y.example', false],
    ])
  })

  it('compares recipients, a pattern without @ with the domain', () => {
    check([
      [['x@y.example'], 'a@b.example', 'x@y.example', true],
      [['x@y.example'], 'a@b.example', 'z@y.example', false],
      [['y.example'], 'a@b.example', 'x@y.example', true],
      [['Y.EXAMPLE'], 'a@b.example', 'X@y.Example', true],
      [['y.example'], 'a@b.example', 'x@z.y.example', false],
      [['y.example'], 'a@b.example', 'y.example@z.example', false],
      [['*.example'], 'a@b.example', 'x@y.example', true],
      [['*.example'], 'a@b.example', 'x@y.example.org', false],
      [['?.example'], 'a@b.example', 'x@y.example', true],
      [['*'], '', 'x@y.example', true],
      [['*@y.example'], 'a@b.example', 'x@y.example', true],
      [['x@*'], 'a@b.example', 'x@y.example', true],
      [['<x@y.example>'], 'a@b.example', 'x@y.example', true],
      [['"a b"@y.example'], 'a@b.example', '"a@b"@y.example', false],
      [['[192.0.2.1]'], 'a@b.example', 'x@[192.0.2.1]', true],
      [['y.example', 'z.example'], 'a@b.example', 'x@z.example', true],
    ])
  })

  it('wants every recipient to match', () => {
    check([
      [['y.example'], 'a@b.example', 'x@y.example z@y.example', true],
      [['y.example'], 'a@b.example', 'x@y.example z@z.example', false],
      [['y.example', 'z.example'], 'a@b.example', 'x@y.example z@z.example', true],
      [['y.example', '!x@y.example'], 'a@b.example', 'w@y.example x@y.example', false],
      [['!x@y.example'], 'a@b.example', 'w@y.example x@y.example', false],
      [['!x@y.example'], 'a@b.example', 'w@y.example v@y.example', true],
    ])
  })

  it('wants both kinds to match where there are both', () => {
    check([
      [['From: a@b.example', 'y.example'], 'a@b.example', 'x@y.example', true],
      [['From: a@b.example', 'y.example'], 'a@b.example', 'x@z.example', false],
      [['From: a@b.example', 'y.example'], 'c@b.example', 'x@y.example', false],
      [['y.example', 'From: *@b.example', 'From: <>'], '', 'x@y.example', true],
    ])
  })

  it('lets a negated rule win over any other, wherever it stands', () => {
    check([
      [['From: *@b.example', '!From: a@b.example'], 'a@b.example', 'x@y.example', false],
      [['!From: a@b.example', 'From: *@b.example'], 'a@b.example', 'x@y.example', false],
      [['!From: a@b.example', 'From: *@b.example'], 'c@b.example', 'x@y.example', true],
      [['!From: a@b.example'], 'c@d.example', 'x@y.example', true],
      [['! From: a@b.example'], 'a@b.example', 'x@y.example', false],
      [['!y.example'], 'a@b.example', 'x@y.example', false],
      [['!y.example'], 'a@b.example', 'x@z.example', true],
      [['!From: a@b.example', 'y.example'], 'c@d.example', 'x@y.example', true],
      [['!From: a@b.example', 'y.example'], 'c@d.example', 'x@z.example', false],
      [['From: a@b.example', '!y.example'], 'a@b.example', 'x@y.example', false],
      [['From: a@b.example', '!y.example'], 'a@b.example', 'x@z.example', true],
      [['!*.gov', '!*.mil'], 'a@b.example', 'x@y.mil', false],
    ])
  })

  it('takes a domain in its letters and in its xn-- form alike', () => {
    check([
      [['bücher.example'], 'a@b.example', 'x@xn--bcher-kva.example', true],
      [['xn--bcher-kva.example'], 'a@b.example', 'x@bücher.example', true],
      [['BÜCHER.example'], 'a@b.example', 'x@XN--BCHER-KVA.example', true],
      [['bu\u0308cher.example'], 'a@b.example', 'x@xn--bcher-kva.example', true],
      [['*.bücher.example'], 'a@b.example', 'x@shop.xn--bcher-kva.example', true],
      [['büch*.example'], 'a@b.example', 'x@xn--bcher-kva.example', true],
      [['From: *@bücher.example'], 'a@xn--bcher-kva.example', 'x@y.example', true],
      [['bücher.example'], 'a@b.example', 'x@bucher.example', false],
      [['xn--zzzzzz.example'], 'a@b.example', 'x@xn--zzzzzz.example', true],
      [['From: jürgen@b.example'], 'JÜRGEN@b.example', 'x@y.example', true],
    ])
  })
})

describe('compileFilter, Attempt: and Skip:', () => {
  it('lets the first line decide whose conditions all hold', () => {
    check([
      [['Attempt: All'], 'a@b.example', 'x@y.example', true],
      [['Skip: All'], 'a@b.example', 'x@y.example', false],
      [['Skip: All', 'Attempt: All'], 'a@b.example', 'x@y.example', false],
      [['Attempt: All', 'Skip: All'], 'a@b.example', 'x@y.example', true],
      [['Skip: None', 'Attempt: All'], 'a@b.example', 'x@y.example', true],
      [['skip:all'], 'a@b.example', 'x@y.example', false],
      [['SKIP : ALL'], 'a@b.example', 'x@y.example', false],
      [['Attempt: All None'], 'a@b.example', 'x@y.example', false],
      [['Skip: From:a@b.example Domain:y.example', 'Attempt: All'], 'a@b.example', 'x@y.example', false],
      [['Skip: From:a@b.example Domain:y.example', 'Attempt: All'], 'a@b.example', 'x@z.example', true],
    ])
  })

  it('attempts without an Attempt: line when none decides, else skips', () => {
    check([
      [['Skip: None'], 'a@b.example', 'x@y.example', true],
      [['Attempt: None'], 'a@b.example', 'x@y.example', false],
      [['Skip: From:c@d.example', 'Attempt: None'], 'a@b.example', 'x@y.example', false],
    ])
  })

  it('compares addresses and domains', () => {
    check([
      [['Attempt: From:*@b.example'], 'a@b.example', 'x@y.example', true],
      [['Attempt: From: *@b.example'], 'a@b.example', 'x@y.example', true],
      [['Attempt: From:<>'], '', 'x@y.example', true],
      [['Attempt: From:*'], '', 'x@y.example', true],
      [['Attempt: To:x@y.example'], 'a@b.example', 'x@y.example', true],
      [['Attempt: To:y.example'], 'a@b.example', 'x@y.example', true],
      [['Attempt: Domain:y.*'], 'a@b.example', 'x@y.example', true],
      [['Attempt: Domain:bücher.example'], 'a@b.example', 'x@xn--bcher-kva.example', true],
      [['Attempt: Domain:b.example'], 'a@b.example', 'x@y.example', false],
      [['Attempt: !From:<>'], '', 'x@y.example', false],
      [['Attempt: !From:<>'], 'a@b.example', 'x@y.example', true],
    ])
  })

  it('wants all recipients to come out as Attempt', () => {
    check([
      [['Attempt: Domain:y.example'], 'a@b.example', 'x@y.example x@z.example', false],
      [['Attempt: Domain:y.example', 'Attempt: Domain:z.example'], 'a@b.example', 'x@y.example x@z.example', true],
      [['Skip: To:x@y.example'], 'a@b.example', 'w@y.example x@y.example', false],
    ])
  })

  it('compares sizes', () => {
    check([
      [['Attempt: Size<1000'], '', 'x@y.example', true, 999],
      [['Attempt: Size<1000'], '', 'x@y.example', false, 1000],
      [['Attempt: Size<=1000'], '', 'x@y.example', true, 1000],
      [['Attempt: Size<=1000'], '', 'x@y.example', false, 1001],
      [['Attempt: Size=1000'], '', 'x@y.example', true, 1000],
      [['Attempt: Size==1000'], '', 'x@y.example', false, 1001],
      [['Attempt: Size!=1000'], '', 'x@y.example', true, 1001],
      [['Attempt: Size<>1000'], '', 'x@y.example', false, 1000],
      [['Attempt: Size>=1000'], '', 'x@y.example', true, 1000],
      [['Attempt: Size>1000'], '', 'x@y.example', false, 1000],
      [['Attempt: Size>1k'], '', 'x@y.example', false, 1024],
      [['Attempt: size > 1 K'], '', 'x@y.example', true, 1025],
      [['Attempt: Size>=2m'], '', 'x@y.example', true, 2_097_152],
      [['Attempt: Size>=2MB'], '', 'x@y.example', false, 2_097_151],
      [['Attempt: Size>4294967296'], '', 'x@y.example', true, 4_294_967_297],
      [['Attempt: Size>1k Size<2k'], '', 'x@y.example', true, 1500],
      [['Attempt: !Size>1k'], '', 'x@y.example', true, 1024],
    ])
  })
})

describe('compileFilter, rules that are wrong', () => {
  it('names sender, rule number, rule and reason', () => {
    assert.deepEqual(errorsOf('From: a@b.example', '', 'To: x@y.example'), [
      'relayout.ini [sender.bulk] filter[], rule 2, "": the pattern is missing. Haraka does not start with it; after an edit the last good settings stay in use',
      'relayout.ini [sender.bulk] filter[], rule 3, "To: x@y.example": there is no rule "To:" here; a recipient rule is the pattern alone. Haraka does not start with it; after an edit the last good settings stay in use',
    ])
  })

  it('refuses what could never match, or match other than meant', () => {
    const table: [string, RegExp][] = [
      ['From:', /pattern is missing/],
      ['From: a@b.example, c@d.example', /more than one pattern/],
      ['a.example b.example', /more than one pattern/],
      ['a.example;b.example', /more than one pattern/],
      ['!', /pattern is missing/],
      ['<>', /pattern is missing/],
      ['@b.example', /write \*@b\.example/],
      ['From: a@', /domain after the @ is missing/],
      ['<a@b.example', /angle bracket/],
      ['xn--b*.example', /write the letters/],
      ['!Attempt: All', /no rule "Attempt:"/],
      ['Domain: b.example', /no rule "Domain:"/],
      [`${'x'.repeat(501)}.example`, /more than 500 characters/],
      ['Attempt:', /conditions are missing/],
      ['Skip: Everything', /"Everything" is no condition/],
      ['Skip: Allx', /"Allx" is no condition/],
      ['Skip: From:', /pattern is missing/],
      ['Skip: Domain:a@b.example', /a domain has no @/],
      ['Skip: Size>ten', /"Size>ten" is no condition/],
      ['Skip: Size>10g', /no condition/],
      ['Skip: Size=>10', /no condition/],
      ['Skip: Size', /no condition/],
      ['Skip: !', /no condition/],
    ]
    for (const [rule, reason] of table) {
      const errors = errorsOf(rule)
      assert.equal(errors.length, 1)
      assert.match(errors[0]!, reason)
    }
  })

  it('does not mix the two forms', () => {
    assert.match(errorsOf('From: a@b.example', 'Skip: All')[0]!, /rule 2, "Skip: All": .* do not mix/)
    assert.match(errorsOf('Attempt: All', '!b.example')[0]!, /rule 2, "!b\.example": .* do not mix/)
  })
})
