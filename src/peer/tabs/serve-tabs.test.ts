import { expect, test } from 'vitest'
import { nextTurn } from '../../adapters/memory/turn.ts'
import type { Peer } from '../index.ts'
import { bytesOf, dropped, row } from '../../sim/world.ts'
import { serveTabs } from './serve-tabs.ts'
import { openProfile } from '../../sim/tabs.rig.ts'

test.each(['forgetDevice', 'snapshot', 'watch', 'constructor', '__proto__', 'toString', 'hasOwnProperty', '', 'storefiles'])(
  'a tab may not call %j',
  async (call) => {
    const { ask } = await serve()
    expect(await ask(call)).toMatchObject({ error: { code: 'format-unknown' } })
  },
)

test('closing what was never opened, or anything but a handle, closes nothing', async () => {
  const { ask, peer, world } = await serve()
  for (const handle of [undefined, '', 'no such', {}, null, 7]) expect(await ask('close', handle)).toMatchObject({ value: undefined })
  const [id = ''] = await world.run(peer.storeFiles([dropped('open', bytesOf('open', 10))]))
  await world.until(() => peer.snapshot().files.some((file) => file.id === id))
})

const junk: readonly unknown[] = [
  undefined,
  null,
  '',
  'x',
  -1,
  Number.NaN,
  [],
  [null],
  [{}],
  {},
  { isOn: 'yes', offerBytes: -1 },
  new Blob(),
]
test.each([
  'storeFiles',
  'pause',
  'resume',
  'cancel',
  'retry',
  'freeCopy',
  'remove',
  'keepers',
  'counted',
  'share',
  'stopSharing',
  'setOffer',
  'addRelay',
  'removeRelay',
  'openFile',
  'openLink',
  'linkFile',
  'read',
  'next',
])('%s with arguments that make no sense leaves the node as it was', async (call) => {
  const { ask, peer, world, profile } = await serve()
  const [id = ''] = await world.run(peer.storeFiles([dropped('mine', bytesOf('mine', 10))]))
  await world.until(() => row(profile, id).status !== undefined)
  const { give, relays } = peer.snapshot()
  for (const argument of junk) {
    await ask(call, argument)
    await ask(call, argument, argument, argument, argument)
  }
  await world.run(world.clock.advance(1_000))
  expect(peer.snapshot().files.map((file) => file.name)).toEqual(['mine'])
  expect(peer.snapshot()).toMatchObject({ give: { isOn: give.isOn, offerBytes: give.offerBytes }, relays })
  const [other = ''] = await world.run(peer.storeFiles([dropped('next', bytesOf('next', 10))]))
  await world.until(() => row(profile, other).status !== undefined)
})

test('a tab cannot make the node hold more than 256 links and 256 reads', async () => {
  let links = 0
  let files = 0
  const { ask } = await serve((peer) => ({
    ...peer,
    openLink: () => {
      links++
      return { snapshot: () => view, watch: () => () => undefined, file: () => new Promise(() => undefined), close: () => links-- }
    },
    openFile: async () => {
      files++
      return { name: 'endless', type: '', size: 1, pace: () => ({ bytesPerSecond: 0, limit: undefined }), read: () => endless() }
    },
  }))
  for (let at = 0; at < 256; at++) expect(await ask('openLink', `a/${at}`, 'any')).toHaveProperty('value')
  expect(await ask('openLink', 'a/256', 'any')).toMatchObject({ error: { code: 'storage-unavailable' } })
  expect(links).toBe(256)
  await ask('close', 'a/7')
  expect(await ask('openLink', 'a/257', 'any')).toHaveProperty('value')

  await ask('openFile', 'a/file', 'any')
  for (let at = 0; at < 256; at++) expect(await ask('read', `a/read/${at}`, 'a/file', 0, 1)).toHaveProperty('value')
  expect(await ask('read', 'a/read/256', 'a/file', 0, 1)).toMatchObject({ error: { code: 'storage-unavailable' } })
  await ask('close', 'a/read/3')
  expect(await ask('read', 'a/read/256', 'a/file', 0, 1)).toHaveProperty('value')

  // Files are never closed: of too many the oldest is forgotten.
  for (let at = 0; at < 256; at++) await ask('openFile', `a/later/${at}`, 'any')
  await ask('close', 'a/read/4')
  expect(await ask('read', 'a/read/257', 'a/file', 0, 1)).toMatchObject({ error: { code: 'not-found' } })
  expect(await ask('read', 'a/read/258', 'a/later/0', 0, 1)).toHaveProperty('value')
  expect(files).toBe(257)
})

test('a link that was closed while its file was waited for leaves no file behind', async () => {
  let give = (): void => undefined
  const { ask, post } = await serve((peer) => ({
    ...peer,
    openLink: () => ({
      snapshot: () => view,
      watch: () => () => undefined,
      file: () =>
        new Promise(
          (resolve) =>
            (give = () =>
              resolve({ name: 'late', type: '', size: 1, pace: () => ({ bytesPerSecond: 0, limit: undefined }), read: () => endless() })),
        ),
      close: () => undefined,
    }),
  }))
  await ask('openLink', 'a/1', 'any')
  const late = post('linkFile', 'a/1')
  await ask('close', 'a/1')
  give()
  expect(await late).toMatchObject({ error: { code: 'not-found' } })
  expect(await ask('read', 'a/2', 'a/1', 0, 1)).toMatchObject({ error: { code: 'not-found' } })
})

test('once it has stopped, nobody is answered or told, and links are closed', async () => {
  let links = 0
  const { ask, heard, stop, tab, peer, world } = await serve((given) => ({
    ...given,
    openLink: () => {
      links++
      return { snapshot: () => view, watch: () => () => undefined, file: () => new Promise(() => undefined), close: () => links-- }
    },
  }))
  await ask('openLink', 'a/1', 'any')
  stop()
  expect(links).toBe(0)
  await nextTurn()
  heard.length = 0
  tab.channel.post({ to: 'leader', from: tab.channel.self, id: 9_999, call: 'kept', args: [] })
  await world.run(peer.storeFiles([dropped('untold', bytesOf('untold', 10))]))
  await world.until(() => peer.snapshot().files.length === 1)
  expect(heard).toEqual([])
})

const view = {
  is: 'opening',
  status: 'Waiting for people',
  meter: { value: 0, max: 0, needed: 0, pieces: [] },
  explanation: { is: 'none' },
} as const

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(1)
}

/** A node that serves its tabs, and a tab that can send it anything. */
async function serve(change: (peer: Peer) => Peer = (peer) => peer) {
  const { profile, world, tabs } = await openProfile()
  const peer = change(profile.peer)
  const stop = serveTabs(peer, tabs.join().channel)
  const tab = tabs.join()
  const heard: unknown[] = []
  const waiting = new Map<number, (answer: unknown) => void>()
  tab.channel.listen((message) => {
    heard.push(message)
    if (typeof message === 'object' && message !== null && 'id' in message) waiting.get(Number(message.id))?.(message)
  })
  let counter = 0
  const post = (call: string, ...args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve) => {
      const id = ++counter
      waiting.set(id, resolve)
      tab.channel.post({ to: 'leader', from: tab.channel.self, id, call, args })
    })
  const ask = (call: string, ...args: readonly unknown[]): Promise<unknown> => world.run(post(call, ...args))
  return { profile, world, peer, stop, tab, heard, post, ask }
}
