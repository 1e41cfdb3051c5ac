import { HoardError } from '../../../core/errors.ts'
import { personName } from '../../../core/names.ts'
import { idFromHex, idHex, type DeviceId, type EntryId } from '../../../core/vault/entry-id.ts'
import { isDeleted, kindOf, stampsOf, type VaultEntry } from '../../../core/vault/entry.ts'
import type { DeviceView } from '../../api/device-view.ts'
import type { StoreTools } from '../../groups/owner-tools.ts'

/**
 * Returns the devices of the vault that were not removed, this one first, then the last that changed something; none before there is a vault.
 * Goes through all entries: it is for a screen that is open.
 */
export function viewDevices({ vault, parts: { network, engine } }: Pick<StoreTools, 'vault' | 'parts'>): readonly DeviceView[] {
  const { device: own, isCopied, entries } = vault
  if (own === undefined) return []
  const changedAt = new Map<EntryId, number>()
  const shown: VaultEntry[] = []
  for (const entry of entries.values()) {
    for (const { device, ms } of stampsOf(entry)) changedAt.set(device, Math.max(ms, changedAt.get(device) ?? 0))
    if (kindOf(entry) === 'device' && entry.id !== own && !isDeleted(entry)) shown.push(entry)
  }
  const viewOf = (id: EntryId, label: string, given: string): DeviceView => {
    const at = changedAt.get(id)
    return { id: idHex(id), label, engine: given, isThis: id === own, ...(at !== undefined && { changedAt: at }) }
  }
  const others = shown.map(({ id, name, device }) => viewOf(id, name?.value ?? '', device?.value.engine ?? ''))
  return [
    { ...viewOf(own, entries.get(own)?.name?.value ?? personName(network.self), engine), ...(isCopied && { isCopied }) },
    ...others.toSorted((a, b) => (b.changedAt ?? 0) - (a.changedAt ?? 0)),
  ]
}

/**
 * Removes another device from the list: nobody waits for it any more until it writes again. Resolves once that is durable.
 * @throws HoardError 'not-found' when there is none of that id, or it is this one
 * Source: core SPEC.md VLT24, VLT31.
 */
export async function removeDevice({ vault, parts: { clock } }: Pick<StoreTools, 'vault' | 'parts'>, deviceId: string): Promise<void> {
  const id = idFromHex(deviceId)
  const entry = vault.entries.get(id)
  if (entry === undefined || kindOf(entry) !== 'device' || isDeleted(entry) || (id as DeviceId) === vault.device)
    throw new HoardError('not-found', { object: 'device' })
  await vault.commit([{ id, fields: { deletedAt: clock.now() } }])
}
