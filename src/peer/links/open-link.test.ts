import { expect, test } from 'vitest'
import { nextTurn } from '../../adapters/memory/turn.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders, type World, fragmentOf } from '../../sim/world.ts'

async function shareOne(world: World, content: Uint8Array<ArrayBuffer>) {
  const holders = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('linked', content)]))
  await world.until(() => row(owner, id).canShare === true)
  const fragment = fragmentOf(await world.run(owner.peer.share(id)))
  return { holders, owner, id, fragment }
}

test('waiting for the people of a link can be given up, and goes on for whoever waits on', async () => {
  const world = createWorld()
  const content = bytesOf('linked', 5_000)
  const { holders, owner, fragment } = await shareOne(world, content)
  for (const holder of [...holders, owner]) world.kill(holder)

  const reader = await world.start('reader', { offerBytes: 0 })
  const link = reader.peer.openLink(fragment)
  const stop = new AbortController()
  const givenUp = link.file({ signal: stop.signal })
  const waiting = link.file()
  await nextTurn()
  const reason = new Error('cancelled by the person')
  stop.abort(reason)
  await expect(givenUp).rejects.toBe(reason)
  await expect(link.file({ signal: stop.signal })).rejects.toBe(reason)

  for (const { name, files } of holders) await world.start(name, { files })
  expect(await world.run(waiting.then((file) => collect(file)))).toEqual(content)
  link.close()
})

test('a link opens with the first people who come, while the directory is still looking', async () => {
  const world = createWorld()
  const { holders, fragment } = await shareOne(world, bytesOf('soon', 5_000))
  let hasLooked = false
  const reader = await world.start('reader', {
    offerBytes: 0,
    isAlone: true,
    directory: (directory) => ({
      ...directory,
      async *find(_id, { signal } = {}) {
        await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
        hasLooked = true
        yield* []
      },
    }),
  })
  const link = reader.peer.openLink(fragment)
  await nextTurn()
  for (const { peerId } of holders.slice(0, 2)) world.swarm.connect(reader.peerId, peerId)
  await world.until(() => link.snapshot().is === 'ready')
  expect(hasLooked).toBe(false)
  link.close()
})

test('a press on Download finds the file located: nobody is asked again who keeps it', async () => {
  const world = createWorld()
  const content = bytesOf('pressed', 600_000)
  const { fragment } = await shareOne(world, content)
  let looks = 0
  const reader = await world.start('reader', {
    offerBytes: 0,
    directory: (directory) => ({
      ...directory,
      find(id, options) {
        looks++
        return directory.find(id, options)
      },
    }),
  })
  const link = reader.peer.openLink(fragment)
  await world.until(() => link.snapshot().meter.max > 0)
  const before = looks
  expect(await world.run(link.file().then((file) => collect(file)))).toEqual(content)
  expect(looks).toBe(before)
  link.close()
})

test('a file that its owner ends while the link is open is said to have ended', async () => {
  const world = createWorld()
  const { owner, id, fragment } = await shareOne(world, bytesOf('ended', 600_000))
  const reader = await world.start('reader', { offerBytes: 0 })
  const link = reader.peer.openLink(fragment)
  await world.until(() => link.snapshot().meter.max > 0)
  await world.run(owner.peer.remove(id))
  await expect(world.run(link.file().then((file) => collect(file)))).rejects.toMatchObject({ code: 'link-expired' })
  link.close()
})
