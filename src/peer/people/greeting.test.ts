import { expect, test } from 'vitest'
import { createMemoryNetwork } from '../../adapters/memory/memory-network.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { peerIdOf } from '../../core/peer-id.ts'
import { handleHello, type Hello } from '../../protocol/hello.ts'
import { createGreeting } from './greeting.ts'
import { blankPerson } from './person.ts'

const [ada, bob] = [peerIdOf(new Uint8Array(32).fill(1)), peerIdOf(new Uint8Array(32).fill(2))]
const hello: Hello = { engine: 'node', isPersisted: true, isHolder: false, offer: 0, room: 0, storeEpoch: new Uint8Array(16), clock: 0 }

test('[HEL5] room that is lent while a greeting is under way is told when it is over', async () => {
  const world = createMemoryNetwork()
  const clock = createVirtualClock()
  const heard: number[] = []
  let mine = hello
  const answer = (): Hello => {
    // The person presses the switch while the first answer is on its way.
    mine = { ...hello, isHolder: true, offer: 1_000, room: 1_000 }
    return hello
  }
  handleHello(world.join(bob).network, clock, { mine: answer, onHello: (_peer, { room }) => heard.push(room) })
  const { network } = world.join(ada)
  const person = blankPerson(bob, undefined, clock.now)
  const parts = { of: () => person, mine: () => mine, met: () => undefined, again: () => undefined, onGone: () => undefined }
  await createGreeting({ network, clock }, parts, new AbortController().signal)(bob)
  expect(heard).toEqual([0, 1_000])
})
