import fc from 'fast-check'
import { expect, test } from 'vitest'
import { labelledHash } from '../../core/labels.ts'
import { brandId, type DeviceId } from '../../core/vault/entry-id.ts'
import { sealLogBody, slotOfDevice } from '../../core/vault/log-body.ts'
import { encodeLogEntry, vaultGroupOf } from '../../core/vault/log-entry.ts'
import { createDevice, createKeepers, drop, folder, idOf, keys, renamed, stateOf } from './shared-vault.rig.ts'

test('[VLT20] [VLT22] two devices that edit apart come together, and are so after a restart', async () => {
  const keepers = createKeepers()
  const [a, b] = [createDevice('a'), createDevice('b')]
  const [atA, atB] = [await a.start(), await b.start()]
  await atA.vault.commit([folder(1, 'Holidays')])
  await atB.vault.commit([folder(2, 'Letters')])
  await keepers.publish(atA)
  await keepers.publish(atB)
  await keepers.take(atA)
  await keepers.take(atB)
  await atB.vault.commit([renamed(1, 'The holidays')])
  await keepers.publish(atB)
  await keepers.take(atA)
  expect(stateOf(atA)).toBe(stateOf(atB))
  expect([...atA.vault.tree.namesIn(null).keys()].toSorted()).toEqual(['Letters', 'The holidays'])
  const again = await a.start()
  expect(stateOf(again)).toBe(stateOf(atB))
  expect([again.vault.isCopied, again.vault.isIncomplete]).toEqual([false, false])
  // A device with nothing of its own has the same from the log and the layers alone.
  const fresh = await createDevice('c').start()
  await keepers.take(fresh)
  expect(stateOf(fresh)).toBe(stateOf(atB))
})

test('[VLT22] a drop that went into a layer stays, when another device wrote a list at the same moment', async () => {
  const keepers = createKeepers()
  const [atA, atB] = [await createDevice('a').start(), await createDevice('b').start()]
  await atA.vault.commit([folder(1, 'Holidays')])
  await keepers.publish(atA)
  await keepers.take(atB)
  await atA.vault.commit(drop(400))
  await keepers.publish(atA)
  // This device has the entries of the other, and not its list.
  await atB.vault.commit(drop(400, 240))
  await keepers.publish(atB)
  const fresh = await createDevice('c').start()
  expect(await keepers.take(fresh)).toBe(0)
  expect(fresh.vault.entries.size).toBe(803)
  await keepers.take(atA)
  await keepers.publish(atA)
  await keepers.take(atB)
  expect([stateOf(atA), stateOf(atB)]).toEqual([stateOf(fresh), stateOf(fresh)])
})

test('[VLT22] a list of which nobody gives a layer is left out whole, and taken once somebody does', async () => {
  const keepers = createKeepers()
  const [atA, b] = [await createDevice('a').start(), createDevice('b')]
  await atA.vault.commit([folder(1, 'Holidays')])
  await keepers.publish(atA)
  await atA.vault.commit([folder(2, 'Letters')])
  await keepers.publish(atA)
  const atB = await b.start()
  keepers.givesLayers = false
  expect(await keepers.take(atB)).toBe(1)
  expect([atB.vault.entries.size, atB.disk.commits]).toEqual([0, 0])
  keepers.givesLayers = true
  expect(await keepers.take(atB)).toBe(0)
  expect(stateOf(atB)).toBe(stateOf(atA))
})

test('[VLT10] [VLT17] entries behind a gap wait, and what somebody has seen and nobody gave is said', async () => {
  const keepers = createKeepers()
  const [atA, atB] = [await createDevice('a').start(), await createDevice('b').start()]
  await atA.vault.commit([folder(1, 'one')])
  await keepers.publish(atA)
  await keepers.take(atB)
  for (const [at, name] of ['two', 'three', 'four'].entries()) await atA.vault.commit([folder(2 + at, name)])
  const [first, second, third] = atA.vault
    .told()
    .entries.slice(-3)
    .map(({ bytes }) => bytes)
  await atB.vault.take([first!, third!], keepers.fetchLayer)
  expect([...atB.vault.tree.namesIn(null).keys()]).toEqual(['one', 'two'])
  await atB.vault.take([second!], keepers.fetchLayer)
  expect(atB.vault.tree.namesIn(null).size).toBe(3)
  await atB.vault.take([third!], keepers.fetchLayer)
  expect(stateOf(atB)).toBe(stateOf(atA))
  await atB.vault.commit([folder(9, 'nine')])
  const fresh = await createDevice('c').start()
  await fresh.vault.take(
    [
      ...keepers.log(),
      ...atB.vault
        .told()
        .entries.slice(-1)
        .map(({ bytes }) => bytes),
    ],
    keepers.fetchLayer,
  )
  expect([...fresh.vault.told().missing.values()]).toEqual([atA.vault.told().entries.at(-1)!.seq])
})

