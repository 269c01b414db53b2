/**
 * The settings as the rest of the plugin sees them (contract 1): checked, in the units that the names tell, immutable.
 * What each key means, its default and its range stand in key-table.ts.
 */
import type { ErrorCode } from '../errors.js'
import type { SenderFilter } from '../filter.js'
import type { Secret } from './secret.js'

export type TlsMode = 'none' | 'available' | 'required' | 'implicit'
export type SendOrder = 'arrival' | 'smallest' | 'newest'
export type AuthType = 'PLAIN' | 'LOGIN' | 'CRAM-MD5'

export interface RelayServer {
  /** Host name, IPv4 or bare IPv6 address, as configured. */
  readonly host: string
  readonly port: number
}

export interface Credentials {
  readonly user: Secret
  readonly pass: Secret
  /** Undefined: the best that the relay server offers. */
  readonly type: AuthType | undefined
}

export interface SenderSettings {
  readonly id: number
  readonly name: string
  /** Relay servers in the order to try them; none: Haraka's own MX delivery. */
  readonly servers: readonly RelayServer[]
  readonly tls: TlsMode
  readonly verifyCertificate: boolean
  readonly auth: Credentials | undefined
  readonly authPlaintext: boolean
  readonly pipelining: boolean
  readonly bind: string | undefined
  readonly helo: string | undefined
  readonly maxConnections: number
  /** 0 = no limit, here and in the next two. */
  readonly maxMessagesPerConnection: number
  readonly maxRecipientsPerConnection: number
  readonly maxRecipientsPerMessage: number
  readonly idleTimeoutMs: number
  /** Longest wait for one reply; end of data waits twice that. */
  readonly replyTimeoutMs: number
  /** The rules as written; `filter` is what they were compiled to. */
  readonly filterRules: readonly string[]
  readonly filter: SenderFilter
  readonly order: SendOrder
  /** File name in Haraka's config folder. */
  readonly script: string
}

export interface MainSettings {
  readonly skipRetrySeconds: number
  readonly onScriptError: 'send' | 'hold'
  readonly scriptTimeoutMs: number
  readonly scriptMemoryMb: number
  readonly sessionIdleMs: number
  readonly sessionMaxAgeMs: number
  readonly collectMs: number
  readonly allowLosingRewrites: boolean
  readonly scriptBreaker: 'off' | 'warn' | 'rollback'
  readonly scriptBreakerMessages: number
  /** Percentage points. */
  readonly scriptBreakerRise: number
  /** The journal's file as configured; undefined: none is kept. */
  readonly journal: string | undefined
  readonly journalSizeBytes: number
  /** How many older ones are kept. */
  readonly journalFiles: number
  readonly journalAddresses: 'full' | 'hashed'
  /** Names in lower case; `*` alone: all. */
  readonly journalHeaders: readonly string[]
}

/** What tags are made with. */
export interface BatvKey {
  /** The digit in the tag that names the secret. */
  readonly key: number
  readonly secret: Secret
}

export interface BatvSettings {
  /** First value of UseBATV. There is a key to sign with then. */
  readonly enabled: boolean
  readonly signing: BatvKey | undefined
  /** Those whose tags are taken: the one to sign with first, then those of earlier days. */
  readonly keys: readonly BatvKey[]
  readonly lifetimeDays: number
  /** Untagged bounces to the domains are refused. There are keys and domains then. */
  readonly require: boolean
  /** In lower case and ASCII form. */
  readonly domains: readonly string[]
  /** Without a tag where a relay server refuses tagged return paths. */
  readonly fallback: boolean
}

export interface Settings {
  readonly main: MainSettings
  readonly batv: BatvSettings
  /** In file order; `senders[i].id === i`. Never empty. */
  readonly senders: readonly SenderSettings[]
}

/** Something wrong with the settings. */
export interface Problem {
  readonly code: ErrorCode
  /** For the log: what is wrong, where, what is used instead. Never holds a secret. */
  readonly sentence: string
  readonly section: string
  /** '' where the section itself is the problem. */
  readonly key: string
  /** Of several lines with that key: which, from 1 on. */
  readonly nth?: number
}

export interface SettingsResult {
  /** Usable only when `fatal` is empty. */
  readonly settings: Settings
  /** To be logged; the default was used. */
  readonly problems: readonly Problem[]
  /** To be logged, no mistakes: the settings are in force. */
  readonly remarks: readonly Problem[]
  /** Mail would go the wrong way: do not start, or keep the last good settings. */
  readonly fatal: readonly Problem[]
}

/** What parsing needs from outside. */
export interface SettingsEnv {
  /**
   * The text of a file that holds secrets: an absolute path, or a name in Haraka's config folder. `error` is a phrase
   * such as `no such file`. Must not throw.
   */
  readSecretFile(name: string): { readonly content: string } | { readonly error: string }
  /** A domain label's Unicode form, '' where it has none: `domainToUnicode` of node:url. */
  domainToUnicode(label: string): string
  /** An internationalised domain's ASCII form, '' where it has none: `domainToASCII` of node:url. */
  domainToASCII(domain: string): string
}
