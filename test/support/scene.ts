/**
 * Haraka with the plugin and a scripted relay server behind it, for one test or one group of tests.
 */
import { HarakaInstance, type InstanceOptions } from './haraka-instance.js'
import { type ScriptedRelay, type ScriptedRelayOptions, startScriptedRelay } from './scripted-relay.js'
import { submit } from './submit.js'

export interface Scene {
  readonly haraka: HarakaInstance
  readonly relay: ScriptedRelay
  /** Hands messages to Haraka. */
  submit(...messages: Parameters<typeof submit>[1]): Promise<string[]>
  remove(): Promise<void>
}

export interface SceneOptions extends Omit<InstanceOptions, 'ini'> {
  readonly relay?: ScriptedRelayOptions
  /** The text of relayout.ini, given the relay server as `host:port`; by default one sender, `main`. */
  readonly ini?: (host: string) => string
  /** Do not start Haraka yet. */
  readonly stopped?: boolean
}

export const oneSender = (host: string): string => `[sender.main]\nhost=${host}\n`

export async function openScene(options: SceneOptions = {}): Promise<Scene> {
  const relay = await startScriptedRelay(options.relay)
  const ini = (options.ini ?? oneSender)(`127.0.0.1:${relay.port}`)
  const haraka = await HarakaInstance.create({ ...options, ini })
  try {
    if (!options.stopped) await haraka.start()
  } catch (error) {
    // Else the relay server would keep the process of the tests alive.
    await relay.close()
    await haraka.remove()
    throw error
  }
  return {
    haraka,
    relay,
    submit: (...messages) => submit(haraka.port, messages),
    async remove() {
      await haraka.remove()
      await relay.close()
    },
  }
}

/** The subjects of the messages that the relay server accepted, in order. */
export function subjects(relay: ScriptedRelay): string[] {
  return relay.messages.map(({ data }) => /^Subject: (.*)\r$/m.exec(data.toString('latin1'))?.[1] ?? '')
}
