import { expect, test } from 'vitest'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createDeviceSigner } from '../../adapters/storage/device-signer.ts'
import { noteLie, noteUnknown, unknownConduct, type Conduct } from '../../core/healing/evidence.ts'
import { brandBytes, type GroupId, type PeerId } from '../../core/ids.ts'
import { defaultPolicy } from '../../core/policy.ts'
import { ranks } from '../roll/roll.ts'
import { createRolls } from '../roll/rolls.ts'
import { createPartnerWatch } from './partner-watch.ts'

const peerNumber = (number: number): PeerId => createDeviceSigner(createSeededRandom(`peer ${number}`).bytes(32)).peerId
const [self, ada, bob] = [peerNumber(0), peerNumber(1), peerNumber(2)]

function desk() {
  const roll = createRolls().of(brandBytes<GroupId>(new Uint8Array(32)))
  const lost = new Set<PeerId>()
  const conductByPeer = new Map<PeerId, Conduct>()
  const conduct = { of: (peer: PeerId) => conductByPeer.get(peer) ?? unknownConduct }
  const watch = createPartnerWatch(self, { conduct }, defaultPolicy.presence, ({ holder }) => (lost.has(holder) ? 1 : undefined))
  for (const holder of [self, ada, bob]) {
    roll.put({ holder, seq: 1, takenAt: 1, rows: [], telling: { teller: holder, rank: ranks.holder, isPlacers: false } })
  }
  watch.note(roll)
  return { watch, lost, conductByPeer }
}

test('[RPR2] somebody who is declared lost is noticed once, and again after a return', () => {
  const { watch, lost } = desk()
  expect(watch.fallen()).toEqual([])
  lost.add(ada)
  expect([watch.fallen(), watch.fallen()]).toEqual([[ada], []])
  lost.delete(ada)
  expect(watch.fallen()).toEqual([])
  lost.add(ada)
  expect(watch.fallen()).toEqual([ada])
})

test('[RPR2] wrong bytes and void claims are noticed, an answer that clears errors is not', () => {
  const { watch, conductByPeer } = desk()
  conductByPeer.set(ada, noteLie(unknownConduct))
  conductByPeer.set(bob, noteUnknown(unknownConduct, 5))
  expect(watch.fallen()).toEqual([ada, bob])
  conductByPeer.set(bob, noteUnknown(unknownConduct, 9))
  expect(watch.fallen()).toEqual([bob])
  expect(watch.fallen()).toEqual([])
})
