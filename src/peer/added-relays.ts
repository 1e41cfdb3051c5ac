import { listOf, objectFormat, text } from '../core/encoding.ts'
import type { Catalog } from '../ports/catalog.ts'

/** Addresses of relays that the person added, remembered on this device. */
export interface AddedRelays {
  all(): readonly string[]
  /** Resolves once the address is remembered; of too many the oldest is forgotten. Throws HoardError 'format-invalid' when it is too long. */
  add(address: string): Promise<void>
  remove(address: string): Promise<void>
}

const RELAYS = 'relays'
const RELAYS_AT_MOST = 16
const MAX_ADDRESS_BYTES = 512

const format = objectFormat('added relays', RELAYS_AT_MOST * (MAX_ADDRESS_BYTES + 8) + 16, {
  addresses: listOf(text(MAX_ADDRESS_BYTES), { max: RELAYS_AT_MOST }),
})

/** Opens the list; one that the disk has spoilt is empty. */
export async function openAddedRelays(catalog: Catalog): Promise<AddedRelays> {
  let addresses = await read(catalog)
  let writing: Promise<void> = Promise.resolve()
  /** One change after the other: each begins with what the one before has left. */
  const write = (change: (before: readonly string[]) => readonly string[]): Promise<void> => {
    const turn = writing.then(async () => {
      const next = change(addresses)
      await catalog.commit([{ table: 'self', key: RELAYS, value: format.encode({ addresses: next }) }])
      addresses = next
    })
    writing = turn.catch(() => undefined)
    return turn
  }
  return {
    all: () => addresses,
    add: (address) => write((before) => (before.includes(address) ? before : [...before, address].slice(-RELAYS_AT_MOST))),
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
