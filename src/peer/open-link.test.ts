import { expect, test } from 'vitest'
import { nextTurn } from '../adapters/memory/turn.ts'
import { bytesOf, collect, createWorld, dropped, row, startHolders } from './peer-rig.contract.ts'

test('waiting for the people of a link can be given up, and goes on for whoever waits on', async () => {
  const world = createWorld()
  const holders = await startHolders(world, 4)
  const owner = await world.start('owner', { offerBytes: 0 })
  const content = bytesOf('linked', 5_000)
  const [id = ''] = await world.run(owner.peer.storeFiles([dropped('linked', content)]))
  await world.until(() => row(owner, id).canShare === true)
  const fragment = (await world.run(owner.peer.share(id))).slice('/s/#'.length)
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
