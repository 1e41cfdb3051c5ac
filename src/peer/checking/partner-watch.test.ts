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
  const known = new Map<PeerId, Conduct>()
  let [now, until, version, asked] = [0, 0, 0, 0]
  const conductByPeer = { set: (peer: PeerId, conduct: Conduct) => void (known.set(peer, conduct), version++) }
  const people = {
    conduct: { of: (peer: PeerId) => known.get(peer) ?? unknownConduct, version: () => version },
    papers: { passed: () => now },
    notLostUntil: () => until,
  }
  const watch = createPartnerWatch(self, people, defaultPolicy.presence, ({ holder }) => {
    asked++
    return lost.has(holder) ? 1 : undefined
  })
  for (const holder of [self, ada, bob]) {
    roll.put({ holder, seq: 1, takenAt: 1, rows: [], telling: { teller: holder, rank: ranks.holder, isPlacers: false } })
  }
  watch.note(roll)
  return {
    watch,
    lost,
    conductByPeer,
    roll,
    asked: () => asked,
    setNow: (at: number) => void (now = at),
    rulesOutUntil: (at: number) => void (until = at),
  }
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

test('[RPR2] those who cannot have fallen yet are not looked at, until somebody is found out or the clock is set back', () => {
  const { watch, lost, conductByPeer, asked, setNow, rulesOutUntil } = desk()
  rulesOutUntil(100)
  watch.fallen()
  const before = asked()
  lost.add(ada)
  setNow(99)
  expect([watch.fallen(), asked() - before]).toEqual([[], 0])
  setNow(100)
  expect([watch.fallen(), asked() - before]).toEqual([[ada], 2])
  rulesOutUntil(200)
  watch.fallen()
  lost.add(bob)
  setNow(150)
  expect(watch.fallen()).toEqual([])
  conductByPeer.set(ada, noteLie(unknownConduct))
  expect(watch.fallen()).toEqual([ada, bob])
  lost.clear()
  setNow(140)
  watch.fallen()
  lost.add(bob)
  setNow(139)
  expect(watch.fallen()).toEqual([bob])
})