test('[VLT8] [VLT9] damaged, foreign and forged entries change nothing and are not written down', async () => {
  const keepers = createKeepers()
  const [atA, atB] = [await createDevice('a').start(), await createDevice('b').start()]
  await atA.vault.commit([folder(1, 'Holidays')])
  await keepers.publish(atA)
  await keepers.take(atB)
  const [before, commits] = [stateOf(atB), atB.disk.commits]
  await atA.vault.commit([renamed(1, 'forged')])
  const real = atA.vault.told().entries.at(-1)!
  const damaged = real.bytes.slice()
  damaged[40]! ^= 1
  const device = brandId<DeviceId>(new Uint8Array(16).fill(9))
  const slot = slotOfDevice(keys.vaultAead, device)
  const r = labelledHash('rig', new Uint8Array(1))
  const body = {
    prev: null,
    device,
    at: 1,
    changes: [{ entry: idOf(1), time: { ms: 5, count: 0 }, fields: { name: 'forged' } }],
    seen: new Map(),
  }
  const sealed = sealLogBody(keys.vaultAead, r, body)
  const stranger = vaultGroupOf(new Uint8Array(32).fill(3)).seed
  const own = vaultGroupOf(keys.lease).seed
  const forged = [
    damaged,
    new Uint8Array(0),
    new Uint8Array(4096).fill(0xff),
    encodeLogEntry({ slot, seq: 0, r, sealed }, stranger),
    // Signed by the owner, and sealed for somebody else; in the slot of another device; a list without layers.
    encodeLogEntry({ slot, seq: 0, r, sealed: sealLogBody(new Uint8Array(32).fill(1), r, body) }, own),
    encodeLogEntry({ slot: real.slot, seq: real.seq + 1, r, sealed }, own),
    encodeLogEntry({ slot, seq: 0, r, sealed, floors: new Map([[slot, 3]]) }, own),
  ]
  await atB.vault.take(forged, keepers.fetchLayer)
  expect([stateOf(atB), atB.disk.commits]).toEqual([before, commits])
})

test('[VLT26] a disk that is full in the middle leaves nothing of what was offered', async () => {
  const keepers = createKeepers()
  const [atA, b] = [await createDevice('a').start(), createDevice('b')]
  await atA.vault.commit(drop(400))
  await keepers.publish(atA)
  const atB = await b.start()
  atB.disk.isFull = true
  await expect(keepers.take(atB)).rejects.toMatchObject({ code: 'storage-full' })
  expect([atB.vault.entries.size, (await atB.outbox.list()).length]).toEqual([0, 0])
  atB.disk.isFull = false
  await keepers.take(atB)
  expect(stateOf(await b.start())).toBe(stateOf(atA))
})

test('[VLT23] [VLT27] layers become one, and what a list named before is to be retired by the device that replaced it', async () => {
  const keepers = createKeepers()
  const [atA, atB] = [await createDevice('a').start(), await createDevice('b').start()]
  for (let round = 0; round < 6; round++) {
    await atA.vault.commit(drop(round === 0 ? 6000 : 400, 200 + round))
    await keepers.publish(atA)
    await keepers.take(atB)
  }
  expect(stateOf(atB)).toBe(stateOf(atA))
  const { replaced, layers, isToList } = atA.vault.told()
  expect([layers.length + replaced.length, isToList]).toEqual([keepers.layers().length, false])
  expect(replaced.length).toBeGreaterThan(0)
  expect([atB.vault.told().layers.length, atB.vault.told().isToList, atB.vault.told().replaced]).toEqual([layers.length, false, []])
  await atA.vault.forgetReplaced(replaced.map(({ segmentId }) => segmentId))
  expect(atA.vault.told().replaced).toEqual([])
})

