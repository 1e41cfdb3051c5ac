import fc from 'fast-check'
import { test } from 'vitest'
import * as exact from '../../core/signature.ts'
import * as fast from './fast-signature.ts'

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
const message = fc.uint8Array({ maxLength: 200 })

test('[SIG1, SIG2] the platform signs and checks as the product does', () => {
  fc.assert(
    fc.property(seed, message, fc.nat(63), fc.integer({ min: 1, max: 255 }), (key, said, at, by) => {
      const signature = fast.signWith(key, said)
      const publicKey = fast.publicKeyOf(key)
      const wrong = signature.map((byte, place) => (place === at ? byte ^ by : byte))
      const checks = ({ isSignedBy }: Pick<typeof exact, 'isSignedBy'>): readonly boolean[] => [
        isSignedBy(publicKey, said, signature),
        isSignedBy(publicKey, said, wrong),
        isSignedBy(publicKey, Uint8Array.of(...said, 1), signature),
        isSignedBy(publicKey, said, signature),
        isSignedBy(publicKey.slice(1), said, signature),
      ]
      const isSame = Buffer.compare(signature, exact.signWith(key, said)) === 0 && Buffer.compare(publicKey, exact.publicKeyOf(key)) === 0
      return isSame && checks(fast).join() === 'true,false,false,true,false' && checks(exact).join() === checks(fast).join()
    }),
    { numRuns: 50 },
  )
})
