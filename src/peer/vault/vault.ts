import { equalBytes, fromHex, hex, type Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import { publicKeyOf } from '../../core/signature.ts'
import { openSmall, sealSmall } from '../../core/small-seal.ts'
import {
  checkChain,
  checkWireEntry,
  compareTimes,
  decodeVaultBody,
  encodeVaultBody,
  encodeWireEntry,
  mergeChanges,
  nextTime,
  slotOf,
  VAULT_BODY_PURPOSE,
  type HybridTime,
  type VaultBody,
  type VaultChange,
  type VaultEntry,
  type VaultFields,
} from '../../core/vault.ts'
import type { CatalogChange } from '../../ports/catalog.ts'
import type { Owner, OwnerKeyring } from './owner.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import { createTurn } from '../../flow/turns.ts'

/** Fields to write for one entry, whose id is 32 hexadecimal digits. */
export interface EntryChange {
  readonly id: string
  readonly fields: VaultFields
}

/** The owner's catalogue of files: one signed, sealed, chained log, kept on this device. */
export interface Vault {
  /** Entries by the hexadecimal text of their id, deleted ones included. */
  entries(): ReadonlyMap<string, VaultEntry>
  /** Writes `changes` into the log, in order: all of them are durable when it resolves, none when it throws. */
  commit(changes: readonly EntryChange[]): Promise<void>
}

type DeviceChange = VaultChange & { readonly device: Bytes }
type Head = ReturnType<typeof checkWireEntry>

const HIGH_WATER = 'vault-high-water'
/** Stands for the digest of the entry before, which has the same length, while a batch is split. */
const ANY_DIGEST: Bytes = new Uint8Array(32)

/**
 * Opens the log, checking every entry's signature and chain.
 * @throws HoardError 'storage-damaged' when the log is shorter than what this device has already written
 */
export async function openVault(
  { catalog, clock, random }: Pick<PeerParts, 'catalog' | 'clock' | 'random'>,
  keyring: OwnerKeyring,
): Promise<Vault> {
  const owner = await keyring.known()
  const log = owner === undefined ? { changes: [], head: undefined } : readLog(owner, await catalog.all('vault'))
  const changes: DeviceChange[] = [...log.changes]
  let head: Head | undefined = log.head
  let merged = mergeChanges(changes)
  let latest = latestOf(changes)
  const inTurn = createTurn()

  const highWater = await catalog.get('self', HIGH_WATER)
  if (highWater !== undefined && Number(hex(highWater)) > entriesUpTo(head)) {
    throw new HoardError('storage-damaged', { object: 'vault', entries: entriesUpTo(head) })
  }

  const append = async (batch: readonly EntryChange[]): Promise<void> => {
    if (batch.length === 0) return
    const { keys, device } = await keyring.ensure()
    const stamped = batch.map(({ id, fields }) => ({ entry: fromHex(id), time: (latest = nextTime(latest, clock.now())), fields }))
    const written: CatalogChange[] = []
    let newHead = head
    for (const some of fitting({ prev: ANY_DIGEST, device, changes: stamped })) {
      const r = random.bytes(32)
      const sealed = sealSmall(keys.vaultAead, VAULT_BODY_PURPOSE, r, encodeVaultBody({ ...some, prev: newHead?.digest ?? null }))
      const seq = entriesUpTo(newHead)
      const bytes = encodeWireEntry({ slot: slotOf(keys.vaultAead, device), seq, r, sealed }, keys.vaultSign)
      written.push({ table: 'vault', key: decimal(seq), value: bytes })
      newHead = checkWireEntry(bytes)
    }
    await catalog.commit([...written, { table: 'self', key: HIGH_WATER, value: fromHex(decimal(entriesUpTo(newHead))) }])
    head = newHead
    changes.push(...stamped.map((change) => ({ ...change, device })))
    merged = mergeChanges(changes)
  }

  return {
    entries: () => merged,
    commit: (batch) => inTurn(() => append(batch)),
  }
}

function readLog(
  { keys }: Owner,
  records: readonly { readonly value: Bytes }[],
): { readonly changes: readonly DeviceChange[]; readonly head: Head | undefined } {
  const publicKey = publicKeyOf(keys.vaultSign)
  const changes: DeviceChange[] = []
  let head: Head | undefined
  for (const { value } of records) {
    const entry = checkWireEntry(value)
    if (!equalBytes(entry.publicKey, publicKey)) throw new HoardError('signature-invalid', { object: 'vault-entry' })
    const body = decodeVaultBody(openSmall(keys.vaultAead, VAULT_BODY_PURPOSE, entry.r, entry.sealed))
    checkChain(head, entry, body)
    head = entry
    changes.push(...body.changes.map((change) => ({ ...change, device: body.device })))
  }
  return { changes, head }
}

/** Splits a body until each part fits into one wire entry. */
function* fitting(body: VaultBody): Generator<VaultBody> {
  try {
    encodeVaultBody(body)
  } catch (error) {
    if (codeOf(error) !== 'format-invalid' || body.changes.length < 2) throw error
    const half = Math.ceil(body.changes.length / 2)
    yield* fitting({ ...body, changes: body.changes.slice(0, half) })
    yield* fitting({ ...body, changes: body.changes.slice(half) })
    return
  }
  yield body
}

function latestOf(changes: readonly VaultChange[]): HybridTime | undefined {
  let latest: HybridTime | undefined
  for (const { time } of changes) if (latest === undefined || compareTimes(time, latest) > 0) latest = time
  return latest
}

function entriesUpTo(head: Head | undefined): number {
  return head === undefined ? 0 : head.seq + 1
}

/** Returns twelve decimal digits: such keys sort like the numbers, and have an even number of digits. */
function decimal(value: number): string {
  return value.toString().padStart(12, '0')
}
