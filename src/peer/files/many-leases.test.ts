import { expect, test } from 'vitest'
import { parsePolicy } from '../../core/policy.ts'
import type { Network } from '../../ports/network.ts'
import { protocolOf } from '../../protocol/conversation.ts'
import { bytesOf, createWorld, dropped, row, startHolders } from '../../sim/world.ts'

const DAY = 86_400_000
const MINUTE = 60_000
/** Files that are shared, each with a group of its own beside the one in which all of them lie. */
const FILES = 12
/** A TELL of a charter and no claim is shorter, and one with the claims of eight people longer. */
const PAPER_ALONE_BYTES = 400
const policy = parsePolicy({ guardian: { enabled: false }, audit: { leavesPerDay: 0 } })

test('[CHA6] a group is renewed for less than 2 KB, and all of them within a minute of a visit', async () => {
  const world = createWorld({ policy })
  await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const drop = Array.from({ length: FILES }, (_nothing, at) => dropped(`file ${at}`, bytesOf(`file ${at}`, 100)))
  const ids = await world.run(owner.peer.storeFiles(drop))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true), 30 * MINUTE)
  for (const id of ids) await world.run(owner.peer.share(id))
  await world.run(world.clock.advance(10 * MINUTE), 30 * MINUTE)
  world.kill(owner)
  world.clock.sleep(40 * DAY)
  const told = { messages: 0, bytes: 0 }
  const counting = (network: Network): Network => ({
    ...network,
    open: async (peer, protocol, options) => {
      const channel = await network.open(peer, protocol, options)
      if (protocol !== protocolOf('group')) return channel
      return {
        ...channel,
        write(bytes) {
          if (bytes.length < PAPER_ALONE_BYTES) {
            told.messages++
            told.bytes += bytes.length
          }
          return channel.write(bytes)
        },
      }
    },
  })
  const from = world.clock.now()
  const again = await world.start('owner', { offerBytes: 0, files: owner.files, network: counting })
  const isRenewed = (): boolean =>
    ids.every((id) => Math.min(row(again, id).keptUntil ?? 0, row(again, id).linkUntil ?? 0) > from + 364 * DAY)
  await world.until(isRenewed, MINUTE)
  const groups = FILES + 1
  expect(told.messages).toBeGreaterThanOrEqual(groups)
  expect(told.bytes / groups).toBeLessThan(2_000)
})
