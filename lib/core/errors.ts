/**
 * The registry of coded errors: every sentence that an administrator reads when something is wrong, once.
 *
 * A sentence says what is wrong, where, what was done and what to do. docs/ERRORS.md lists them all (tested). `{name}`
 * stands for a parameter; a parameter's value is put on one line and cut to 300 characters, whatever it holds.
 */
import { oneLine } from './log-line.js'

const KEPT = 'after an edit the last good settings stay in use'
const STOPS = `Haraka does not start with it; ${KEPT}`

export const ERRORS = {
  // Settings
  RELAYOUT_E_BAD_VALUE: `relayout.ini [{section}] {key} = {value}: {accepted} is accepted{why}. At start-up {used} is used; ${KEPT}`,
  RELAYOUT_E_UNKNOWN_KEY: `relayout.ini [{section}] {key}: there is no such key{hint}. At start-up it is ignored; ${KEPT}`,
  RELAYOUT_E_UNKNOWN_SECTION: `relayout.ini [{section}]: there is no such section{hint}. At start-up it is ignored; ${KEPT}`,
  RELAYOUT_E_UNUSABLE_VALUE: `relayout.ini [{section}] {key} = {value}: {accepted} is accepted{why}, and mail could go the wrong way. ${STOPS}`,
  RELAYOUT_E_UNUSABLE_HOST: `relayout.ini [{section}] host = {value}: {why}. Give the relay servers as host[:port] or [IPv6]:port, separated by commas. ${STOPS}`,
  RELAYOUT_E_UNUSABLE_KEY: `relayout.ini [{section}] {key}: there is no such key here{hint}, and without it mail could go the wrong way. ${STOPS}`,
  RELAYOUT_E_UNUSABLE_SECTION: `relayout.ini [{section}]: this is no section{hint}, and without it mail could go the wrong way. ${STOPS}`,
  RELAYOUT_E_SENDER_NAME: `relayout.ini [{section}]: {why}. Give every sender a name of its own, as in [sender.bulk]. ${STOPS}`,
  RELAYOUT_E_UNREADABLE_SECRET: `relayout.ini [{section}] {key}: {why}. ${STOPS}`,
  RELAYOUT_E_UNREADABLE_FILE: `{file} is in Haraka's config folder but cannot be read ({why}), and without it mail could go the wrong way. Let the user read it that Haraka runs as. ${STOPS}`,
  RELAYOUT_E_NO_SECRET: `relayout.ini [batv] {key} = true: there is no secret to go with it, and {harm}. Give one as secret or in a secret_file. ${STOPS}`,
  RELAYOUT_E_NO_DOMAINS: `relayout.ini [batv] require = true: it is not said whose bounces are to be refused. Give the domains whose mail leaves here only, as in domains = example.com, example.net. ${STOPS}`,
  RELAYOUT_E_REQUIRE_ALONE:
    'relayout.ini [batv] require = true, but enabled is not: bounces of mail that the script does not tag (UseBATV) are refused. Set enabled = true, or take require out',
  RELAYOUT_E_SHORT_SECRET:
    'relayout.ini [batv] {key}: a secret of fewer than 16 characters can be guessed from one tag. Make a longer one, as with openssl rand -base64 30, and keep this one as accept[] for a week',
  RELAYOUT_E_FILTER_RULE: `relayout.ini [sender.{sender}] filter[], rule {line}, "{rule}": {why}. ${STOPS}`,

  // The script
  RELAYOUT_E_SCRIPT_MISSING:
    "{file} is not in Haraka's config folder: there are no rules. Create the file, or correct the key script; it is picked up by itself",
  RELAYOUT_E_SCRIPT_SYNTAX: '{message}. {done}. Correct the line; the file is read again by itself',
  RELAYOUT_E_SCRIPT_RUNTIME: '{message}. {done}. Correct the script; the file is read again by itself',
  RELAYOUT_E_SCRIPT_TIMEOUT: '{message}. {done}. Look for an endless loop or a costly pattern, or raise script_timeout',
  RELAYOUT_E_SCRIPT_MEMORY: '{message}. {done}. Look for a table or string that grows, or raise script_memory',
  RELAYOUT_E_SCRIPT_TYPE: '{message}. {done}. Correct what it returns; the file is read again by itself',
  RELAYOUT_E_SCRIPT_UNAVAILABLE: '{message}. {done}. The script engine is started again by itself',
  RELAYOUT_E_SCRIPT_BREAKER:
    '{file} was changed, and the new version {harm} {share} % of {messages} messages, the one before {before} %. {done}. Look at the last change of the file',
  RELAYOUT_E_SCRIPT_RELOAD:
    '{file} was changed but is not taken: {message}. The version that ran before stays in use. Correct the file; it is read again by itself',

  // The journal
  RELAYOUT_E_JOURNAL:
    'The journal {file} cannot be written: {why}. Mail goes on as it does without. Records wait in memory up to 16 MB, what comes then is counted and lost; it is tried again every {seconds} s. Make room or give access, or correct [main] journal',
  RELAYOUT_E_JOURNAL_KEY:
    'The key {file} that addresses in the journal are hashed with cannot be used: {why}. Mail goes on as it does without. Nothing is recorded until it can; it is tried again every {seconds} s. Give access, or correct [main] journal',
  RELAYOUT_E_JOURNAL_RECORD:
    'A record could not be made for the journal: {why}. Mail goes on as it does without; the record is missing. Look at the queue file, which another program may have written',
  RELAYOUT_E_JOURNAL_ROTATION:
    'The journal {file} has reached journal_size and cannot be renamed: {why}. It goes on in the same file, which grows. Give write access to its folder',

  // Haraka
  RELAYOUT_E_HARAKA_SHAPE:
    'Haraka {version} is not built as this plugin expects: {what}. It was tested with Haraka {tested}. Haraka does not start with it, so that no mail goes around the script. Use a tested version, or take relayout out of config/plugins',
  RELAYOUT_E_OFFERED_TWICE:
    'Haraka offered {file} a second time while it is in hand or just done: the second copy is dropped, so that nothing is sent twice. No action is needed',
  RELAYOUT_E_QUEUE_FILE_GONE:
    '{file} is no longer in the queue folder: another copy of it was sent or renamed since. This one is dropped, so that nothing is sent twice. No action is needed, unless somebody removed the file',
  RELAYOUT_E_QUEUE_FILE_UNREAD:
    '{file} in the queue folder cannot be read: {why}. Its message waits, and the file is read again in {seconds} s. Let Haraka open more files at one time (LimitNOFILE), or look at the disk; a file that is damaged must be taken out of the folder',
  RELAYOUT_E_QUEUE_FOLDER:
    'The names in the queue folder cannot be brought to the disk: {why}. Mail goes on; should the power fail, messages that came in last could be missing. Look at the disk',
  RELAYOUT_E_QUEUE_FILE_STAYS:
    '{file} cannot be removed from the queue folder: {why}. Its message is done with and is not sent again while Haraka runs, but it would be after a restart. It is tried again every {seconds} s. Give write access to the folder, and do not stop Haraka before the file is gone; else remove it by hand before Haraka is started again',
  RELAYOUT_E_QUEUE_FILE_STALE:
    '{file} in the queue folder cannot be brought up to date: {why}. Its message goes on for the recipients that are left; after a restart those that are done with would get it again. It is tried again when it comes to the next of them. Make room or give write access to the folder, and do not stop Haraka before',
  RELAYOUT_E_QUEUE_FILE_NAME:
    '{file} cannot be renamed for its next attempt: {why}. Its message waits {seconds} s all the same; after a restart it would be offered at once. Make room or give write access to the folder',
  RELAYOUT_E_BOUNCE_NOT_QUEUED:
    'The bounce for {file} cannot be queued: {why}. Its message stays in the queue and is offered again in {seconds} s, so that its sender learns of it. Make room or give write access to the queue folder',

  // The command
  RELAYOUT_E_FILE: '{file} cannot be read: {why}. Check its name, and who may read it',
  RELAYOUT_E_NO_CONFIG:
    "there is no config folder of Haraka here: neither relayout.ini nor a script was found. Go to Haraka's folder, or name it with --config",
  RELAYOUT_E_NO_SCRIPT:
    '{file} is not in {folder}: there is nothing to {purpose}. Name the script, or the config folder with --config',
  RELAYOUT_E_SETTINGS: '{count} in relayout.ini would keep Haraka from starting. Correct the above',
  RELAYOUT_E_NO_SENDER: 'there is no sender {name} in relayout.ini; there is {names}',
  RELAYOUT_E_NOT_A_MESSAGE:
    '{file} is neither a queue file of Haraka nor a message: {why}. Give a queue file, a message as a mail program saves it (.eml), or - for standard input',
  RELAYOUT_E_QUEUE_FILE:
    '{file} is not a whole queue file: {why}. One that is being written is whole in a moment; try again',
  RELAYOUT_E_ENVELOPE: '{file} does not say {what}. Say it with {option}',
  RELAYOUT_E_RECIPIENTS: '{file} has a {field} that cannot be read. Say whom it is for with --to',
  RELAYOUT_E_ADDRESS: '{value} is no mail address: {why}. Give it as user@example.com, or "" for the null sender',
  RELAYOUT_E_RECIPIENT: '{value} is no recipient: only a return path can be empty. Give it as user@example.com',
  RELAYOUT_E_TIME: '{value} is no time. Give it as 22:30, 2026-12-24, 2026-12-24T22:30 or 2026-12-24T22:30Z',
  RELAYOUT_E_NUMBER: '{option} {value}: {accepted} is accepted',
  RELAYOUT_E_TEMPORARY:
    'a temporary file cannot be written in {folder}: {why}. Make room or give access there, or name another folder in TMPDIR',
  RELAYOUT_E_OUTPUT: 'the output cannot be written: {why}. What has been written is not all',
  RELAYOUT_E_SHELL: '{shell} is no shell that there is a completion for. There are {shells}',
  RELAYOUT_E_TEST_YAML: '{place}: this cannot be read as YAML: {why}',
  RELAYOUT_E_TEST_NONE: '{place}: there are no tests: give {accepted}',
  RELAYOUT_E_TEST_KEY: '{place}: there is no key {key} in {what}{hint}. There is {keys}',
  RELAYOUT_E_TEST_MISSING: '{place}: {what} has no {key}: give {accepted}',
  RELAYOUT_E_TEST_EMPTY: '{place}: there is nothing behind {key}: give {accepted}',
  RELAYOUT_E_TEST_VALUE: '{place}: {key}: {value} cannot be used: {accepted} is accepted{why}',
  RELAYOUT_E_TEST_CLASH: '{place}: {key} does not go together with {other}. Take one of them out',
  RELAYOUT_E_TEST_NAME: '{place}: there is a {what} {name} already, in line {line}. Give each a name of its own',
  RELAYOUT_E_TEST_UNKNOWN: '{place}: there is no {what} {name}; there is {known}',
  RELAYOUT_E_TEST_DOMAINS:
    '{place}: recipients at {one} and at {other} are no one message: Haraka makes one for each domain. Make two of it',
  RELAYOUT_E_TEST_MESSAGE: '{place}: {said}',
  RELAYOUT_E_TEST_FILE: 'nothing was tested: {count} in {file}. Correct the above',
  RELAYOUT_E_EXPRESSION:
    'the regular expression {expression} takes longer than a second for what came. Look for a repetition within a repetition, such as (a+)+',
  RELAYOUT_E_TEST_ONLY: 'no test has {part} in its name: nothing was tested. Look at --only; there is {names}',
  RELAYOUT_E_NO_QUEUE:
    "{folder} is no queue folder that can be read: {why}. Name the folder with --queue, or Haraka's config folder with --config",
  RELAYOUT_E_COMMAND:
    '{command} is no command that can be asked about: {why}. Give the line that was answered, as "RCPT TO:<a@example.com>", DATA, . for the end of the message, or "" for the greeting',
  RELAYOUT_E_REPLY:
    '{reply} is no reply: {why}. Give it as "550 5.1.1 no such user", several lines with \\r\\n between them',
  RELAYOUT_E_CASE:
    '{what}. Give the command and the reply, or - to read many from standard input, a line each: the command, a tab and the reply, or a JSON object with command and reply',
  RELAYOUT_E_NOTHING_NEW: 'there is no new script to compare with. Name it with --script',
  RELAYOUT_E_NO_INPUT: 'there is nothing to put to the scripts. Name messages, or say --queue or --journal',
  RELAYOUT_E_WHICH_SCRIPT:
    '{file} could stand for several scripts: {scripts}. Give it the name of one of them, or name one of its senders with --sender',
  RELAYOUT_E_JOURNAL_LINE: '{file}:{line} is left out: {why}',
  RELAYOUT_E_NO_JOURNAL:
    'there is no journal to look at: {why}. With journal = log/relayout.journal under [main] in relayout.ini, what happens to messages from then on is recorded; a journal that lies elsewhere is named with --journal',
  RELAYOUT_E_HASHED_ADDRESSES:
    'the addresses in {file} are hashed, and {key}, which is needed to look for one, cannot be read: {why}. Ask for the id of the message or the name of its queue file, or as a user who may read the key',
} as const

