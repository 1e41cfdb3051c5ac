import { createHash, type Hash } from 'node:crypto'
import { sizeOnDisk } from '../../adapters/storage/slabs/slab-layout.ts'
import { hex, type Bytes } from '../../core/bytes.ts'
import { assert, HoardError } from '../../core/errors.ts'
import type { Catalog, CatalogTable } from '../../ports/catalog.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { ShardFacts, ShardStore } from '../../ports/shard-store.ts'
import { createPackedRows, type PackedRows } from './packed-rows.ts'

/** What a disk is asked for by one process. */
export interface OpenDisk {
  readonly catalog: Catalog
  readonly outbox: Outbox
  readonly shards: ShardStore
}

/** The disk of a person, which outlives its processes. */
export interface SimDisk {
  /** Opens it for a process: once `isOver` nothing is written any more, and no write comes to an end. */
  open(isOver: () => boolean): OpenDisk
  /** Bytes of whole shards. */
  shardBytes(): number
  /** Returns a digest of everything on it. */
  digest(): Bytes
}

/** What is told of whole shards. */
export interface DiskListener {
  kept(facts: ShardFacts): void
  dropped(facts: ShardFacts): void
}

interface Table {
  readonly values: PackedRows
  /** Its keys: in order, those that came since the last look at all behind them. Undefined once one has gone. */
  keys: string[] | undefined
  isInOrder: boolean
}

interface Shard {
  readonly facts: ShardFacts
  readonly bytes: Bytes
  kept: number
  isWhole: boolean
  at: number
}

/** Longest record of a catalog. */
const MOST_RECORD_BYTES = 512 * 1024

/** Returns an empty disk in plain maps: a thousand of them start and stop in the time in which one reads the slabs of a real one. */
export function createSimDisk(listener: DiskListener = { kept: () => undefined, dropped: () => undefined }): SimDisk {
  const tables = new Map<CatalogTable, Table>()
  const spools = new Map<string, Bytes>()
  const shards = new Map<string, Shard>()

  const table = (name: CatalogTable): Table => {
    const found = tables.get(name) ?? { values: createPackedRows(), keys: [], isInOrder: true }
    tables.set(name, found)
    return found
  }
  const put = (rows: Table, key: string, value: Uint8Array | undefined): void => {
    if (value === undefined) {
      if (rows.values.delete(key)) rows.keys = undefined
      return
    }
    if (!rows.values.has(key)) {
      rows.keys?.push(key)
      rows.isInOrder = false
    }
    rows.values.put(key, value)
  }
  /** Sorts what is in order but for its end, which takes little more than a look at each key. */
  const keysOf = (rows: Table): readonly string[] => {
    if (rows.keys === undefined || !rows.isInOrder) rows.keys = (rows.keys ?? [...rows.values.keys()]).toSorted(byText)
    rows.isInOrder = true
    return rows.keys
  }
  const spool = (name: string): Bytes => spools.get(name) ?? missing({ name })
  const shard = (shardId: Uint8Array): Shard => shards.get(hex(shardId)) ?? missing({ object: 'shard' })

  const catalog: Catalog = {
    get: async (name, key) => table(name).values.get(key)?.slice(),
    // Nobody changes the rows of a table: a start that copied all of them would take twice as long.
    async all(name) {
      const rows = table(name)
      return keysOf(rows).map((key) => ({ key, value: rows.values.get(key) ?? missing({ key }) }))
    },
    async commit(changes) {
      assert(
        changes.every(({ value }) => (value?.length ?? 0) <= MOST_RECORD_BYTES),
        'a record is small',
      )
      for (const { table: name, key, value } of changes) put(table(name), key, value)
    },
  }
  const outbox: Outbox = {
    async write(name, offset, bytes) {
      const before = spools.get(name) ?? new Uint8Array()
      if (offset > before.length) throw new HoardError('storage-damaged', { name, offset })
      const after = new Uint8Array(Math.max(before.length, offset + bytes.length))
      after.set(before)
      after.set(bytes, offset)
      spools.set(name, after)
    },
    async read(name, offset, length) {
      const bytes = spool(name).slice(offset, offset + length)
      if (bytes.length < length) throw new HoardError('storage-damaged', { name, offset })
      return bytes
    },
    remove: async (name) => void spools.delete(name),
    list: async () => sorted(spools).map(([name, { length }]) => ({ name, length })),
  }
  const store: ShardStore = {
    sizeOnDisk,
    async write(facts, offset, bytes, at) {
      const name = hex(facts.shardId)
      assert(offset <= (shards.get(name)?.kept ?? 0) && offset + bytes.length <= facts.length, 'a draft grows without gaps')
      const draft = shards.get(name) ?? { facts, bytes: new Uint8Array(facts.length), kept: 0, isWhole: false, at }
      shards.set(name, draft)
      draft.bytes.set(bytes, offset)
      draft.kept = Math.max(draft.kept, offset + bytes.length)
      draft.at = at
    },
    async seal(shardId, at) {
      const whole = shard(shardId)
      assert(whole.kept === whole.bytes.length, 'a whole shard is complete')
      whole.at = at
      if (whole.isWhole) return
      whole.isWhole = true
      listener.kept(whole.facts)
    },
    async read(shardId, offset, length) {
      const { bytes, kept } = shard(shardId)
      if (offset + length > kept) throw new HoardError('not-found', { object: 'shard', kept })
      return bytes.slice(offset, offset + length)
    },
    async remove(shardId) {
      const name = hex(shardId)
      const gone = shards.get(name)
      shards.delete(name)
      if (gone?.isWhole === true) listener.dropped(gone.facts)
    },
    compact: async () => undefined,
    list: async () => [...shards.values()].map(({ facts, kept, isWhole, at }) => ({ ...facts, kept, isWhole, at })),
  }

  return {
    open(isOver) {
      const whileRunning =
        <Args extends readonly unknown[]>(write: (...args: Args) => Promise<void>) =>
        (...args: Args): Promise<void> =>
          isOver() ? new Promise(() => undefined) : write(...args)
      return {
        catalog: { ...catalog, commit: whileRunning(catalog.commit) },
        outbox: { ...outbox, write: whileRunning(outbox.write), remove: whileRunning(outbox.remove) },
        shards: {
          ...store,
          write: whileRunning(store.write),
          seal: whileRunning(store.seal),
          remove: whileRunning(store.remove),
        },
      }
    },
    shardBytes: () => [...shards.values()].reduce((sum, { isWhole, bytes }) => sum + (isWhole ? bytes.length : 0), 0),
    digest() {
      const hash = createHash('sha256')
      for (const [name, { values }] of sorted(tables))
        for (const key of [...values.keys()].toSorted(byText)) note(hash, `${name} ${key}`, values.get(key) ?? missing({ key }))
      for (const [name, bytes] of sorted(spools)) note(hash, name, bytes)
      for (const [name, { bytes, kept, isWhole, at }] of sorted(shards)) note(hash, `${name} ${kept} ${isWhole} ${at}`, bytes)
      return new Uint8Array(hash.digest())
    },
  }
}

function missing(facts: Readonly<Record<string, string>>): never {
  throw new HoardError('not-found', facts)
}

function sorted<T>(rows: ReadonlyMap<string, T>): [string, T][] {
  return [...rows].toSorted(([a], [b]) => byText(a, b))
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1
}

function note(hash: Hash, name: string, bytes: Uint8Array): void {
  hash.update(`${name} ${bytes.length} `).update(bytes)
}
