/**
 * `npm start`: Haraka with the plugin, and a test relay for it as long as no other relay server is configured. Runs
 * until Ctrl-C, then ends both.
 */
import path from 'node:path'

import { HarakaProcess } from './haraka-process.js'
import { type Instance, makeInstance } from './instance.js'
import { lock } from './lock.js'
import { readable } from './log-line.js'
import { startOptions } from './options.js'
import { packageRoot } from './package-root.js'
import { ADDRESS, needPort } from './ports.js'
import { preflight } from './preflight.js'
import { command, Problem } from './problem.js'
import { RelayChild } from './relay-child.js'
import { relayLine } from './relay-line.js'
import { untilStopped } from './stop-signal.js'
import { SPECIAL_RECIPIENTS } from './test-relay-answers.js'

command(async () => {
  const root = packageRoot()
  preflight(root)
  const options = startOptions(process.argv.slice(2), process.env, root)
  await needPort(options.port, '--port')
  lock(options.folder)
  const instance = makeInstance({ root, ...options })
  if (instance.relayPort !== undefined) await needPort(instance.relayPort, '--relay-port')

  const stopped = untilStopped()
  const relay =
    instance.relayPort === undefined
      ? undefined
      : await RelayChild.start([instance.relayPort], (record) => console.log(relayLine(record)))
  try {
    // Nothing before our own first lines: when Haraka does not start, the sentence about it says all.
    const early: string[] = []
    let show = (text: string): void => void early.push(text)
    const haraka = await HarakaProcess.start(root, instance.folder, (line) => {
      const text = readable(line)
      if (text !== undefined) show(text)
    })
    try {
      show = (text) => console.log(text)
      console.log([welcome(root, instance, options.port, haraka.logFile), ...early].join('\n'))
      const how = await Promise.race([
        stopped,
        haraka.ended.then(() => 'haraka'),
        relay ? relay.ended.then(() => 'relay') : stopped,
      ])
      if (how === 'haraka') throw new Problem(haraka.whyEnded())
      if (how === 'relay')
        throw new Problem('The test relay ended by itself, so Haraka is ended too: run npm start again.')
      console.log(`\nEnding Haraka${relay ? ' and the test relay' : ''}; what is not sent yet stays in the queue.`)
    } finally {
      await haraka.end()
    }
  } finally {
    await relay?.end()
  }
  return 0
})

function welcome(root: string, instance: Instance, port: number, logFile: string): string {
  const shown = (file: string): string => {
    const relative = path.relative(root, file)
    return relative.startsWith('..') ? file : relative
  }
  const config = (name: string): string => shown(path.join(instance.folder, 'config', name))
  const relays =
    instance.relayPort === undefined
      ? `mail really goes out, to ${instance.hosts.join(', ') || 'the MX hosts of its recipients (no host is configured)'}`
      : `mail goes to the test relay on ${ADDRESS}:${instance.relayPort}, which takes it and keeps nothing`
  const send = `curl -sS smtp://${ADDRESS}:${port} --mail-from me@example.com --mail-rcpt you@example.net -T -`
  const lines = [
    '',
    `Haraka with relayout listens on ${ADDRESS}:${port}; ${relays}.`,
    '',
    `  The script    ${config('relayout.lua')}    edit it: a change is taken up within seconds`,
    `  The settings  ${config('relayout.ini')}    the relay servers; what to change is said there`,
    `  Whole log     ${shown(logFile)}`,
    '',
    'Send a message from another terminal, either way:',
    '',
    `  node ${shown(path.join(__dirname, 'send.js'))} --port ${port} you@example.net`,
    `  printf 'Subject: Hello\\r\\n\\r\\nHello.\\r\\n' | ${send}`,
  ]
  if (instance.relayPort !== undefined) {
    const cases = SPECIAL_RECIPIENTS.map(([to, reply]) => `${to} ${reply}`)
    lines.push(
      '',
      'The test relay answers by the recipient, at any domain:',
      `  ${cases.slice(0, 4).join(', ')},`,
      `  ${cases.slice(4).join(', ')}; all others 250`,
    )
  }
  lines.push('', 'Below: the lines of the plugin and of the test relay. Ctrl-C ends it.', '')
  return lines.join('\n')
}