export type ErrorCode = keyof typeof ERRORS

type ParamsIn<S extends string> = S extends `${string}{${infer P}}${infer Rest}` ? P | ParamsIn<Rest> : never

/** The parameters that the sentence of a code needs. */
export type ErrorParams<C extends ErrorCode> = Readonly<Record<ParamsIn<(typeof ERRORS)[C]>, string | number>>

const MAX_PARAM_LENGTH = 300

/** The sentence of a code with its parameters put in; one line. */
export function sentence<C extends ErrorCode>(code: C, params: ErrorParams<C>): string {
  const values = new Map<string, string | number>(Object.entries(params))
  return ERRORS[code].replace(/\{(\w+)\}/g, (_, name: string) =>
    oneLine(String(values.get(name) ?? ''), MAX_PARAM_LENGTH),
  )
}

export class RelayoutError extends Error {
  readonly #code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.name = 'RelayoutError'
    this.#code = code
    // Haraka logs an error with its stack, a line each; the sentence is what an administrator can use.
    this.stack = `${this.name}: ${message}`
  }

  get code(): ErrorCode {
    return this.#code
  }
}

/** An error to throw or log: `code`, and the sentence as its message. */
export function relayoutError<C extends ErrorCode>(code: C, params: ErrorParams<C>): RelayoutError {
  return new RelayoutError(code, sentence(code, params))
}
