/**
 * A process of scripted relay servers that fail at random until they are told to be reliable. Its argument is
 * `RelaysSetup` as JSON. Each message is identified when it comes, and only that is kept.
 *
 * Says `ports` at its start. The parent says `reliable`, and `sightings`, which is answered by pieces of all that was
 * seen so far.
 */
import { noteContent, seeBounced, seeDelivered } from '../test/accounting/sightings.js'
import type { Sighting } from '../test/accounting/ledger.js'
import type { RelayRequest, ScriptedRelay, ScriptedRelayOptions } from '../test/support/scripted-relay.js'
import { startScriptedRelay } from '../test/support/scripted-relay.js'
import { randomFrom } from '../test/support/random.js'
import { oneOf, type Pick, unreliableEnd, unreliableRelay } from '../test/support/unreliable-relay.js'
import { DSNS, type RelaysSaid, type RelaysSetup, type RelayUse } from './relays-setup.js'

const PIECE = 5_000

let reliable = false
const relays = new Map<string, ScriptedRelay>()

function say(said: RelaysSaid): void {
  process.send?.(said)
}

function optionsOf(name: string, given: ScriptedRelayOptions, seed: number, share: number): ScriptedRelayOptions {
  const random = randomFrom(seed)
  const pick: Pick = (faults, each) => (reliable ? undefined : oneOf(faults, each * share, random))
  const onAccepted = noteContent
  if (name === DSNS) return { ...given, onAccepted }
  const { rcpt, ...faults } = unreliableRelay(pick)
  return {
    ...given,
    ...faults,
    onAccepted,
    rcpt(request: RelayRequest) {
      if (request.address.startsWith('gone')) return '550 5.1.1 no such user'
      if (request.address.startsWith('full')) return '450 4.2.2 mailbox full for good'
      return rcpt()
    },
    endOfData: () => unreliableEnd(pick),
  }
}

async function start({ seed, faults, relays: wanted }: RelaysSetup): Promise<void> {
  const ports: Record<string, number> = {}
  for (const [i, [name, given]] of Object.entries(wanted).entries()) {
    const relay = await startScriptedRelay(optionsOf(name, given, seed + i, faults))
    relays.set(name, relay)
    ports[name] = relay.port
  }
  say({ ports })
}

function tellSightings(): void {
  const sightings: Sighting[] = []
  const ledger = { sees: (sighting: Sighting) => void sightings.push(sighting), sightings: () => [] }
  const use: RelayUse[] = []
  for (const [name, relay] of relays) {
    const { messages, connections, maxOpen } = relay
    use.push({ name, messages: messages.length, connections: connections.length, maxOpen })
    if (name !== DSNS) seeDelivered(ledger, relay)
  }
  const dsns = relays.get(DSNS)
  if (dsns) seeBounced(ledger, dsns)
  for (let from = 0; from < sightings.length || from === 0; from += PIECE)
    say({ sightings: sightings.slice(from, from + PIECE), last: from + PIECE >= sightings.length, use })
}

process.on('message', (asked) => {
  if (asked === 'reliable') reliable = true
  else tellSightings()
})
process.on('disconnect', () => process.exit())
void start(JSON.parse(process.argv[2] ?? '{}') as RelaysSetup)
