import { equalBytes } from '../../../core/bytes.ts'
import type { Files } from '../../../ports/files.ts'
import { OLD_SHARD_DIRECTORY } from './old-shard-files.ts'
import { FOOTER_BYTES, readKeyTag } from './shard-footer.ts'
import { layoutOf, readSlabName, SLAB_DIRECTORY, SLOTS_PER_EXTENT } from './slab-layout.ts'
import { useFile } from '../use-file.ts'
import { codeOf } from '../../../core/errors.ts'

/**
 * Tells whether any shard on disk is wrapped under the key of `keyTag`; undefined when there is no shard with a readable footer. Changes
 * nothing. It reads until it finds one: a single table of footers in a sound store.
 */
export async function isOwnerOfShards(files: Files, keyTag: Uint8Array): Promise<boolean | undefined> {
  let isAnyThere = false
  for await (const tag of keyTagsOf(files)) {
    if (equalBytes(tag, keyTag)) return true
    isAnyThere = true
  }
  return isAnyThere ? false : undefined
}

async function* keyTagsOf(files: Files): AsyncGenerator<Uint8Array> {
  for (const name of await files.list(SLAB_DIRECTORY)) {
    const slab = readSlabName(name)
    if (!slab) continue
    const layout = layoutOf(slab.slotBytes)
    const path = `${SLAB_DIRECTORY}/${name}`
    const length = await useFile(files, path, { create: false }, (file) => file.length()).catch(unreadable)
    for (let first = 0; first < layout.slots && layout.footerAt(first) < (length ?? 0); first += SLOTS_PER_EXTENT) {
      const read = useFile(files, path, { create: false }, (file) =>
        file.read(layout.footerAt(first), SLOTS_PER_EXTENT * layout.footerBytes),
      )
      const table = (await read.catch(unreadable)) ?? new Uint8Array()
      for (let at = 0; at + FOOTER_BYTES <= table.length; at += layout.footerBytes) {
        const tag = readKeyTag(table.subarray(at, at + FOOTER_BYTES))
        if (tag) yield tag
      }
    }
  }
  for (const name of await files.list(OLD_SHARD_DIRECTORY)) {
    const read = useFile(files, `${OLD_SHARD_DIRECTORY}/${name}`, { create: false }, async (file) =>
      file.read(Math.max(0, (await file.length()) - FOOTER_BYTES), FOOTER_BYTES),
    )
    const tag = readKeyTag((await read.catch(unreadable)) ?? new Uint8Array())
    if (tag) yield tag
  }
}

/** A file that the disk cannot read tells nothing. */
function unreadable(error: unknown): undefined {
  if (codeOf(error) !== 'storage-damaged' && codeOf(error) !== 'not-found') throw error
  return undefined
}
