import { expect, test } from 'vitest'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import { followPeer } from './follow-peer.ts'
import type { OpenedFile, Peer } from '../index.ts'
import type { ReadLimit, ReadPace } from '../api/link-view.ts'
import { bytesOf, collect, dropped, row, fragmentOf } from '../../sim/world.ts'
import { serveTabs } from './serve-tabs.ts'
import { openProfile } from '../../sim/tabs.rig.ts'

test('each of several followers gets the answers to its own calls', async () => {
  const { world, leader, follow } = await openLed((peer) => ({
    ...peer,
    // Answers come in another order than the calls, and every follower numbers its calls from one.
    recoveryWords: async () => {
      await nextTurn()
      return 'words'
    },
    share: async (id) => `/s/#${id}`,
  }))
  const followers = await Promise.all([follow(), follow(), follow()])
  const asked = followers.flatMap(({ peer }, at) => [peer.recoveryWords(), peer.share(`file ${at}`)])
  expect(await world.run(Promise.all(asked))).toEqual([0, 1, 2].flatMap((at) => ['words', `/s/#file ${at}`]))
  const [id = ''] = await world.run(leader.storeFiles([dropped('seen', bytesOf('seen', 10))]))
  await world.until(() => followers.every(({ peer }) => peer.snapshot().files.some((file) => file.id === id)))
  expect(followers.every(({ peer }) => peer.snapshot().isElsewhere)).toBe(true)
})

test('errors keep their code and facts, and others their words', async () => {
  const { world, follow } = await openLed((peer) => ({
    ...peer,
    share: () => Promise.reject(new HoardError('holder-refused', { reason: 'FULL', bytes: 5 })),
    stopSharing: () => Promise.reject(new TypeError('broken')),
    // A code that only a later version has.
    pause: () => Promise.reject(new HoardError(JSON.parse('"moon-in-the-way"'))),
  }))
  const { peer } = await follow()
  await expect(world.run(peer.share('x'))).rejects.toMatchObject({ code: 'holder-refused', facts: { reason: 'FULL', bytes: 5 } })
  await expect(world.run(peer.stopSharing('x'))).rejects.toThrow('TypeError: broken')
  await expect(world.run(peer.pause('x'))).rejects.toSatisfy((error) => error instanceof Error && codeOf(error) === undefined)
  expect(await world.run(opened(peer, 'nonsense'))).toMatchObject({ is: 'failed', explanation: { trouble: { code: 'link-malformed' } } })
})

test('a read that is given up while it waits ends at once, and ends in the tab that runs the node', async () => {
  const reason = new Error('the person changed her mind')
  let ended: unknown
  const { world, follow } = await openLed((peer) => ({ ...peer, openFile: async () => slowFile((why) => (ended = why)) }))
  const { peer } = await follow()
  const file = await world.run(peer.openFile('any'))
  const stop = new AbortController()
  const reading = file.read(undefined, { signal: stop.signal })[Symbol.asyncIterator]()
  expect(await world.run(reading.next())).toEqual({ done: false, value: new Uint8Array([1]) })
  const waiting = reading.next()
  await nextTurn()
  stop.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  await world.until(() => ended !== undefined)
  await expect(file.read(undefined, { signal: stop.signal })[Symbol.asyncIterator]().next()).rejects.toBe(reason)
})

test('how a read goes is told to the tab that reads, and so is its end', async () => {
  let pace = { bytesPerSecond: 0, limit: undefined as ReadLimit | undefined }
  const limits = ['line', 'line', undefined, 'holders'] as const
  const { world, follow } = await openLed((peer) => ({
    ...peer,
    openFile: async () => ({
      name: 'held',
      type: '',
      size: limits.length,
      pace: () => pace,
      async *read() {
        for (const limit of limits) {
          pace = { bytesPerSecond: pace.bytesPerSecond + 7, limit }
          yield new Uint8Array(1)
        }
      },
    }),
  }))
  const { peer } = await follow()
  const file = await world.run(peer.openFile('any'))
  expect(file.pace().limit).toBe(undefined)
  const seen: ReadPace[] = []
  await world.run(
    (async () => {
      for await (const part of file.read()) seen.push(part.length === 1 ? file.pace() : pace)
    })(),
  )
  expect(seen).toEqual(limits.map((limit, at) => ({ bytesPerSecond: 7 * (at + 1), limit })))
  expect(file.pace()).toEqual({ bytesPerSecond: 0, limit: undefined })
})

test('a reader that stops half-way stops the read in the tab that runs the node, and no other read', async () => {
  const ended: unknown[] = []
  const { world, follow } = await openLed((peer) => ({ ...peer, openFile: async () => slowFile((why) => ended.push(why)) }))
  const [one, other] = await Promise.all([follow(), follow()])
  const readers = await Promise.all(
    [one, other].map(async ({ peer }) => (await world.run(peer.openFile('any'))).read()[Symbol.asyncIterator]()),
  )
  for (const reader of readers) expect((await world.run(reader.next())).done).toBe(false)
  await readers[0]?.return?.()
  await world.until(() => ended.length > 0)
  await world.run(other.peer.kept())
  expect(ended).toHaveLength(1)
  // A tab that closes ends its reads.
  other.tab.end()
  await world.until(() => ended.length === 2)
})

