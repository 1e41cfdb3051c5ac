import { equalBytes, hex, type Bytes } from '../../../core/bytes.ts'
import { HoardError, codeOf } from '../../../core/errors.ts'
import type { CatalogContent, CatalogCopy } from './catalog-mirror.ts'
import { createCatalogTables, type CatalogTables, type CatalogRecord } from './catalog-tables.ts'
import { copyOf, type FoundLogs } from './log-file.ts'
import type { LogImage } from './log-image.ts'

/** The traces of a catalog that a start finds, before anything is changed. */
export interface CatalogTraces {
  readonly logs: FoundLogs
  /** The second copy. */
  readonly mirror: CatalogCopy | undefined
  /** A second copy exists but cannot be read. */
  readonly isMirrorDamaged: boolean
  /** The first start has not ended: nothing was acknowledged yet. */
  readonly isFirstStart: boolean
  /** Directories that hold anything kept under this catalog. */
  readonly kept: readonly string[]
  /** Tells whether the shards on this disk were kept under the catalog with `tables`; undefined when nothing tells. */
  isOurs(tables: CatalogTables): Promise<boolean | undefined>
  /** Tells whether `tables` hold the keys without which a device would be another one. */
  hasKeys(tables: CatalogTables): boolean
}

/** The state that a catalog goes on with. */
export interface RestoredCatalog {
  readonly origin: 'log' | 'mirror' | 'nothing'
  readonly id: Bytes
  readonly generation: number
  readonly tables: CatalogTables
  /** The log file that holds exactly this state, undefined when one must be written. */
  readonly image: LogImage | undefined
  readonly isMirrorCurrent: boolean
}

/** All copies of one catalog, put together. */
interface Candidate {
  readonly id: Bytes
  readonly generation: number
  readonly tables: CatalogTables
  /** No commit that left a trace in any copy is missing. */
  readonly isWhole: boolean
}

/**
 * Chooses the state that a catalog goes on with: the newest whole one. Changes nothing.
 * @param salvage goes on with the readable part when no state is whole
 * @returns undefined when there is nothing at all: only then may a catalog be begun
 * @throws HoardError 'storage-damaged' {what: 'catalog', reason, found} when there is something and none of it can be trusted:
 * 'unreadable', no copy can be read; 'incomplete', commits or keys are missing in all copies; 'foreign', the kept shards belong to another
 * catalog
 * Source: core SPEC.md DSK2, DSK3.
 */
export async function restoreCatalog(
  traces: CatalogTraces,
  { salvage }: { readonly salvage: boolean },
): Promise<RestoredCatalog | undefined> {
  const { logs, mirror, isMirrorDamaged, isFirstStart, kept } = traces
  const copies = [...logs.images.map(copyOf), ...(mirror ? [mirror] : [])]
  const refuse = (reason: 'unreadable' | 'incomplete' | 'foreign'): HoardError =>
    new HoardError('storage-damaged', { what: 'catalog', reason, found: [...logs.unreadable, ...kept].join(', ') })
  if (copies.length === 0) {
    const isNothing = kept.length === 0 && (isFirstStart || (logs.unreadable.length === 0 && !isMirrorDamaged))
    if (isNothing) return undefined
    throw refuse('unreadable')
  }

  const candidates = await Promise.all(
    idsOf(copies).map((id) =>
      assemble(
        copies.filter((copy) => equalBytes(copy.id, id)),
        id,
      ),
    ),
  )
  const [first] = candidates
  if (!first) throw refuse('unreadable')
  let chosen: Candidate | undefined
  for (const each of candidates) {
    const isOurs = await traces.isOurs(each.tables)
    // When no kept shard tells whose it is, only the log's own catalog counts.
    if (isOurs === true || (isOurs === undefined && each === first)) chosen ??= each
  }
  if (!chosen) throw refuse('foreign')
  // An earlier version could end between making a log and writing the first record into it.
  if (chosen.isWhole && chosen.tables.count() === 0 && kept.length === 0) return undefined
  if ((!chosen.isWhole && !salvage) || !traces.hasKeys(chosen.tables)) throw refuse('incomplete')
  return settle(chosen, traces)
}

/** Returns the ids of the copies, that of the log first. */
function idsOf(copies: readonly CatalogCopy[]): readonly Bytes[] {
  return [...new Map(copies.map(({ id }) => [hex(id), id])).values()]
}

async function assemble(copies: readonly CatalogCopy[], id: Bytes): Promise<Candidate> {
  const generation = Math.max(...copies.map((copy) => copy.generation))
  let best: Candidate | undefined
  const contents: CatalogContent[] = []
  for (const copy of copies.toSorted((a, b) => b.generation - a.generation)) {
    const content = await copy.load().catch((error: unknown) => {
      if (codeOf(error) !== 'storage-damaged') throw error
      return { parts: [], commits: [] }
    })
    contents.push(content)
    best = furthest(contents, id, generation)
    if (best?.isWhole) return best
  }
  return best ?? patch(contents, id, generation)
}

/** Extends every complete state by the commits of all copies and returns the newest result. */
function furthest(contents: readonly CatalogContent[], id: Bytes, newest: number): Candidate | undefined {
  const commits = new Map(contents.flatMap((content) => content.commits.map((frame) => [frame.generation, frame.changes])))
  let best: Candidate | undefined
  for (const { base } of contents) {
    if (!base) continue
    let { generation } = base
    while (commits.has(generation + 1)) generation++
    if (best && best.generation >= generation) continue
    const tables = createCatalogTables()
    tables.apply(base.records)
    for (let at = base.generation + 1; at <= generation; at++) tables.apply(commits.get(at) ?? [])
    best = { id, generation, tables, isWhole: generation >= newest }
  }
  if (!best || best.isWhole) return best
  // For a salvage, add the readable commits behind the gap.
  const { generation: gap, tables } = best
  for (const [at, changes] of [...commits].toSorted(([a], [b]) => a - b)) if (at > gap) tables.apply(changes)
  return { ...best, generation: newest }
}

/** Puts together the readable parts when no copy has a complete state. */
function patch(contents: readonly CatalogContent[], id: Bytes, generation: number): Candidate {
  const tables = createCatalogTables()
  for (const { parts } of contents) for (const { changes } of parts) tables.apply(changes)
  const commits = contents.flatMap((content) => content.commits)
  for (const { changes } of commits.toSorted((a, b) => a.generation - b.generation)) tables.apply(changes)
  return { id, generation, tables, isWhole: false }
}

function settle({ id, generation, tables }: Candidate, { logs, mirror }: CatalogTraces): RestoredCatalog {
  const [best] = logs.images
  const isHeld = (image: LogImage): boolean => image.isWhole && image.generation === generation && equalBytes(image.header.id, id)
  const held = best && isHeld(best) ? best : undefined
  const isMirrorCurrent = mirror?.isWhole === true && mirror.generation === generation && equalBytes(mirror.id, id)
  return { origin: held ? 'log' : 'mirror', id, generation, tables, image: held?.isCurrent ? held : undefined, isMirrorCurrent }
}

/** Returns a catalog that has just been begun, with `records` in it. */
export function beginCatalog(id: Bytes, records: readonly CatalogRecord[]): RestoredCatalog {
  const tables = createCatalogTables()
  tables.apply(records)
  return { origin: 'nothing', id, generation: 0, tables, image: undefined, isMirrorCurrent: false }
}