test('[VLT26] a device that finds its own past longer than it knows goes on in a new slot, with all of it', async () => {
  const keepers = createKeepers()
  const a = createDevice('a')
  const atA = await a.start()
  await atA.vault.commit([folder(1, 'one')])
  const older = createDevice('a')
  const atOlder = await older.start()
  await atOlder.vault.commit([folder(3, 'three')])
  await atA.vault.commit([folder(2, 'two')])
  await keepers.publish(atA)
  await keepers.take(atOlder)
  expect(atOlder.vault.isCopied).toBe(true)
  await atOlder.vault.commit([folder(4, 'four')])
  await keepers.publish(atOlder)
  await keepers.take(atA)
  const fresh = await createDevice('c').start()
  await keepers.take(fresh)
  expect([...fresh.vault.tree.namesIn(null).keys()].toSorted()).toEqual(['four', 'one', 'three', 'two'])
})

test('[VLT27] a layer that this disk has lost comes back from people who keep it', async () => {
  const keepers = createKeepers()
  const a = createDevice('a')
  const atA = await a.start()
  await atA.vault.commit(drop(600))
  await keepers.publish(atA)
  await atA.vault.commit([folder(1, 'later')])
  const state = stateOf(atA)
  for (const { name } of await atA.outbox.list()) await atA.outbox.remove(name)
  const after = await a.start()
  expect([after.vault.isIncomplete, after.vault.tree.namesIn(null).size]).toEqual([true, 1])
  keepers.givesLayers = false
  await expect(after.vault.restoreLayers(keepers.fetchLayer)).rejects.toMatchObject({ code: 'not-found' })
  keepers.givesLayers = true
  await after.vault.restoreLayers(keepers.fetchLayer)
  expect([after.vault.isIncomplete, stateOf(after) === state]).toEqual([false, true])
  const again = await a.start()
  expect([again.vault.isIncomplete, again.vault.isCopied, stateOf(again) === state]).toEqual([false, false, true])
})

const act = fc.record({
  by: fc.nat(2),
  what: fc.constantFrom('commit', 'commit', 'drop', 'publish', 'take', 'take', 'lay up', 'start'),
  which: fc.nat(30),
})

test('[VLT22] [VLT26] whatever three devices do in turn, they and a fresh one have one state at the end, and every change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
      const keepers = createKeepers()
      const devices = ['a', 'b', 'c'].map((name) => createDevice(name, keepers.clock))
      const running = await Promise.all(devices.map((device) => device.start()))
      const made = new Set<string>()
      for (const [at, { by, what, which }] of acts.entries()) {
        const one = running[by]!
        if (what === 'commit' && which < 15)
          await one.vault.commit([{ id: idOf(at, 1), fields: { name: `n${at}`, parent: null, folder: 1 } }])
        else if (what === 'commit') await one.vault.commit([renamed(which, `renamed ${at}`)])
        else if (what === 'drop') await one.vault.commit(drop(400, 100 + at))
        else if (what === 'publish') await keepers.publish(one)
        else if (what === 'take') await keepers.take(one)
        else if (what === 'lay up') await one.vault.layUp()
        else running[by] = await devices[by]!.start()
        for (const id of running[by]!.vault.entries.keys()) made.add(id)
      }
      for (let round = 0; round < 2; round++) {
        for (const one of running) {
          await keepers.take(one)
          await keepers.publish(one)
        }
      }
      for (const one of running) await keepers.take(one)
      const fresh = await createDevice('fresh').start()
      await keepers.take(fresh)
      const again = await Promise.all(devices.map((device) => device.start()))
      const states = [...running, ...again, fresh].map(stateOf)
      expect(new Set(states).size).toBe(1)
      expect([...made].filter((id) => !fresh.vault.entries.has(id as never))).toEqual([])
      expect(running.some(({ vault }) => vault.isCopied || vault.told().isToList)).toBe(false)
    }),
    { numRuns: 25 },
  )
}, 120_000)
