import assert from 'node:assert/strict'

import { settled } from '../relay/fake-wire.js'
import { IDLE_MS, linkBench, type TestDelivery } from './link-bench.js'

describe('the connections of a sender', () => {
  it('are used again, the one used last first', async () => {
    const { deliver, message, peers } = linkBench()
    const [a, b] = [deliver('a'), deliver('b')]
    await message(a)
    await message(b)
    const c = deliver('c')
    assert.equal(c.peer, b.peer)
    assert.equal(c.reused, true)
    assert.equal(peers.length, 2)
  })

  it('carry nothing but MAIL and what follows from the second message on', async () => {
    const { deliver, message } = linkBench()
    const a = deliver('a')
    await message(a)
    a.peer!.lines()
    const b = deliver('b')
    await settled()
    assert.deepEqual(b.events, ['220 hi'])
    b.say('EHLO client.test')
    await settled()
    assert.deepEqual(b.events.slice(1), ['250-relay.test', '250 PIPELINING'])
    assert.deepEqual(b.peer!.lines(), [])
    b.say('MAIL FROM:<b@example.com>')
    assert.deepEqual(b.peer!.lines(), ['MAIL FROM:<b@example.com>', 'RCPT TO:<b@example.com>'])
  })

  it('end after idle_timeout', async () => {
    const { deliver, message, clock, links, log, farewell } = linkBench()
    const a = deliver('a')
    await message(a)
    clock.advance(IDLE_MS - 1)
    assert.deepEqual(a.peer!.lines().slice(-1), ['.'])
    clock.advance(1)
    assert.deepEqual(a.peer!.lines(), ['QUIT'])
    assert.equal(links.open, 1)
    await farewell(a)
    assert.equal(links.open, 0)
    assert.deepEqual(log.slice(-1), ['close idle_timeout'])
  })

  it('idle_timeout begins anew with each message', async () => {
    const { deliver, message, clock } = linkBench()
    await message(deliver('a'))
    clock.advance(IDLE_MS - 1)
    const b = deliver('b')
    clock.advance(IDLE_MS)
    await message(b)
    clock.advance(IDLE_MS - 1)
    assert.ok(!b.peer!.lines().includes('QUIT'))
  })

  it('serve another exchanger only after one of them has ended', async () => {
    const { deliver, message, peers, farewell } = linkBench({ mostConnections: 1 })
    const a = deliver('a')
    await message(a)
    const b = deliver('b', ['b@example.com'], 'two')
    assert.equal(b.link, undefined)
    assert.deepEqual(a.peer!.lines().slice(-1), ['QUIT'])
    assert.equal(peers.length, 1)
    await farewell(a)
    assert.equal(peers.length, 2)
    assert.equal(b.reused, false)
  })

  describe('a delivery that waits for one, because another is slow to end,', () => {
    async function waiting() {
      const bench = linkBench()
      const [a, b] = [bench.deliver('a'), bench.deliver('b')]
      await bench.message(b)
      bench.clock.advance(IDLE_MS)
      const c = bench.deliver('c')
      assert.equal(c.link, undefined)
      return { ...bench, a, b, c }
    }

    it('takes the next that is handed back; who hands it back is free, and it is not', async () => {
      const { message, a, c } = await waiting()
      await message(a)
      assert.equal(c.link, a.link)
      assert.deepEqual([a.released, c.released], [1, 0])
      await message(c)
      assert.deepEqual([a.released, c.released], [1, 1])
    })

    it('opens one when that has ended', async () => {
      const { b, c, peers, farewell } = await waiting()
      await farewell(b)
      assert.equal(c.reused, false)
      assert.equal(peers.length, 3)
    })
  })

  it('that wait are each served when one ends', async () => {
    const { deliver, message, links, peers } = linkBench({ mostConnections: 1 })
    const all = [deliver('a'), deliver('b'), deliver('c')]
    for (const one of all) {
      assert.equal(links.open, 1)
      await message(one)
      assert.equal(one.released, 1)
    }
    assert.equal(peers.length, 1)
  })

  describe('settings or script changed', () => {
    it('those that rest end', async () => {
      const { deliver, message, links } = linkBench()
      const a = deliver('a')
      await message(a)
      links.retire()
      assert.deepEqual(a.peer!.lines().slice(-1), ['QUIT'])
      assert.equal(deliver('b').reused, false)
    })

    it('one in use ends after its message', async () => {
      const { deliver, message, links, farewell } = linkBench()
      const a = deliver('a')
      links.retire()
      await message(a)
      assert.deepEqual(a.peer!.lines().slice(-1), ['QUIT'])
      assert.equal(a.released, 0)
      await farewell(a)
      assert.equal(a.released, 1)
    })

    it('one that is being reset ends after that', async () => {
      const { deliver, upToMail, reply, links } = linkBench()
      const a = deliver('a')
      await upToMail(a)
      await reply(a, '550 no\r\n503 no')
      a.say('QUIT')
      links.retire()
      await reply(a, '250 reset')
      assert.deepEqual(a.peer!.lines().slice(-2), ['RSET', 'QUIT'])
      assert.equal(a.released, 1)
      assert.equal(links.has('one'), false)
    })

    it('a delivery that waits for one is served', async () => {
      const { deliver, message, links, peers, farewell } = linkBench({ mostConnections: 1 })
      const a = deliver('a')
      const b = deliver('b')
      links.retire()
      await message(a)
      await farewell(a)
      assert.equal(b.reused, false)
      assert.equal(peers.length, 2)
      await message(b)
      assert.equal(b.released, 1)
    })
  })

  describe('what the relay server does with one that rests', () => {
    const deeds: [string, (delivery: TestDelivery) => void][] = [
      ['a reply that nobody asked for', ({ peer }) => peer!.arrive('250 what?\r\n')],
      ['421', ({ peer }) => peer!.arrive('421 bye\r\n')],
      ['half a line', ({ peer }) => peer!.arrive('42')],
      ['half a reply', ({ peer }) => peer!.arrive('250-what\r\n')],
      ['no reply at all', ({ peer }) => peer!.arrive('HTTP/1.1 400 Bad Request\r\n')],
      ['end', ({ peer }) => peer!.emit('end')],
      ['close', ({ peer }) => peer!.close()],
      ['reset', ({ peer }) => peer!.emit('error', new Error('ECONNRESET'))],
    ]
    for (const [what, deed] of deeds)
      it(`${what}: it is not used again, which is no failure, and the next message has its place`, async () => {
        const { deliver, message, links, peers, log, clock, quiet } = linkBench({ mostConnections: 1 })
        const a = deliver('a')
        await message(a)
        deed(a)
        const b = deliver('b')
        await quiet()
        assert.equal(peers.length, 2)
        assert.equal(b.reused, false)
        await message(b)
        assert.deepEqual([a.released, b.released, links.open], [1, 1, 1])
        assert.match(log.find((line) => line.startsWith('close')) ?? '', /between two messages$/)
        clock.advance(IDLE_MS)
        assert.deepEqual(b.peer!.lines().slice(-1), ['QUIT'])
      })
  })

  describe('one with a transaction that is not over', () => {
    it('is reset before it rests, after the replies that are due', async () => {
      const { deliver, upToMail, reply, links, quiet } = linkBench({ mostConnections: 1 })
      const a = deliver('a', ['x@example.com', 'y@example.com'])
      await upToMail(a)
      await reply(a, '550 no')
      a.say('QUIT')
      const b = deliver('b')
      await quiet()
      assert.deepEqual(a.peer!.lines().slice(-1), ['RSET'])
      await reply(a, '503 x\r\n503 y')
      assert.deepEqual([a.released, b.link, links.has('one')], [0, undefined, false])
      await reply(a, '250 reset')
      assert.deepEqual([a.released, b.link, b.reused], [1, a.link, true])
      assert.deepEqual(a.events, ['550 no', 'end', 'close'])
    })

    for (const refusal of ['502 what?', '421 bye', '354 go on', '451 later'])
      it(`and a RSET that is answered ${refusal}: ends`, async () => {
        const { deliver, upToMail, reply, links, farewell } = linkBench()
        const a = deliver('a')
        await upToMail(a)
        await reply(a, '550 no\r\n503 no')
        a.say('QUIT')
        await reply(a, refusal)
        assert.deepEqual(a.peer!.lines().slice(-2), ['RSET', 'QUIT'])
        assert.equal(links.has('one'), false)
        await farewell(a)
        assert.deepEqual([a.released, links.open], [1, 0])
      })

    it('and a relay server that closes instead of answering RSET: the delivery is free', async () => {
      const { deliver, upToMail, reply, links, quiet } = linkBench()
      const a = deliver('a')
      await upToMail(a)
      await reply(a, '550 no\r\n503 no')
      a.say('QUIT')
      a.peer!.close()
      await quiet()
      assert.deepEqual([a.released, links.open], [1, 0])
    })

    for (const [what, extra] of [
      ['a reply too many', '250 extra\r\n'],
      ['half a reply too many', '250-ex'],
    ] as const)
      it(`and ${what}: ends, so that nothing is taken for the reply to another command`, async () => {
        const { deliver, upToMail, links, quiet } = linkBench({ mostConnections: 1 })
        const a = deliver('a')
        await upToMail(a)
        a.socket!.once('line', () => a.say('QUIT'))
        a.peer!.arrive(`550 no\r\n503 no\r\n${extra}`)
        await quiet()
        assert.ok(!a.peer!.lines().includes('RSET'))
        a.peer!.arrive('250 reset\r\n')
        const b = deliver('b')
        a.peer!.close()
        await quiet()
        assert.deepEqual([a.released, b.reused, links.open], [1, false, 1])
      })
  })

  it('does not rest when the reply to the end of the message had another one behind it', async () => {
    const { deliver, upToMail, reply, links } = linkBench()
    const a = deliver('a')
    await upToMail(a)
    await reply(a, '250 ok\r\n250 ok')
    a.say('RCPT TO:<a@example.com>')
    await settled()
    a.say('DATA')
    await reply(a, '354 go')
    a.socket!.write('x\r\n')
    a.socket!.write('.\r\n')
    a.socket!.once('line', () => a.say('QUIT'))
    await reply(a, '250 queued\r\n250 queued')
    assert.equal(links.has('one'), false)
    assert.deepEqual(a.peer!.lines().slice(-1), ['QUIT'])
  })

  it('a connection whose next message would be one too many gets a QUIT', async () => {
    const { deliver, message, links } = linkBench({ maxMessagesPerConnection: 2 })
    const a = deliver('a')
    await message(a)
    await message(deliver('b'))
    assert.deepEqual(a.peer!.lines().slice(-1), ['QUIT'])
    assert.equal(links.has('one'), false)
  })

  it('a connection with too little room for the recipients gives way to a new one', async () => {
    const { deliver, message, links, peers, farewell } = linkBench({
      mostConnections: 1,
      maxRecipientsPerConnection: 3,
    })
    const a = deliver('a', ['1@example.com', '2@example.com'])
    await message(a)
    const b = deliver('b', ['3@example.com', '4@example.com'])
    assert.equal(b.link, undefined)
    await farewell(a)
    assert.deepEqual([b.reused, peers.length, links.open], [false, 2, 1])
  })

  it('QUIT said twice hands back once, and nothing said after it reaches the next delivery', async () => {
    const { deliver, message, upToMail, reply } = linkBench({ mostConnections: 1 })
    const a = deliver('a')
    await upToMail(a)
    await reply(a, '250 ok\r\n250 ok')
    a.say('RCPT TO:<a@example.com>')
    await settled()
    a.say('QUIT')
    a.say('QUIT')
    a.say('MAIL FROM:<x@example.com>')
    await reply(a, '250 reset')
    assert.deepEqual(a.peer!.lines().slice(2), ['RSET'])
    const b = deliver('b')
    const c = deliver('c')
    assert.deepEqual([b.link, c.link], [a.link, undefined])
    await message(b)
    assert.equal(c.link, a.link)
    assert.deepEqual([a.released, b.released, c.released], [1, 1, 0])
  })
})