test('waiting for a link can be given up', async () => {
  const { world, leader, follow, profile } = await openLed((peer) => ({
    ...peer,
    openLink: (fragment) => ({ ...peer.openLink(fragment), file: () => new Promise(() => undefined) }),
  }))
  const [id = ''] = await world.run(leader.storeFiles([dropped('linked', bytesOf('linked', 10))]))
  await world.until(() => row(profile, id).canShare === true)
  const fragment = fragmentOf(await world.run(leader.share(id)))
  const { peer } = await follow()
  const reason = new Error('no longer wanted')
  const stop = new AbortController()
  const waiting = peer.openLink(fragment).file({ signal: stop.signal })
  await nextTurn()
  stop.abort(reason)
  await expect(waiting).rejects.toBe(reason)
})

test('after it has left, calls and reads fail at once instead of waiting for a tab that is no more', async () => {
  const { world, leader, follow, profile } = await openLed((peer) => peer)
  const [id = ''] = await world.run(leader.storeFiles([dropped('left', bytesOf('left', 100))]))
  await world.until(() => row(profile, id).canDownload === true)
  const { peer } = await follow()
  const file = await world.run(peer.openFile(id))
  expect(await world.run(collect(file))).toHaveLength(100)
  peer.leave()
  await expect(peer.keepers(id)).rejects.toMatchObject({ code: 'stream-closed' })
  await expect(collect(file)).rejects.toMatchObject({ code: 'stream-closed' })
})

const snapshot = { files: [], people: [], relays: [], give: {}, totals: {}, price: {}, connection: {}, self: {} }

test.each([
  ['a snapshot without lists', { to: 'all', leader: 'tab x', snapshot: {} }],
  ['a snapshot whose list is none', { to: 'all', leader: 'tab x', snapshot: { ...snapshot, files: 'many' } }],
  ['a snapshot with a row that is none', { to: 'all', leader: 'tab x', snapshot: { ...snapshot, files: [null] } }],
  ['a snapshot of nobody', { to: 'all', leader: 7, snapshot }],
  ['an answer nobody asked for', { to: 'tab 1', id: 999, value: 1 }],
  ['an error that is none', { to: 'tab 1', id: 2, error: 'no' }],
  ['an error without facts', { to: 'tab 1', id: 2, error: { code: 'not-found' } }],
  ['a view of a link that is not open', { to: 'tab 1', handle: 'tab 1/77', view: { is: 'ready' } }],
  ['a pace that is none', { to: 'tab 1', handle: 'tab 1/77', pace: { bytesPerSecond: 1, limit: 'the moon' } }],
  ['a view that is none', { to: 'tab 1', handle: 'tab 1/77', view: null }],
  ['a number', 7],
  ['a list', [{ to: 'all' }]],
])('%s changes nothing', async (_what, message) => {
  const { world, follow, tabs } = await openLed((peer) => peer)
  const { peer, tab } = await follow()
  expect(tab.channel.self).toBe('tab 1')
  const before = peer.snapshot()
  const kept = peer.kept()
  tabs.shout(message)
  await nextTurn()
  expect(peer.snapshot()).toBe(before)
  expect(await world.run(kept)).toEqual([])
})

test('a tab that begins to run the node says so, and posts no rows before another tab has asked for them', async () => {
  const { profile, world, tabs } = await openProfile()
  const heard: unknown[] = []
  tabs.join().channel.listen((message) => heard.push(message))
  serveTabs(profile.peer, tabs.join().channel)
  await world.run(profile.peer.storeFiles([dropped('unseen', bytesOf('unseen', 10))]))
  await world.advance(5_000)
  expect(heard).toEqual([{ to: 'all', leader: 'tab 1', begins: true }])
})

/** A profile whose node runs in one tab, changed by `change`, and a function that follows it from another. */
async function openLed(change: (peer: Peer) => Peer) {
  const { profile, world, tabs } = await openProfile()
  const leader = change(profile.peer)
  serveTabs(leader, tabs.join().channel)
  const follow = async () => {
    const tab = tabs.join()
    return { tab, peer: await world.run(followPeer(tab.channel)) }
  }
  return { profile, world, tabs, leader, follow }
}

/** A file of ten bytes of which one comes at once, and the others when people return. */
function slowFile(onEnd: (reason: unknown) => void): OpenedFile {
  return {
    name: 'slow',
    type: '',
    size: 10,
    pace: () => ({ bytesPerSecond: 0, limit: undefined }),
    async *read(_range, { signal } = {}) {
      signal?.addEventListener('abort', () => onEnd(signal.reason))
      yield new Uint8Array([1])
      await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
    },
  }
}

/** Resolves with the view of a link once it is no longer opening. */
function opened(peer: Peer, fragment: string) {
  const link = peer.openLink(fragment)
  return new Promise((resolve) => link.watch(() => link.snapshot().is !== 'opening' && resolve(link.snapshot())))
}
