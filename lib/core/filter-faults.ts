/**
 * What is wrong with the pattern of a filter rule: it could never match, or it would match other than was meant. Each
 * answer is a clause for an administrator, with what to write instead where that can be known.
 */
import type { PatternKind } from './address-pattern.js'
import { oneLine } from './log-line.js'
import { WILDCARDS } from './wildcard.js'

const MAX_LENGTH = 500
/** Of a regular expression, as people write them. */
const EXPRESSION = /\\|^\/.*\/$|^\^?\.\*|\$$/
/** Behind a domain. */
const PORT = /^(.*[^:]):\d+$/
const NO_DOMAIN_CHARACTER = /[^\w.*?\-\u0080-\uffff]/

/** In what stands behind the last @ of the text, or in all of it where there is none. */
function domainFault(text: string, kind: PatternKind): string | undefined {
  const domain = text.slice(text.lastIndexOf('@') + 1)
  const labels = domain.split('.')
  if (labels.some((label) => /^xn--/i.test(label) && WILDCARDS.test(label))) {
    return 'a wildcard cannot stand in an xn-- label; write the letters'
  }
  const hasAt = domain !== text
  // What has wildcards and no @ may as well stand for a part of a return path before its @.
  const mayBeLocalPart = kind === 'sender' && !hasAt && WILDCARDS.test(text)
  if (mayBeLocalPart || domain.startsWith('[')) return undefined
  const [, bare] = PORT.exec(domain) ?? []
  if (bare !== undefined) return `a pattern has no port; write ${oneLine(text.replace(/:\d+$/, ''), 100)}`
  const [stray] = NO_DOMAIN_CHARACTER.exec(domain) ?? []
  if (stray !== undefined) return `a domain has no "${stray}"${hasAt ? '' : ', and without @ it is one'}`
  if (labels[0] === '') return 'a domain does not begin with a dot; write *. for all domains below one'
  return labels.includes('') ? 'a domain has no dot at its end and no two in a row' : undefined
}

/** What the text must not have anywhere but inside quotation marks, or what is wrong with these. */
function signFault(text: string): string | undefined {
  const emptied = text.replace(/"(?:[^"\\]|\\.)*"/g, '""')
  if (emptied.replaceAll('""', '').includes('"')) return 'a quotation mark is not closed'
  if (/\s#/.test(emptied)) return 'a remark needs a line of its own'
  if (/[<>]/.test(emptied)) return 'an angle bracket is out of place; write the address alone'
  if (/[\s,;]/.test(emptied)) return 'there is more than one pattern; write one rule a line'
  if (/[^*?]""|""[^@*?]/.test(emptied)) return 'quotation marks stand around all that is before the @'
  if (EXPRESSION.test(emptied)) return 'a pattern is no regular expression: * is any text, ? any one character'
  const [, local = ''] = /^(.*)@/.exec(emptied) ?? []
  if (local.includes('@') && !WILDCARDS.test(text)) return 'there is more than one @'
  return local.includes(':') ? 'a ":" has no place before the @' : undefined
}

/** `text`: the pattern without angle brackets around it. Undefined for nothing. */
export function patternFault(text: string, kind: PatternKind): string | undefined {
  if (text === '') return 'the pattern is missing'
  if (/^"[^"]*@[^"]*"$/.test(text)) return 'quotation marks around a pattern are not needed; leave them out'
  if (text.length > MAX_LENGTH) return `the pattern has more than ${MAX_LENGTH} characters`
  const fault = signFault(text)
  if (fault !== undefined) return fault
  if (text.startsWith('!')) return 'the ! stands before the whole rule or condition, and once'
  if (kind === 'domain' && text.includes('@')) return 'a domain has no @; To: takes an address'
  if (text.endsWith('@')) return 'the domain after the @ is missing'
  if (text.startsWith('@')) return `nothing stands before the @; write *${oneLine(text, 100)}`
  return domainFault(text, kind)
}
