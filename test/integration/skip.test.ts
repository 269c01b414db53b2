import assert from 'node:assert/strict'

import { until } from '../support/haraka-instance.js'
import { openScene, subjects } from '../support/scene.js'
import { plainMessage } from '../support/submit.js'

const message = (subject: string, lines: readonly string[] = []) => ({
  from: 'joe@example.com',
  to: ['ann@example.net'],
  data: plainMessage(subject, lines),
})

describe('a skipped message', function () {
  this.timeout(60_000)

  it('stays in the queue with its reason in the log, and is offered again after its retry time', async () => {
    const scene = await openScene({
      script: `
        asked = 0
        function CheckFile(filename, actions, size, created, from, recipients, headers, lines, retries, lasttry)
          asked = asked + 1
          if asked < 3 then
            actions.SkipSend, actions.Reason, actions.RetryAfter = true, "not yet, " .. asked, 1
          end
          print(string.format("asked=%d retries=%d lasttry=%q", asked, retries, lasttry))
          return actions
        end`,
    })
    try {
      await scene.submit(message('patience'))
      await scene.haraka.waitForLog(/\[relayout\] skip sender=main reason="not yet, 1" retry=1/)
      assert.equal(scene.haraka.queue().length, 1)
      await scene.haraka.waitForLog(/\[relayout\] skip sender=main reason="not yet, 2" retry=1/)
      assert.equal(scene.relay.connections.length, 0)
      await scene.relay.waitFor(1)
      await until('the queue is empty', () => scene.haraka.queue().length === 0)
      // A skip is no attempt: the script is told 0 retries and no last try each time.
      const told = scene.haraka.events.filter((line) => line.includes('asked='))
      assert.equal(told.length, 3)
      for (const line of told) assert.match(line, /retries=0 lasttry=\\"\\"/)
    } finally {
      await scene.remove()
    }
  })

  it('survives a restart, and its name in the queue folder counts no failure', async () => {
    const scene = await openScene({
      script: 'function CheckFile(f, actions) actions.SkipSend = 1 actions.RetryAfter = 3600 return actions end',
    })
    try {
      await scene.submit(message('kept'))
      await scene.haraka.waitForLog(/\[relayout\] skip .*retry=3600/)
      const [before] = scene.haraka.queued()
      assert.equal(before?.attempts, 0)
      await scene.haraka.stop('SIGTERM')
      scene.haraka.write('config/relayout.lua', '-- no rules\n')
      await scene.haraka.start()
      await scene.relay.waitFor(1)
      assert.deepEqual(subjects(scene.relay), ['kept'])
      assert.equal(scene.relay.messages[0]?.data.toString('latin1'), before.text)
    } finally {
      await scene.remove()
    }
  })

  it('goes to the sender that takes it; when none does, one line names every sender and its reason', async () => {
    const scene = await openScene({
      ini: (host) => ['first', 'second'].map((name) => `[sender.${name}]\nhost=${host}\nhelo=${name}\n`).join(''),
      script: `
        function CheckFile(filename, actions, size, created, from, recipients, headerdata)
          if headerdata.Subject == "nobody" then
            actions.SkipSend, actions.Reason, actions.RetryAfter = "yes", sendername .. " möchte nicht", 100 - senderid
          elseif senderid == 0 then
            actions.SkipSend, actions.Reason = true, "nicht für mich"
          end
          return actions
        end`,
    })
    try {
      await scene.submit(message('nobody'), message('somebody'))
      await scene.relay.waitFor(1)
      assert.deepEqual(subjects(scene.relay), ['somebody'])
      assert.equal(scene.relay.messages[0]?.connection.commands[0], 'EHLO second')
      await scene.haraka.waitForLog(
        /skip sender=first,second reason="first: first möchte nicht; second: second möchte nicht" retry=99/,
      )
      assert.equal(scene.haraka.events.filter((line) => /^NOTICE \S+ skip /.test(line)).length, 1, scene.haraka.output)
      await until('only that one waits', () => scene.haraka.queue().length === 1)
    } finally {
      await scene.remove()
    }
  })

  it('is no matter of a sender whose filter it does not match; what no sender is for, Haraka delivers itself', async () => {
    const scene = await openScene({
      ini: (host) => `[sender.only]\nhost=${host}\nfilter[]=From: *@ours.example.com\n`,
      script: 'function CheckFile(f, actions) actions.SkipSend = true return actions end',
      // Haraka's own delivery, made visible: another plugin routes what is not ours.
      plugins: { others: 'exports.hook_get_mx = (next, hmail) => next(DENY, "nobody else delivers here")' },
    })
    try {
      await scene.submit(
        { ...message('ours'), from: 'joe@ours.example.com' },
        { ...message('theirs'), from: 'joe@theirs.example.com' },
      )
      await scene.haraka.waitForLog(/get_mx plugin returned DENY: nobody else delivers here/)
      await scene.haraka.waitForLog(/\[relayout\] skip sender=only/)
      assert.equal(scene.haraka.events.filter((line) => /^NOTICE \S+ skip /.test(line)).length, 1, scene.haraka.output)
    } finally {
      await scene.remove()
    }
  })
})
