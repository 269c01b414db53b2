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
      [['From: *.b.example'], 'a@sub.b.example', 'x@y.example', true],
      [['From: *.b.example'], 'a@b.example', 'x@y.example', false],
      [['From: *@*.b.example'], 'a@sub.sub.b.example', 'x@y.example', true],
      [['From: *@*.b.example'], 'a.b.example@c.example', 'x@y.example', false],
      [['From: a*@b.example'], 'anna@b.example', 'x@y.example', true],
      [['From: a*a@b.example'], 'a@b.example', 'x@y.example', false],
      [['From: *bounce*'], 'list-bounces@b.example', 'x@y.example', true],
      [['From: "a b"@c.example'], '"a b"@c.example', 'x@y.example', true],
      [['From: "*"@c.example'], '"a@b"@c.example', 'x@y.example', true],
      [['From: *"*b"@c.example'], '"a b"@c.example', 'x@y.example', true],
      [['From: "a\\"b, c"@c.example'], '"a\\"b, c"@c.example', 'x@y.example', true],
      [['From: "a:b,c;d"@c.example'], '"a:b,c;d"@c.example', 'x@y.example', true],
      [['From: ^a!b/c$d@c.example'], '^a!b/c$d@c.example', 'x@y.example', true],
      [['From: *@c.example'], '"a@b"@c.example', 'x@y.example', true],
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
      [['x?z@y.example'], 'a@b.example', 'x😀z@y.example', true],
      [['x??z@y.example'], 'a@b.example', 'x😀z@y.example', false],
      [['*.y.example'], 'a@b.example', 'x@w.y.example', true],
      [['*.y.example'], 'a@b.example', 'x@y.example', false],
      [['*y.example'], 'a@b.example', 'x@my.example', true],
      [['*@*.y.example'], 'a@b.example', 'x@v.w.y.example', true],
      [['*@*.y.example'], 'a@b.example', 'x@y.example', false],
      [['x@*.example'], 'a@b.example', 'x@y.z.example', true],
      [['*-list@y.example'], 'a@b.example', 'the-list@y.example', true],
      [['*-list@y.example'], 'a@b.example', 'the-list-owner@y.example', false],
      [['[192.0.2.*'], 'a@b.example', 'x@[192.0.2.1]', true],
      [['*@[IPv6:2001:db8::*'], 'a@b.example', 'x@[IPv6:2001:DB8::1]', true],
      [['*'], 'a@b.example', 'postmaster', true],
      [['*@*'], 'a@b.example', 'postmaster', false],
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
      [['From: jürgen@b.example'], 'ju\u0308rgen@b.example', 'x@y.example', true],
      [['From: ju\u0308rgen@b.example'], 'jürgen@b.example', 'x@y.example', true],
      [['*.xn--bcher-kva.example'], 'a@b.example', 'x@shop.bücher.example', true],
      [['xn--bcher-kva.*'], 'a@b.example', 'x@bücher.example', true],
      [['*@bücher.*'], 'a@b.example', 'x@xn--bcher-kva.example', true],
      [['From: *.xn--bcher-kva.example'], 'a@shop.xn--bcher-kva.example', 'x@y.example', true],
      [['From: *.xn--bcher-kva.example'], 'a@shop.bücher.example', 'x@y.example', true],
      [['From: *.bücher.example'], 'a@shop.xn--bcher-kva.example', 'x@y.example', true],
      [['!bücher.example'], 'a@b.example', 'x@xn--bcher-kva.example', false],
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
      [['Attempt: To:x@y.example', 'Skip: Domain:y.example', 'Attempt: All'], '', 'x@y.example', true],
      [['Skip: Domain:y.example', 'Attempt: To:x@y.example', 'Attempt: All'], '', 'x@y.example', false],
      [['Skip: To:*x@y.example', 'Attempt: Domain:y.example'], '', 'x@y.example', false],
      [['Attempt: Domain:y.example', 'Skip: To:*x@y.example'], '', 'x@y.example', true],
      [['Skip: Size>1k', 'Attempt: Domain:y.example'], '', 'x@y.example', false, 1025],
      [['Skip: Size>1k', 'Attempt: Domain:y.example'], '', 'x@y.example', true, 1024],
      [['Attempt: Domain:y.example', 'Skip: Size>1k'], '', 'x@y.example', true, 1025],
      [['Attempt: From:a@b.example', 'Skip: To:x@y.example'], 'a@b.example', 'x@y.example', true],
      [['Skip: To:x@y.example', 'Attempt: From:a@b.example'], 'a@b.example', 'x@y.example', false],
      [['Skip: !Domain:y.example', 'Attempt: All'], '', 'x@y.example', true],
      [['Skip: !Domain:y.example', 'Attempt: All'], '', 'x@z.example', false],
      [['Skip: To:x@y.example !From:a@b.example', 'Attempt: All'], 'a@b.example', 'x@y.example', true],
      [['Skip: To:x@y.example !From:a@b.example', 'Attempt: All'], 'c@b.example', 'x@y.example', false],
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
      [['Attempt: From:b.example'], 'a@b.example', 'x@y.example', true],
      [['Attempt: From:"a b"@c.example Domain:y.example'], '"a b"@c.example', 'x@y.example', true],
      [['Attempt: To:<x@y.example>'], '', 'x@y.example', true],
      [['Attempt: To:*.y.example'], '', 'x@w.y.example', true],
      [['Attempt: Domain:*.xn--bcher-kva.example'], '', 'x@shop.bücher.example', true],
      [['Attempt: From:*.xn--bcher-kva.example'], 'a@shop.bücher.example', 'x@y.example', true],
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

  it("divides the mail between two senders by size, as the reference page's script does", () => {
    const large = ['Attempt: Size>50000']
    const others = ['Skip: Size>50000']
    const rest = ['Attempt: Size<=50000']
    const sizes: [size: number, isLarge: boolean][] = [
      [0, false],
      [1, false],
      [49_999, false],
      [50_000, false],
      [50_001, true],
      [51_200, true],
      [10_000_000, true],
      [4_294_967_297, true],
    ]
    for (const [size, isLarge] of sizes) {
      check([
        [large, 'a@b.example', 'x@y.example v@w.example', isLarge, size],
        [others, 'a@b.example', 'x@y.example v@w.example', !isLarge, size],
        [rest, '', 'x@y.example', !isLarge, size],
      ])
    }
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
      ['a.example # friends', /a remark needs a line of its own/],
      ['!', /pattern is missing/],
      ['! ', /pattern is missing/],
      ['<>', /null return path; write From: <>/],
      ['"joe@example.com"', /quotation marks around a pattern are not needed/],
      ['example.com:25', /a pattern has no port; write example\.com\./],
      ['joe@example.com:25', /a pattern has no port; write joe@example\.com\./],
      ['Subject: hello', /filters know no header; CheckFile/],
      ['!!b.example', /the ! stands before the whole rule or condition, and once/],
      ['From: !a@b.example', /the ! stands before the whole rule/],
      ['@b.example', /write \*@b\.example/],
      ['From: a@', /domain after the @ is missing/],
      ['@', /domain after the @ is missing/],
      ['a@b@c.example', /more than one @/],
      ['<a@b.example', /angle bracket/],
      ['From: Anna <a@b.example>', /write the address alone/],
      ['From: "Anna B" <a@b.example>', /write the address alone/],
      ['From: "a b@c.example', /quotation mark is not closed/],
      ['From: "*@c.example', /quotation mark is not closed/],
      ['From: "a b"c@d.example', /quotation marks stand around all that is before the @/],
      ['From: a"b c"@d.example', /quotation marks stand around all that is before the @/],
      ['Skip: From:"a@x.example !From:"*"@y.example', /quotation mark/],
      ['Skip: From:"a@x.example To:"b@y.example', /quotation mark/],
      ['xn--b*.example', /write the letters/],
      ['From: *.xn--b*.example', /write the letters/],
      ['.b.example', /does not begin with a dot; write \*\. for all domains below/],
      ['a@.b.example', /does not begin with a dot/],
      ['From: *@b.example.', /no dot at its end/],
      ['b..example', /no two in a row/],
      ['192.0.2.0/24', /a domain has no "\/"/],
      ['bounce+*', /a domain has no "\+", and without @ it is one/],
      ['From: a+b', /a domain has no "\+", and without @ it is one/],
      ['a@b+c.example', /a domain has no "\+"\. /],
      ['"a b"', /a domain has no """/],
      ['.*@b.example', /no regular expression: \* is any text/],
      ['/@b\\.example$/', /no regular expression/],
      ['^a@b.example$', /no regular expression/],
      ['a@b\\.example', /no regular expression/],
      ['From a@b.example', /the colon is missing; write From:/],
      ['Attempt All', /the colon is missing; write Attempt:/],
      ['All', /stands behind Attempt: or Skip:; \* is any recipient/],
      ['Size>10k', /stands behind Attempt: or Skip:/],
      ['!Attempt: All', /no rule "Attempt:" with a ! before it; negate its conditions/],
      ['Domain: b.example', /no rule "Domain:"/],
      ['mailto:a@b.example', /no rule "mailto:"/],
      ['Form: a@b.example', /no rule "Form:" here \(did you mean From:\?\)/],
      ['!Form: a@b.example', /no rule "Form:" here \(did you mean From:\?\)/],
      ['Atempt: All', /no rule "Atempt:" here \(did you mean Attempt:\?\)/],
      [`${'x'.repeat(501)}.example`, /more than 500 characters/],
      ['Attempt:', /conditions are missing/],
      ['Skip: Everything', /"Everything" is no condition/],
      ['Skip: Allx', /"Allx" is no condition/],
      ['Skip: All, None', /"All," is no condition/],
      ['Skip: Skip: All', /"Skip:" is no condition/],
      ['Skip: From:a@b.example and Size>10k', /conditions stand side by side/],
      ['Skip: Size<1k || Size>10k', /may hold instead is a line more/],
      ['Skip: From:', /pattern is missing/],
      ['Skip: To:<>', /pattern is missing/],
      ['Skip: From: To:x@y.example', /":" has no place before the @/],
      ['Skip: From:!x@y.example', /the ! stands before the whole rule or condition/],
      ['Skip: From:<x@y.example', /angle bracket/],
      ['Skip: From:x@y.example,v@w.example', /more than one pattern/],
      ['Skip: Domain:a@b.example', /a domain has no @; To: takes an address/],
      ['Skip: Domain:.b.example', /does not begin with a dot/],
      ['Skip: Size>ten', /"Size>ten" is no condition; write a size as Size>10k/],
      ['Skip: Size>10g', /no condition/],
      ['Skip: Size=>10', /no condition/],
      ['Skip: Size>-1', /no condition/],
      ['Skip: Size>1.5m', /no condition/],
      ['Skip: Size>50,000', /no condition/],
      ['Skip: Size', /no condition/],
      ['Skip: !', /no condition stands behind the !/],
      [`Skip: ${'x'.repeat(1000)}`, /x{10}…" is no condition; there are All/],
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
    assert.match(errorsOf('# a remark', '', 'Atempt: All', 'Skip: All')[0]!, /rule 4, .* do not mix .*, see rule 3/)
    assert.match(errorsOf('Attempt: All', '')[0]!, /rule 2, "": the conditions are missing/)
  })

  it('names ten rules at most, with the number of the others', () => {
    const broken = (count: number): string[] => Array.from({ length: count }, (_, i) => `a@b@${i}.example`)
    assert.equal(errorsOf(...broken(10)).length, 10)
    assert.doesNotMatch(errorsOf(...broken(10))[9]!, /more rules/)
    const errors = errorsOf('c.example', ...broken(10_000))
    assert.equal(errors.length, 10)
    assert.match(
      errors[9]!,
      /rule 11, "a@b@9\.example": there is more than one @; 9990 more rules of this sender are wrong/,
    )
  })
})
