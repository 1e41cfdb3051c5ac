import { listOf, objectFormat, text } from '../core/encoding.ts'
import type { Catalog } from '../ports/catalog.ts'

/** Addresses of relays that the person added, remembered on this device. */
export interface AddedRelays {
  all(): readonly string[]
  /** Resolves once the address is remembered; of too many the oldest is forgotten. */
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
  const write = async (next: readonly string[]): Promise<void> => {
    await catalog.commit([{ table: 'self', key: RELAYS, value: format.encode({ addresses: next }) }])
    addresses = next
  }
  return {
    all: () => addresses,
    async add(address) {
      if (!addresses.includes(address)) await write([...addresses, address].slice(-RELAYS_AT_MOST))
    },
    async remove(address) {
      if (addresses.includes(address)) await write(addresses.filter((each) => each !== address))
    },
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
