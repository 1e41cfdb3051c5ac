import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { personName } from './names.ts'
import { peerIdOf } from './peer-id.ts'

const peer = (number: number) => peerIdOf(new Uint8Array(32).fill(number & 255).fill(number >> 8, 16))

describe('names of people', () => {
  it('[NAM1] are one capitalised word', () => {
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(fc.property(key, (publicKey) => /^[A-Z][a-z]+$/.test(personName(peerIdOf(publicKey)))))
  })

  it('[NAM1] are the same on every device and in every version', () => {
    expect([0, 1, 2, 3, 4].map((number) => personName(peer(number)))).toMatchInlineSnapshot(`
      [
        "Marekus",
        "Wimel",
        "Farahari",
        "Maudis",
        "Dagum",
      ]
    `)
  })

  it('[NAM1] are thousands', () => {
    const names = new Set<string>()
    for (let number = 0; number < 20_000; number++) names.add(personName(peer(number)))
    expect(names.size).toBeGreaterThan(4000)
  })
})
