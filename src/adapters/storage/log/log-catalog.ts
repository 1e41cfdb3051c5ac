import { assert, HoardError, codeOf } from '../../../core/errors.ts'
import type { Catalog, CatalogChange } from '../../../ports/catalog.ts'
import type { Files } from '../../../ports/files.ts'
import type { Random } from '../../../ports/random.ts'
import type { CatalogHead, CatalogMirror } from './catalog-mirror.ts'
import { findLogs, openLogFile } from './log-file.ts'
import { beginCatalog, restoreCatalog, type CatalogTraces } from './restore-catalog.ts'
import type { CatalogRecord } from './catalog-tables.ts'

/** The source of a catalog's content at its start. */
export type CatalogOrigin = 'log' | 'mirror' | 'nothing'

/** A catalog that can be closed, and the source of its content. */
export interface LogCatalog extends Catalog {
  readonly origin: CatalogOrigin
  /** Resolves once everything committed is written; afterwards every method throws 'storage-unavailable'. */
  close(): Promise<void>
}

/** The parts that the catalog works with. */
export interface LogCatalogParts {
  readonly files: Files
  readonly random: Random
  readonly mirror?: CatalogMirror
  /** Records of a catalog that is begun; none when absent. */
  readonly firstRecords?: () => readonly CatalogRecord[]
  /** Finds the directories that hold anything kept under this catalog; nothing counts as kept when absent. */
  readonly findKept?: () => Promise<readonly string[]>
  /** See `CatalogTraces`; when absent, nothing tells whose catalog it is. */
  readonly isOurs?: CatalogTraces['isOurs']
  /** See `CatalogTraces`; every catalog has them when absent. */
  readonly hasKeys?: CatalogTraces['hasKeys']
  /** Goes on with the readable part of a damaged catalog. */
  readonly salvage?: boolean
}

/** The directory of the first copy. */
export const CATALOG_DIRECTORY = 'catalog'
/** This file exists until the first start has ended: an unreadable copy beside it was never acknowledged. */
const FIRST_START = `${CATALOG_DIRECTORY}/first-start`
const MAX_KEY_BYTES = 1024
const MAX_VALUE_BYTES = 512 * 1024
/** Bytes by which a log must exceed twice its live content before it is rewritten. */
const COMPACTION_SLACK_BYTES = 256 * 1024

interface Waiting {
  readonly changes: readonly CatalogChange[]
  resolve(): void
  reject(error: unknown): void
}

/**
 * Opens the catalog: an append-only log under `catalog/`, held in memory, and `mirror` as its second copy. A copy that is lost, damaged or
 * behind is restored from the other; a mirror of another catalog is overwritten. Commits that wait together share one flush.
 * @throws HoardError 'storage-damaged' {what: 'catalog', reason, found}, see `restoreCatalog`: nothing is changed then | 'format-unknown',
 * and what files throw
 */
export async function openLogCatalog(parts: LogCatalogParts): Promise<LogCatalog> {
  const { files, random, mirror, firstRecords = () => [] } = parts
  const traces = await findTraces(parts)
  const restored = await restoreCatalog(traces, { salvage: parts.salvage === true })
  const { origin, id, tables, image, isMirrorCurrent } = restored ?? beginCatalog(random.bytes(16), firstRecords())
  let { generation } = restored ?? { generation: 0 }
  let isMirrorStale = !isMirrorCurrent
  let isClosed = false
  let waiting: Waiting[] = []
  let draining: Promise<void> | undefined
  if (origin === 'nothing') await (await files.open(FIRST_START, { create: true })).close()
  const log = await openLogFile(files, CATALOG_DIRECTORY, id, traces.logs, image)
  // The good copy stays until the other one is whole again.
  if (!image) await log.rewrite(generation, tables.records())
  await refillMirror()
  await files.remove(FIRST_START)

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

  /**
   * Writes waiting commits batch after batch, since the mirror takes each batch as one commit. `draining` ends in the same step in which none
   * waits any more: a moment later a commit could still find it, and wait for ever.
   */
  async function drain(): Promise<void> {
    try {
      while (waiting.length > 0) await writeWaiting()
    } finally {
      draining = undefined
    }
  }

  async function writeWaiting(): Promise<void> {
    const batch = waiting
    waiting = []
    const before = head()
    const changes = batch.flatMap((commit) => commit.changes)
    try {
      await append(changes)
    } catch (error) {
      for (const commit of batch) commit.reject(error)
      return
    }
    generation++
    tables.apply(changes)
    if (mirror && !isMirrorStale) await mirror.commit(before, head(), changes, tables.records).catch(() => (isMirrorStale = true))
    await refillMirror()
    for (const commit of batch) commit.resolve()
    if (log.length() > 2 * tables.liveBytes() + COMPACTION_SLACK_BYTES)
      await log.rewrite(generation, tables.records()).catch(() => undefined)
  }

  /** Writes a batch as one frame: a readable frame behind a gap was then written after the missing one had been acknowledged. */
  async function append(changes: readonly CatalogChange[]): Promise<void> {
    const frame = { generation: generation + 1, changes }
    try {
      await log.append(frame)
    } catch (error) {
      if (codeOf(error) === 'storage-full') throw error
      // The file was removed or damaged while in use: rewrite it from the content in memory.
      await log.rewrite(generation, tables.records())
      await log.append(frame)
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
      draining ??= drain()
      await done
    },
    async close() {
      isClosed = true
      await draining
      await log.close()
      await mirror?.close()
    },
  }
}

/** Looks for all copies and changes nothing. */
async function findTraces({ files, mirror, findKept, isOurs, hasKeys }: LogCatalogParts): Promise<CatalogTraces> {
  const logs = await findLogs(files, CATALOG_DIRECTORY)
  let isMirrorDamaged = false
  const copy = await mirror?.find().catch((error: unknown) => {
    // A mirror that does not work now is no evidence; one with unreadable content is.
    isMirrorDamaged = codeOf(error) === 'storage-damaged'
    return undefined
  })
  return {
    logs,
    mirror: copy,
    isMirrorDamaged,
    isFirstStart: (await files.list(CATALOG_DIRECTORY)).some((name) => FIRST_START.endsWith(`/${name}`)),
    kept: (await findKept?.()) ?? [],
    isOurs: isOurs ?? (async () => undefined),
    hasKeys: hasKeys ?? (() => true),
  }
}

/** Checks the limits of the port and copies: callers may reuse their arrays at once. */
function ownChange({ table, key, value }: CatalogChange): CatalogChange {
  assert(key.length <= MAX_KEY_BYTES && (value?.length ?? 0) <= MAX_VALUE_BYTES, 'a catalog record is small')
  return value ? { table, key, value: value.slice() } : { table, key }
}
