import { equalBytes, type Bytes } from '../../core/bytes.ts'
import { assert, codeOf, HoardError } from '../../core/errors.ts'
import type { Catalog, CatalogChange } from '../../ports/catalog.ts'
import type { Files } from '../../ports/files.ts'
import type { Random } from '../../ports/random.ts'
import type { CatalogHead, CatalogMirror } from './catalog-mirror.ts'
import { createCatalogTables, type CatalogTables } from './catalog-tables.ts'
import { findLog, openLogFile } from './log-file.ts'
import type { LogImage } from './log-image.ts'

/** Where a catalog's content came from at its start. */
export type CatalogOrigin = 'log' | 'mirror' | 'nothing'

/** A catalog that can be closed, and what its start found. */
export interface LogCatalog extends Catalog {
  readonly origin: CatalogOrigin
  /** Resolves once everything committed is written; afterwards every method throws 'storage-unavailable'. */
  close(): Promise<void>
}

/** What the catalog works with. */
export interface LogCatalogParts {
  readonly files: Files
  readonly random: Random
  readonly mirror?: CatalogMirror
}

const MAX_KEY_BYTES = 1024
const MAX_VALUE_BYTES = 512 * 1024
/** A log is rewritten when it is twice as long as what lives in it, and this much more. */
const COMPACTION_SLACK_BYTES = 256 * 1024

interface Waiting {
  readonly changes: readonly CatalogChange[]
  resolve(): void
  reject(error: unknown): void
}

/**
 * Opens the catalog: an append-only log under `catalog/`, held in memory, and `mirror` as its second copy. Whichever of the two is lost,
 * damaged or behind is restored from the other; a mirror of another catalog is overwritten. Commits that wait together share one flush.
 */
export async function openLogCatalog({ files, random, mirror }: LogCatalogParts): Promise<LogCatalog> {
  const { image, origin, id, tables, isMirrorCurrent } = await restore(files, random, mirror)
  let generation = image.generation
  let isMirrorStale = !isMirrorCurrent
  let isClosed = false
  let waiting: Waiting[] = []
  let draining: Promise<void> | undefined
  const log = await openLogFile(files, id, image.log)
  if (!image.log || image.log.isDamaged) await log.rewrite(generation, tables)
  await refillMirror()

  function head(): CatalogHead {
    return { id, generation, records: tables.count() }
  }

  async function refillMirror(): Promise<void> {
    if (!mirror || !isMirrorStale) return
    isMirrorStale = await mirror.replace(head(), tables.records()).then(
      () => false,
      () => true,
    )
  }

  /** One commit after the other: the mirror takes a batch as one. */
  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const before = head()
      try {
        await append(batch)
      } catch (error) {
        for (const commit of batch) commit.reject(error)
        continue
      }
      generation += batch.length
      const changes = batch.flatMap((commit) => commit.changes)
      tables.apply(changes)
      if (mirror && !isMirrorStale) await mirror.commit(before, head(), changes).catch(() => (isMirrorStale = true))
      await refillMirror()
      for (const commit of batch) commit.resolve()
      if (log.length() > 2 * tables.liveBytes() + COMPACTION_SLACK_BYTES) await log.rewrite(generation, tables).catch(() => undefined)
    }
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    const frames = batch.map(({ changes }, number) => ({ generation: generation + number + 1, changes }))
    try {
      await log.append(frames)
    } catch (error) {
      if (codeOf(error) === 'storage-full') throw error
      // The file was taken away or spoilt under us: what we hold in memory begins a new one.
      await log.rewrite(generation, tables)
      await log.append(frames)
    }
  }

  function live(): void {
    if (isClosed) throw new HoardError('storage-unavailable', { reason: 'closed' })
  }

  return {
    origin,
    async get(table, key) {
      live()
      return tables.get(table, key)?.slice()
    },
    async all(table) {
      live()
      return tables.all(table).map(({ key, value }) => ({ key, value: value.slice() }))
    },
    async commit(changes) {
      live()
      if (changes.length === 0) return
      const own = changes.map(ownChange)
      const done = new Promise<void>((resolve, reject) => waiting.push({ changes: own, resolve, reject }))
      draining ??= drain().finally(() => (draining = undefined))
      await done
    },
    async close() {
      isClosed = true
      await draining
      await log.close()
    },
  }
}

interface Restored {
  readonly image: { readonly generation: number; readonly log: LogImage | undefined }
  readonly origin: CatalogOrigin
  readonly id: Bytes
  readonly tables: CatalogTables
  readonly isMirrorCurrent: boolean
}

/** Chooses the better of the two copies. */
async function restore(files: Files, random: Random, mirror: CatalogMirror | undefined): Promise<Restored> {
  const log = await findLog(files)
  const copy = await mirror?.head().catch(() => undefined)
  const isOurs = copy && (!log || equalBytes(copy.id, log.header.id))
  if (mirror && isOurs && (!log || copy.generation > log.generation || (log.isDamaged && copy.generation === log.generation))) {
    const records = await mirror.load().catch(() => [])
    if (records.length === copy.records) {
      const tables = createCatalogTables()
      tables.apply(records)
      return { image: { generation: copy.generation, log: undefined }, origin: 'mirror', id: copy.id, tables, isMirrorCurrent: true }
    }
  }
  if (!log) {
    const tables = createCatalogTables()
    return { image: { generation: 0, log: undefined }, origin: 'nothing', id: random.bytes(16), tables, isMirrorCurrent: false }
  }
  const isMirrorCurrent = Boolean(isOurs && copy.generation === log.generation && copy.records === log.tables.count())
  return { image: { generation: log.generation, log }, origin: 'log', id: log.header.id, tables: log.tables, isMirrorCurrent }
}

/** Checks the limits of the port and copies: callers may reuse their arrays at once. */
function ownChange({ table, key, value }: CatalogChange): CatalogChange {
  assert(key.length <= MAX_KEY_BYTES && (value?.length ?? 0) <= MAX_VALUE_BYTES, 'a catalog record is small')
  return value ? { table, key, value: value.slice() } : { table, key }
}
