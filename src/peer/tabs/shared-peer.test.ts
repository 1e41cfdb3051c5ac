import { expect, test } from 'vitest'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { concatBytes } from '../../core/bytes.ts'
import { HoardError } from '../../core/errors.ts'
import type { Peer } from '../index.ts'
import { bytesOf, collect, dropped, row, fragmentOf } from '../../sim/world.ts'
import { openProfile } from '../../sim/tabs.rig.ts'

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

test('the links and reads of a tab are closed when it goes', async () => {
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
  const opened = second.peer.openLink(fragmentOf(link))
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

test('tabs take over in the order in which they came', async () => {
  const { profile, world, tabs } = await openProfile()
  const opened: { readonly peer: Peer; end(): void }[] = []
  for (let count = 0; count < 4; count++) opened.push(await world.run(tabs.open(async () => profile.peer)))
  const leaders = (): number[] => opened.flatMap(({ peer }, at) => (peer.snapshot().isElsewhere ? [] : [at]))
  expect(leaders()).toEqual([0])
  for (const [at, next] of [1, 2, 3].entries()) {
    opened[at]?.end()
    await world.until(() => opened[next]?.peer.snapshot().isElsewhere === false)
    // The tabs that wait behind it follow it, and can call it.
    for (const { peer } of opened.slice(next)) expect(await world.run(peer.kept())).toEqual([])
    expect(leaders().filter((each) => each >= next)).toEqual([next])
  }
})

test('a drop that the first tab took with it unanswered is in the second one, once', async () => {
  const { profile, world, tabs } = await openProfile()
  let asked = 0
  const deaf: Peer = { ...profile.peer, storeFiles: () => new Promise(() => asked++) }
  const first = await world.run(tabs.open(async () => deaf))
  const second = await world.run(tabs.open(async () => profile.peer))
  const third = await world.run(tabs.open(async () => profile.peer))
  const content = bytesOf('unanswered', 700)
  const storing = [second, third].map(({ peer }, at) => peer.storeFiles([dropped(`unanswered ${at}`, content)]))
  await world.until(() => asked === 2)
  first.end()
  const ids = (await world.run(Promise.all(storing))).flat()
  const rows = () => profile.peer.snapshot().files.map(({ id }) => id)
  await world.until(() => rows().length >= 2)
  expect(rows().toSorted()).toEqual(ids.toSorted())
  for (const id of ids) expect(await world.run(third.peer.openFile(id).then((file) => collect(file)))).toEqual(content)
})

test('a drop that was stored when the first tab went, and not answered, is not stored twice', async () => {
  const { profile, world, tabs } = await openProfile()
  const mute: Peer = { ...profile.peer, storeFiles: (files) => profile.peer.storeFiles(files).then(() => new Promise(() => undefined)) }
  const first = await world.run(tabs.open(async () => mute))
  const second = await world.run(tabs.open(async () => profile.peer))
  const storing = second.peer.storeFiles(['one', 'other'].map((seed) => dropped('twins', bytesOf(seed, 700))))
  const rows = () => profile.peer.snapshot().files.map(({ id }) => id)
  await world.until(() => rows().length === 2)
  first.end()
  expect((await world.run(storing)).toSorted()).toEqual(rows().toSorted())
  expect(rows()).toHaveLength(2)
})

test('a drop left unanswered is not taken for an older file of its name and length, nor for another one of the same drop', async () => {
  const { profile, world, tabs } = await openProfile()
  const [older = ''] = await world.run(profile.peer.storeFiles([dropped('report', bytesOf('older', 700))]))
  await world.until(() => row(profile, older).canDownload === true)
  let isAsked = false
  const deaf: Peer = { ...profile.peer, storeFiles: () => new Promise(() => (isAsked = true)) }
  const first = await world.run(tabs.open(async () => deaf))
  const second = await world.run(tabs.open(async () => profile.peer))
  const contents = [bytesOf('newer', 700), bytesOf('newest', 700)]
  const storing = second.peer.storeFiles(contents.map((content) => dropped('report', content)))
  await world.until(() => isAsked)
  first.end()
  const ids = await world.run(storing)
  expect(new Set([older, ...ids]).size).toBe(3)
  for (const [at, id] of ids.entries())
    expect(await world.run(second.peer.openFile(id).then((file) => collect(file)))).toEqual(contents[at])
})

test.each(['takes over', 'follows the next one'])(
  'a read goes on where it was when the tab that ran the node goes and this one %s',
  async (what) => {
    const { profile, world, tabs } = await openProfile()
    const content = bytesOf('long', 20_000)
    const [id = ''] = await world.run(profile.peer.storeFiles([dropped('long', content)]))
    await world.until(() => row(profile, id).canDownload === true)
    let isCut = false
    const ranges: number[] = []
    const cutting: Peer = {
      ...profile.peer,
      async openFile(fileId) {
        const file = await profile.peer.openFile(fileId)
        return {
          ...file,
          async *read({ start, end } = { start: 0, end: file.size }, options = {}) {
            ranges.push(start)
            yield* file.read({ start, end: Math.min(end, 9_000) }, options)
            isCut = true
            await new Promise(() => undefined)
          },
        }
      },
    }
    const first = await world.run(tabs.open(async () => cutting))
    const others = [await world.run(tabs.open(async () => profile.peer)), await world.run(tabs.open(async () => profile.peer))]
    const reader = others[what === 'takes over' ? 0 : 1]?.peer
    const file = await world.run(reader?.openFile(id) ?? Promise.reject(new Error('nobody reads')))
    const reading = collectRange(file.read({ start: 100, end: 19_000 }))
    await world.until(() => isCut)
    first.end()
    expect(await world.run(reading)).toEqual(content.slice(100, 19_000))
    expect(ranges).toEqual([100])
    // A file that was opened before serves another read as well.
    expect(await world.run(collect(file))).toEqual(content)
  },
)

test('a wait for a link goes on in the next tab when the first one goes', async () => {
  const { profile, world, tabs } = await openProfile()
  const content = bytesOf('linked', 3_000)
  const [id = ''] = await world.run(profile.peer.storeFiles([dropped('linked', content)]))
  await world.until(() => row(profile, id).canShare === true)
  const fragment = fragmentOf(await world.run(profile.peer.share(id)))
  let asked = 0
  const hanging: Peer = {
    ...profile.peer,
    openLink: (text) => ({ ...profile.peer.openLink(text), file: () => new Promise(() => asked++) }),
  }
  const first = await world.run(tabs.open(async () => hanging))
  const second = await world.run(tabs.open(async () => profile.peer))
  const third = await world.run(tabs.open(async () => profile.peer))
  const waiting = [second, third].map(({ peer }) => peer.openLink(fragment).file())
  await world.until(() => asked === 2)
  first.end()
  for (const file of await world.run(Promise.all(waiting))) expect(await world.run(collect(file))).toEqual(content)
})

async function collectRange(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of bytes) parts.push(part.slice())
  return concatBytes(...parts)
}
