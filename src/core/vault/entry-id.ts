import { byteText, fromByteText, fromHex, hex, type Bytes } from '../bytes.ts'
import { bytesOf, type Shape } from '../encoding.ts'
import { assert } from '../errors.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: { readonly [N in Name]: true } }

/** 16 random bytes, as a `byteText`, that name an entry of the vault. A hundred thousand of them are keys of maps. SPEC VLT11. */
export type EntryId = Branded<'EntryId'>
/** 16 random bytes, as a `byteText`, that name a device within its vault; its own entry has the same id. SPEC VLT9. */
export type DeviceId = EntryId & Branded<'DeviceId'>
/** 16 bytes, as a `byteText`, that name the chain of one device in the log and say nothing about it. SPEC VLT9. */
export type Slot = Branded<'Slot'>

/** Bytes of every id of a vault. */
export const ID_BYTES = 16

/** Returns `bytes`, 16 of them, as an id of type `T`. */
export function brandId<T extends EntryId | DeviceId | Slot>(bytes: Uint8Array): T {
  assert(bytes.length === ID_BYTES, 'an id of a vault has 16 bytes')
  return byteText(bytes) as T
}

/** Returns the 16 bytes of an id. */
export function idBytes(id: EntryId | DeviceId | Slot): Bytes {
  return fromByteText(id)
}

/** Returns the 32 hexadecimal digits of an id, by which journal, spools and screens name the entry. */
export function idHex(id: EntryId): string {
  return hex(idBytes(id))
}

/** Returns the id of which `digits` are the hexadecimal form. */
export function idFromHex(digits: string): EntryId {
  return brandId<EntryId>(fromHex(digits))
}

/** The 16 bytes of an id. */
export function vaultId<T extends EntryId | DeviceId | Slot>(): Shape<T> {
  const { write, read } = bytesOf(ID_BYTES)
  return { write: (id) => write(idBytes(id)), read: (item) => brandId<T>(read(item)) }
}

/** Orders ids as their bytes: negative, zero or positive. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
