import { expect, test } from 'vitest'
import { createCoding } from '../../adapters/coding/create-coding.ts'
import { createLyingShardStore, lies } from '../../adapters/memory/lying-shard-store.ts'
import { decodeDescriptor } from '../../core/descriptor.ts'
import { openFetch } from '../../protocol/fetch-shard.ts'
import { createRig } from '../../sim/holder.rig.ts'
import { verifyLeaves } from './verify-leaves.ts'
import { codeOf } from '../../core/errors.ts'

const coder = createCoding(crypto.subtle)

for (const lie of lies) {
  for (const honest of [0, 10]) {
    test(`[FET5] a holder that lies by "${lie}" after ${honest} true answers is found out at once`, async () => {
      const rig = createRig()
      const { peer } = await rig.holder('liar', { shards: (store) => createLyingShardStore(store, 7, lie, honest) })
      const segment = rig.own('film')
      const owner = rig.join('owner')
      await rig.place(owner, peer, segment, 1)
      await rig.place(owner, peer, rig.own('decoy'), 1)
      const descriptor = decodeDescriptor(segment.descriptor)
      const turn = await openFetch(rig.join('reader'), rig.clock, peer)
      const range = { index: 1, firstLeaf: 2, leaves: 3 }
      const readChecked = async () => {
        const { bytes, proof } = await turn.read({ segmentId: segment.segmentId, ...range })
        return verifyLeaves(coder, descriptor, range, bytes, proof)
      }
      for (let answer = 0; answer < honest; answer++) expect((await readChecked()).length).toBe(3 * 65_536)
      const lying = readChecked().then(
        () => 'believed',
        (error: unknown) => codeOf(error),
      )
      if (lie === 'stall') await rig.clock.advance(11_000)
      expect(await lying).toBe(lie === 'stall' ? 'holder-silent' : 'shard-damaged')
      turn.close()
    })
  }
}
