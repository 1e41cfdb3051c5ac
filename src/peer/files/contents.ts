import type { Outbox } from '../../ports/outbox.ts'
import { dropAgain, commitFile, idle, isCarrier, isSealed, toCarrier, type Carrier, type CarrierEntry } from '../storing/content.ts'
import { endGroups } from '../groups/end-group.ts'
import { countWork, splitWork } from '../storing/group-plans.ts'
import { damageOf, mendSpool } from '../storing/recover-spool.ts'
import { openOwnGroup } from '../groups/own-group.ts'
import { spooledBy } from '../storing/spool.ts'
import { storeFile } from '../storing/store-file.ts'
import { troubleOf } from '../api/trouble.ts'
import { codeOf } from '../../core/errors.ts'
import type { StoreTools } from '../groups/owner-tools.ts'

/** Everything of this owner that is stored as one, under way or done. */
export interface Carriers {
  all(): Iterable<Carrier>
  get(id: string): Carrier | undefined
  /** Opens what the vault says of `id` since a moment ago, and begins to store `blob`. */
  add(id: string, entry: CarrierEntry, blob: Blob): Carrier
  /** Goes on with whatever is left to do, once what went on before has ended; a blob that is unproven is first compared with what was sealed. */
  run(carrier: Carrier): void
  halt(carrier: Carrier): void
  /** Writes down whether the person wants it to rest. */
  notePaused(carrier: Carrier, isPaused: boolean): Promise<void>
  /** Ends what the vault already says is deleted: signs tombstones, frees the outbox, forgets it. */
  end(carrier: Carrier): Promise<void>
}

/** What only whoever knows the files can do. */
export interface CarrierEvents {
  /** What was dropped again is another content. */
  onOther(carrier: Carrier): Promise<void>
  /** What was dropped cannot be read, or was changed; the carrier has lost it. */
  onUnreadable(carrier: Carrier): Promise<void>
}

/** A disk that spoils what was sealed again and again is the person's to see. */
const MENDINGS_AT_MOST = 3

/** Opens all content that the vault names, and ends what was deleted when a crash came between; `run` starts work. `signal` ends everything. */
export async function openCarriers(tools: StoreTools, events: CarrierEvents, signal: AbortSignal): Promise<Carriers> {
  const { parts, vault, journal, keeper, changes } = tools
  const byId = new Map<string, Carrier>()
  const owner = await keeper.known()
  const open = (id: string, entry: CarrierEntry): Carrier => {
    const carrier = toCarrier(id, entry, journal, parts.outbox)
    if (owner !== undefined) carrier.groups = (entry.groups ?? []).map(({ salt16 }) => openOwnGroup(journal, owner.keys.lease, salt16))
    if (carrier.code !== undefined) countWork(carrier, splitWork(carrier), carrier.code)
    return carrier
  }

  /** Sealed bytes that the disk lost or spoilt are sealed again, from the page's file or once it is dropped again. */
  const again = new Set<Carrier>()
  const mendings = new Map<Carrier, number>()
  const mend = async (carrier: Carrier, damagedAt: number | undefined): Promise<void> => {
    const times = (mendings.get(carrier) ?? 0) + 1
    mendings.set(carrier, times)
    if (times <= MENDINGS_AT_MOST && (await mendSpool(tools, carrier, damagedAt))) again.add(carrier)
  }
  /** Resolves once nothing of what was begun for a carrier goes on: two that seal at once, or one that writes behind its end, do harm. */
  const ended = new WeakMap<Carrier, Promise<void>>()
  const store = async (carrier: Carrier, running: AbortSignal): Promise<void> => {
    await ended.get(carrier)
    running.throwIfAborted()
    await storeFile(tools, carrier, running)
  }
  const onError = async (carrier: Carrier, error: unknown): Promise<void> => {
    carrier.activity = idle({ is: 'trouble', trouble: troubleOf(error) })
    if (codeOf(error) === 'file-changed' && carrier.isUnproven) return events.onOther(carrier)
    if (damageOf(error) !== undefined) return mend(carrier, damageOf(error))
    if (codeOf(error) !== 'file-changed' && codeOf(error) !== 'file-unreadable') return undefined
    // What was dropped is of no use any more: it has to be dropped again.
    carrier.blob = undefined
    return events.onUnreadable(carrier)
  }
  const run = (carrier: Carrier): void => {
    if (carrier.running !== undefined || carrier.note.isPaused || (carrier.note.isStored && !carrier.note.hasOutbox)) return
    const running = new AbortController()
    carrier.running = running
    carrier.activity = idle(carrier.blob === undefined && !isSealed(carrier) ? dropAgain(carrier) : undefined)
    const isOver = (): boolean => running.signal.aborted || signal.aborted
    const storing = store(carrier, AbortSignal.any([signal, running.signal]))
    ended.set(
      carrier,
      storing.catch(() => undefined),
    )
    storing
      .catch((error: unknown) => (isOver() ? undefined : onError(carrier, error)))
      .catch((error: unknown) => {
        // What was to be done about the first error failed as well.
        if (!signal.aborted) carrier.activity = idle({ is: 'trouble', trouble: troubleOf(error) })
      })
      .finally(() => {
        if (carrier.running === running) carrier.running = undefined
        if (again.delete(carrier)) run(carrier)
        changes.tell()
      })
  }
  const halt = (carrier: Carrier): void => {
    carrier.running?.abort(new Error('halted by the person'))
    carrier.running = undefined
    carrier.activity = idle()
    changes.tell()
  }
  const end = async (carrier: Carrier): Promise<void> => {
    byId.delete(carrier.id)
    halt(carrier)
    await ended.get(carrier)
    await endGroups(tools, carrier.groups)
    await carrier.spool.remove()
    await journal.forget(carrier.id, [])
  }

  for (const [id, entry] of vault.entries()) {
    if (isCarrier(entry)) byId.set(id, open(id, entry))
    else if (entry.deletedAt !== undefined && journal.file(id) !== undefined) {
      const { deletedAt: _deletedAt, ...before } = entry
      if (isCarrier(before)) await end(open(id, before))
    }
  }
  await sweepOutbox(parts.outbox, byId, new Set(vault.entries().keys()))
  return {
    all: () => byId.values(),
    get: (id) => byId.get(id),
    add(id, entry, blob) {
      const carrier = open(id, entry)
      carrier.blob = blob
      byId.set(id, carrier)
      run(carrier)
      return carrier
    },
    run,
    halt,
    async notePaused(carrier, isPaused) {
      await commitFile(journal, carrier, (note) => ({ ...note, isPaused }))
      changes.tell()
    },
    end,
  }
}

/**
 * What a store wrote while it was ended has no key any more. A spool of which the vault has never heard is left: an entry is durable before
 * its spool begins, so this vault is an older one, and the newer may be put back. Core SPEC DSK4.
 */
async function sweepOutbox(outbox: Outbox, byId: ReadonlyMap<string, Carrier>, known: ReadonlySet<string>): Promise<void> {
  for (const { name } of await outbox.list()) {
    const id = spooledBy(name)
    if (!byId.has(id) && known.has(id)) await outbox.remove(name)
  }
}
