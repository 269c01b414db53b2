/** The scripts of the folder `examples`, with an administrator's settings, and the rules for what they return. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { Address } from '@haraka/email-address'

import type { ReturnPathFacts } from '../../lib/script/port.js'
import { FACTS, type Opened } from '../script/fixture.js'

/** The file as a byte string, with each text replaced once; a text that is not in it is a mistake of the test. */
export function example(name: string, settings: readonly (readonly [string, string])[] = []): string {
  return settings.reduce(
    (script, [from, to]) => {
      assert.equal(script.split(from).length, 2, `examples/${name} has one '${from}'`)
      return script.replace(from, () => to)
    },
    readFileSync(`examples/${name}`, 'latin1'),
  )
}

/** Asks ModifyReturnPath about `returnPath`. The queue file is not there: a script that reads the header fails. */
export async function modified(
  { session }: Opened,
  returnPath: string,
  facts: Partial<ReturnPathFacts> = {},
): Promise<string | undefined> {
  const { filename, dataStart, size, creationTime, recipients } = FACTS
  return session.modifyReturnPath({
    filename,
    dataStart,
    size,
    creationTime,
    computed: returnPath,
    returnPath,
    original: returnPath,
    authSender: '',
    recipients,
    senderIp: '192.0.2.7',
    allRecipients: recipients,
    ...facts,
  })
}

/** Throws for what Haraka would not send, and for what does not fit into 256 octets with the angle brackets. */
export function assertIsPath(address: string): void {
  const path = Buffer.from(`<${address}>`, 'latin1')
  assert.ok(path.length <= 256, `${path.length} octets`)
  assert.equal(new Address(path.toString(), { postel: true }).address, path.toString().slice(1, -1))
}

/** A byte string, as all that crosses the script port. */
export function bytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}
