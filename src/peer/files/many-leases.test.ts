import { expect, test } from 'vitest'
import { parsePolicy } from '../../core/policy.ts'
import type { Network } from '../../ports/network.ts'
import { bytesOf, createWorld, dropped, row, startHolders } from '../../sim/world.ts'

const DAY = 86_400_000
const MINUTE = 60_000
/** Files that are shared: each takes a group for its content and one for its link. */
const FILES = 12
/** Those, and the group of the pack from which the files were copied. */
const GROUPS = 2 * FILES + 1
/** 1,000 groups may cost 2 MB. */
const BYTES_A_GROUP = 2_000
/** A comparison of all groups with each of eight people, who have nothing new, is shorter. A TELL of the claims of eight people is 1.8 KB. */
const KNOWN_BYTES_A_GROUP = 600
const policy = parsePolicy({ guardian: { enabled: false }, audit: { leavesPerDay: 0 } })

/** Counts all bytes that are sent over a network. */
function counted() {
  const sent = { bytes: 0 }
  const network = (inner: Network): Network => ({
    ...inner,
    open: async (peer, protocol, options) => {
      const channel = await inner.open(peer, protocol, options)
      return {
        ...channel,
        write(bytes) {
          sent.bytes += bytes.length
          return channel.write(bytes)
        },
      }
    },
  })
  return { sent, network }
}

test('[CHA6] [GRO10] a start tells nobody what is known already; 40 days later all is renewed within a minute, for less than 2 KB a group', async () => {
  const world = createWorld({ policy })
  await startHolders(world, 8)
  const owner = await world.start('owner', { offerBytes: 0 })
  const drop = Array.from({ length: FILES }, (_nothing, at) => dropped(`file ${at}`, bytesOf(`file ${at}`, 100)))
  const ids = await world.run(owner.peer.storeFiles(drop))
  await world.until(() => ids.every((id) => row(owner, id).canShare === true), 30 * MINUTE)
  for (const id of ids) await world.run(owner.peer.share(id))
  await world.run(world.clock.advance(10 * MINUTE), 30 * MINUTE)
  world.kill(owner)

  world.clock.sleep(60 * MINUTE)
  const first = counted()
  const again = await world.start('owner', { offerBytes: 0, files: owner.files, network: first.network })
  await world.run(world.clock.advance(10 * MINUTE), 30 * MINUTE)
  expect(first.sent.bytes / GROUPS).toBeLessThan(KNOWN_BYTES_A_GROUP)
  world.kill(again)

  world.clock.sleep(40 * DAY)
  const second = counted()
  const from = world.clock.now()
  const later = await world.start('owner', { offerBytes: 0, files: owner.files, network: second.network })
  const isRenewed = (): boolean =>
    ids.every((id) => Math.min(row(later, id).keptUntil ?? 0, row(later, id).linkUntil ?? 0) > from + 364 * DAY)
  await world.until(isRenewed, MINUTE)
  await world.run(world.clock.advance(10 * MINUTE), 30 * MINUTE)
  expect(second.sent.bytes / GROUPS).toBeLessThan(BYTES_A_GROUP)
  // Each group is renewed: a charter is longer than half of that.
  expect(second.sent.bytes / GROUPS).toBeGreaterThan(KNOWN_BYTES_A_GROUP)
})
