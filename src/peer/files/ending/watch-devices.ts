import type { Bytes } from '../../../core/bytes.ts'
import { listOf, objectFormat, record, uint } from '../../../core/encoding.ts'
import { ignoreKnownErrors } from '../../../core/errors.ts'
import type { DeviceNews } from '../../../core/vault/ends.ts'
import { vaultId, type DeviceId, type Slot } from '../../../core/vault/entry-id.ts'
import { isDeleted, kindOf } from '../../../core/vault/entry.ts'
import { covers, frontierShape, joinFrontiers, nothingSeen, type Frontier } from '../../../core/vault/frontier.ts'
import { MAX_TIME_MS } from '../../../core/vault/hybrid-time.ts'
import { slotOfDevice } from '../../../core/vault/log-body.ts'
import { knowledgeOf } from '../../../core/vault/log-reading.ts'
import type { PeerParts } from '../../api/peer-parts.ts'
import type { LocalVault } from '../../vault/local-vault.ts'
import { DEVICES } from '../../vault/log-rows.ts'

/** Another device of the vault. */
export interface WatchedDevice extends DeviceNews {
  readonly id: DeviceId
}

/** What the other devices of a vault have of it, as far as this one knows. */
export interface DeviceWatch {
  /** Takes in what the vault has of them by now; what is new counts as taken at `now`, Unix milliseconds. Resolves once it is durable. */
  note(now: number): Promise<void>
  /** All but this one. */
  devices(): readonly WatchedDevice[]
  slotOf(device: DeviceId): Slot
}

/** What outlives the entries that it follows from: layers take these in, and a start would begin to wait anew. */
type Noted = Pick<DeviceNews, 'takenAt' | 'knows'>

/** Most devices that are noted: those taken last. Most slots of each, as in a base. */
const [MAX_DEVICES, MAX_SLOTS] = [64, 1_024]
const format = objectFormat('vault devices', 65_536, {
  devices: listOf(record({ device: vaultId<DeviceId>(), takenAt: uint(MAX_TIME_MS), knows: frontierShape(MAX_SLOTS) }), {
    max: MAX_DEVICES,
  }),
})

/**
 * Goes on watching the devices of `vault` where the last start stopped; what cannot be read of that begins anew.
 * @throws HoardError 'storage-damaged' | 'storage-unavailable' when the disk cannot be read at all
 * Source: core SPEC.md VLT24, VLT31.
 */
export async function openDeviceWatch(
  { catalog }: Pick<PeerParts, 'catalog'>,
  vault: Pick<LocalVault, 'entries' | 'device' | 'log'>,
  vaultAead: Bytes,
): Promise<DeviceWatch> {
  const noted = new Map<DeviceId, Noted>()
  try {
    const bytes = await catalog.get('self', DEVICES)
    for (const { device, ...rest } of bytes === undefined ? [] : format.decode(bytes).devices) noted.set(device, rest)
  } catch (error) {
    ignoreKnownErrors(error)
  }
  const slots = new Map<DeviceId, Slot>()
  const slotOf = (device: DeviceId): Slot => {
    const slot = slots.get(device) ?? slotOfDevice(vaultAead, device)
    slots.set(device, slot)
    return slot
  }
  /** Those that say that they are devices, and those that wrote what is or was here. */
  const others = (): ReadonlySet<DeviceId> => {
    const ids = new Set([...noted.keys(), ...vault.log().known.map(({ body }) => body.device)])
    // The entry of a device has its id.
    for (const entry of vault.entries.values()) if (kindOf(entry) === 'device') ids.add(entry.id as DeviceId)
    if (vault.device !== undefined) ids.delete(vault.device)
    return ids
  }
  const write = async (): Promise<void> => {
    const rows = [...noted].map(([device, rest]) => ({ device, ...rest }))
    const latest = rows.toSorted((a, b) => b.takenAt - a.takenAt).slice(0, MAX_DEVICES)
    await catalog.commit([{ table: 'self', key: DEVICES, value: format.encode({ devices: latest }) }])
  }
  return {
    slotOf,
    devices: () =>
      [...others()].flatMap((id) => {
        const news = noted.get(id)
        const entry = vault.entries.get(id)
        return news === undefined ? [] : [{ id, ...news, isRemoved: entry !== undefined && isDeleted(entry) }]
      }),
    async note(now) {
      const { known, had } = vault.log()
      let isNew = false
      for (const id of others()) {
        const slot = slotOf(id)
        const before = noted.get(id)
        const chain: Frontier = new Map([...had].filter(([other]) => other === slot))
        const knows = joinFrontiers(before?.knows ?? nothingSeen, knowledgeOf(slot, known), chain)
        if (before !== undefined && covers(before.knows, knows)) continue
        const isTaken = before === undefined || !covers(before.knows, chain)
        noted.set(id, { knows, takenAt: isTaken ? now : before.takenAt })
        isNew = true
      }
      if (isNew) await write().catch(ignoreKnownErrors)
    },
  }
}
