import { contentsToEnd, isAwaited } from '../../../core/vault/ends.ts'
import { idFromHex, type DeviceId } from '../../../core/vault/entry-id.ts'
import { isDeleted } from '../../../core/vault/entry.ts'
import { covers, isCovered, joinFrontiers, type Frontier } from '../../../core/vault/frontier.ts'
import { knowledgeOf } from '../../../core/vault/log-reading.ts'
import type { Content } from '../../storing/content.ts'
import type { LocalVault } from '../../vault/local-vault.ts'
import type { OwnFiles } from '../own-files.ts'
import type { DeviceWatch } from './watch-devices.ts'

/** What ends contents touches. */
export interface EndingParts {
  readonly vault: LocalVault
  readonly own: Pick<OwnFiles, 'unnamed' | 'end'>
  readonly watch: DeviceWatch
}

/**
 * Ends the contents that nothing names, as far as every device that is waited for knows so, and resolves with their number once that is
 * durable. A content that another device put in is for that one to end while it is waited for: it may be about to name it.
 * @param now Unix milliseconds; undefined while nobody confirms the date, and then nobody has been away for long
 * Source: core SPEC.md VLT24, VLT31.
 */
export async function endUnnamed({ vault, own, watch }: EndingParts, now: number | undefined): Promise<number> {
  const at = now ?? 0
  const devices = watch.devices()
  const awaited = new Set<DeviceId>(devices.flatMap((device) => (isAwaited(device, at) ? [device.id] : [])))
  const known = new Set(contentsToEnd(vault.names.unnamed, devices, at))
  const isToEnd = ({ id }: Content): boolean => {
    const writer = vault.entries.get(idFromHex(id))?.key?.stamp.device
    return known.has(idFromHex(id)) && (writer === undefined || !awaited.has(writer))
  }
  const ending = own.unnamed().filter(isToEnd)
  await own.end(ending)
  return ending.length
}

/** Returns whether others are to be told what this device has, since contents wait for it to be known. SPEC VLT31. */
export function seenToTellNow({ vault, own, watch }: EndingParts): 'at once' | 'soon' | 'some day' | 'nothing' {
  const waiting = own.unnamed()
  if (vault.device === undefined || waiting.length === 0 || watch.devices().length === 0) return 'nothing'
  const { known, floors, had } = vault.log()
  const slot = watch.slotOf(vault.device)
  const chain: Frontier = new Map([...had].filter(([other]) => other === slot))
  const told = joinFrontiers(floors, knowledgeOf(slot, known), chain)
  if (covers(told, had)) return 'nothing'
  const { unnamed } = vault.names
  const isWaitedFor = waiting.some(({ id }) => {
    const frontier = unnamed.get(idFromHex(id))
    return frontier !== undefined && !covers(told, frontier)
  })
  if (isWaitedFor) return 'at once'
  // An entry that only tells what was seen asks for no answer: two devices would answer each other for as long as a third one is away.
  const isNews = known.some(
    ({ entry, body }) => !isCovered(told, entry.slot, entry.seq) && (body.changes.length > 0 || body.layers !== undefined),
  )
  return isNews ? 'soon' : 'some day'
}

/** Tells whether this device was removed: it decides nothing for the others until it writes again. */
export function isRemovedHere({ entries, device }: Pick<LocalVault, 'entries' | 'device'>): boolean {
  const entry = device === undefined ? undefined : entries.get(device)
  return entry !== undefined && isDeleted(entry)
}
