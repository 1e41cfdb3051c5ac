import { utf8 } from '../../core/bytes.ts'
import { listOf, objectFormat, text } from '../../core/encoding.ts'
import { HoardError } from '../../core/errors.ts'
import type { Catalog } from '../../ports/catalog.ts'
import { createTurn } from '../../flow/turns.ts'

/** Addresses of relays that the person added, remembered on this device. */
export interface AddedRelays {
  all(): readonly string[]
  /** Returns when the address can be remembered. Throws HoardError 'address-refused' {reason: 'length' | 'count', most}. */
  check(address: string): void
  /** Resolves once the address is remembered. Throws like `check`. */
  add(address: string): Promise<void>
  remove(address: string): Promise<void>
}

const RELAYS = 'relays'
const RELAYS_AT_MOST = 16
const MAX_ADDRESS_BYTES = 512

const format = objectFormat('added relays', RELAYS_AT_MOST * (MAX_ADDRESS_BYTES + 8) + 16, {
  addresses: listOf(text(MAX_ADDRESS_BYTES), { max: RELAYS_AT_MOST }),
})

/** Opens the list; a list that the disk has spoilt is empty. */
export async function openAddedRelays(catalog: Catalog): Promise<AddedRelays> {
  let addresses = await read(catalog)
  const inTurn = createTurn()
  /** Changes run one after another: each begins with the list that the last one left. */
  const write = (change: (before: readonly string[]) => readonly string[]): Promise<void> =>
    inTurn(async () => {
      const next = change(addresses)
      await catalog.commit([{ table: 'self', key: RELAYS, value: format.encode({ addresses: next }) }])
      addresses = next
    })
  const check = (address: string): void => {
    if (utf8(address).length > MAX_ADDRESS_BYTES) throw new HoardError('address-refused', { reason: 'length', most: MAX_ADDRESS_BYTES })
    if (addresses.length >= RELAYS_AT_MOST && !addresses.includes(address)) {
      throw new HoardError('address-refused', { reason: 'count', most: RELAYS_AT_MOST })
    }
  }
  return {
    all: () => addresses,
    check,
    add: (address) =>
      write((before) => {
        check(address)
        return before.includes(address) ? before : [...before, address]
      }),
    remove: (address) => write((before) => before.filter((each) => each !== address)),
  }
}

async function read(catalog: Catalog): Promise<readonly string[]> {
  const value = await catalog.get('self', RELAYS)
  if (value === undefined) return []
  try {
    return format.decode(value).addresses
  } catch {
    return []
  }
}
