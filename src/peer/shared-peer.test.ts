import { expect, test } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { nextTurn } from '../adapters/memory/turn.ts'
import { HoardError } from '../core/errors.ts'
import type { TabChannel } from '../ports/tab-channel.ts'
import { createSharedPeer, type Peer } from './index.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type RiggedPeer } from './peer-rig.contract.ts'

test('a second tab shows what the first one does, calls it, and reads files through it', async () => {
  const { profile, world, tabs } = await openProfile()
  const first = await world.run(tabs.open(async () => profile.peer))
  const second = await world.run(tabs.open(async () => profile.peer))
  expect([first.peer.snapshot().isElsewhere, second.peer.snapshot().isElsewhere]).toEqual([false, true])
  const content = bytesOf('shared', 5000)
  const [id = ''] = await world.run(second.peer.storeFiles([dropped('shared', content)]))
  await world.until(() => second.peer.snapshot().files.some((file) => file.id === id && file.canShare))
  expect(row(profile, id).canShare).toBe(true)
  expect(await world.run(second.peer.openFile(id).then((file) => collect(file)))).toEqual(content)
  const link = await world.run(second.peer.share(id))
  expect(link).toMatch(/^\/s\/#/)
  await expect(world.run(second.peer.openFile('no such file'))).rejects.toMatchObject({ code: 'not-found' })
  await expect(world.run(second.peer.forgetDevice())).rejects.toMatchObject({ code: 'storage-unavailable' })
})

test('when the first tab goes, a call that waits fails, and the second tab runs the node', async () => {
  const { profile, world, tabs } = await openProfile()
  const hanging: Peer = { ...profile.peer, keepers: () => new Promise(() => undefined) }
  const first = await world.run(tabs.open(async () => hanging))
  const second = await world.run(tabs.open(async () => profile.peer))
  const waiting = second.peer.keepers('any').catch((error: unknown) => error)
  await nextTurn()
  first.end()
  await expect(world.run(waiting)).resolves.toMatchObject({ code: 'stream-closed' })
  await world.until(() => !second.peer.snapshot().isElsewhere)
  const third = await world.run(tabs.open(async () => profile.peer))
  expect(third.peer.snapshot().isElsewhere).toBe(true)
})

test('a take-over that fails is said, leaves the node to another tab, and is tried again', async () => {
  const { profile, world, tabs } = await openProfile()
  const first = await world.run(tabs.open(async () => profile.peer))
  let failures = 2
  const second = await world.run(
    tabs.open(async () => {
      if (failures-- > 0) throw new HoardError('storage-unavailable', { reason: 'the disk is away' })
      return profile.peer
    }),
  )
  const said: (string | undefined)[] = []
  second.peer.watch(() => said.push(second.peer.snapshot().trouble?.code))
  first.end()
  await world.until(() => said.includes('storage-unavailable'))
  await world.until(() => !second.peer.snapshot().isElsewhere)
  expect([second.peer.snapshot().trouble, failures]).toEqual([undefined, -1])
})

test('a tab whose take-over fails follows the next one that manages it', async () => {
  const { profile, world, tabs } = await openProfile()
  const first = await world.run(tabs.open(async () => profile.peer))
  const second = await world.run(tabs.open(async () => Promise.reject(new HoardError('storage-unavailable'))))
  const third = await world.run(tabs.open(async () => profile.peer))
  first.end()
  await world.until(() => !third.peer.snapshot().isElsewhere)
  await world.until(() => second.peer.snapshot().trouble === undefined)
  expect(second.peer.snapshot().isElsewhere).toBe(true)
  await world.run(second.peer.storeFiles([dropped('after', bytesOf('after', 10))]))
  await world.until(() => third.peer.snapshot().files.some(({ name }) => name === 'after'))
})

test('a first start that fails throws, and lets another tab try', async () => {
  const { profile, world, tabs } = await openProfile()
  await expect(world.run(tabs.open(async () => Promise.reject(new HoardError('storage-damaged'))))).rejects.toMatchObject({
    code: 'storage-damaged',
  })
  const second = await world.run(tabs.open(async () => profile.peer))
  expect(second.peer.snapshot().isElsewhere).toBe(false)
})

test('what a tab opened is closed when it goes', async () => {
  const { profile, world, tabs } = await openProfile()
  let open = 0
  const counting: Peer = {
    ...profile.peer,
    openLink(fragment) {
      const link = profile.peer.openLink(fragment)
      open++
      return {
        ...link,
        close() {
          open--
          link.close()
        },
      }
    },
  }
  await world.run(tabs.open(async () => counting))
  const second = await world.run(tabs.open(async () => counting))
  const content = bytesOf('linked', 5000)
  const [id = ''] = await world.run(second.peer.storeFiles([dropped('linked', content)]))
  await world.until(() => row(profile, id).canShare === true)
  const link = await world.run(second.peer.share(id))
  const opened = second.peer.openLink(link.slice('/s/#'.length))
  expect(await world.run(opened.file().then((file) => collect(file)))).toEqual(content)
  expect(open).toBe(1)
  second.end()
  await world.until(() => open === 0)
})

test.each([
  null,
  'text',
  { to: 'leader' },
  { to: 'leader', from: 'x', id: 1, call: 'constructor', args: [] },
  { to: 'leader', from: 'x', id: 1, call: 'close', args: undefined },
  { to: 'leader', from: 'x', id: 1, call: 'forgetDevice', args: [] },
  { to: 'all', leader: 'x' },
])('a message that makes no sense changes nothing: %j', async (message) => {
  const { profile, world, tabs } = await openProfile()
  const first = await world.run(tabs.open(async () => profile.peer))
  const second = await world.run(tabs.open(async () => profile.peer))
  tabs.shout(message)
  await nextTurn()
  const [id = ''] = await world.run(second.peer.storeFiles([dropped('still', bytesOf('still', 10))]))
  await world.until(() => second.peer.snapshot().files.some((file) => file.id === id))
  expect(first.peer.snapshot().files.length).toBe(1)
})

/** A profile with its node in a world of four people, and tabs that share it. */
async function openProfile() {
  const world = createWorld()
  await startHolders(world, 4)
  const profile: RiggedPeer = await world.start('profile', { offerBytes: 0 })
  return { world, profile, tabs: createTabs() }
}

/** Tabs of one profile: a channel that clones, and a lock that goes from one to the next. */
function createTabs() {
  const clock = createVirtualClock()
  const ears = new Map<string, Set<(message: unknown) => void>>()
  const waiting: (() => void)[] = []
  let isHeld = false
  let count = 0
  const shout = (from: string, message: unknown): void => {
    const clone: unknown = structuredClone(message)
    for (const [name, listeners] of ears) {
      if (name !== from) for (const listener of listeners) queueMicrotask(() => listener(clone))
    }
  }
  const passOn = (): void => {
    isHeld = false
    waiting.shift()?.()
  }
  const lead = (onWaiting: () => void): Promise<() => void> =>
    new Promise((resolve) => {
      const take = (): void => {
        isHeld = true
        resolve(passOn)
      }
      if (!isHeld) return take()
      onWaiting()
      waiting.push(take)
    })
  // Retries of a take-over wait on this clock, which always goes on.
  const goOn = setInterval(() => void clock.advance(1000), 5)
  goOn.unref()
  return {
    shout: (message: unknown) => shout('', message),
    async open(start: () => Promise<Peer>) {
      const self = `tab ${count++}`
      const listeners = new Set<(message: unknown) => void>()
      const ends = new Set<() => void>()
      ears.set(self, listeners)
      const channel: TabChannel = {
        self,
        post: (message) => shout(self, message),
        listen(listener) {
          listeners.add(listener)
          return () => listeners.delete(listener)
        },
        onEnd: (listener) => ends.add(listener),
      }
      let isLeading = false
      const noted = async (onWaiting: () => void) => {
        const release = await lead(onWaiting)
        isLeading = true
        return () => {
          isLeading = false
          release()
        }
      }
      const peer = await createSharedPeer({ channel, lead: noted, start, clock })
      return {
        peer,
        /** The tab goes: it hears and says nothing more, and its lock is free. */
        end() {
          for (const listener of ends) listener()
          ears.delete(self)
          if (isLeading) passOn()
        },
      }
    },
  }
}
