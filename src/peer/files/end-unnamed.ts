import { idFromHex, idHex } from '../../core/vault/entry-id.ts'
import { tellEnded } from '../groups/end-group.ts'
import type { StoreTools } from '../groups/owner-tools.ts'
import type { Content } from '../storing/content.ts'
import type { Contents } from './contents.ts'

/** Contents that no file, version or link names. */
export interface Unnamed {
  /** Packs under way whose files still lie elsewhere: nothing names them yet. */
  readonly filling: Set<Content>
  /** Ends all others, in the vault and with people; those that another device is storing are for that device to end. SPEC PCK3, VLT24. */
  end(): Promise<void>
}

/** Returns those among `contents`. */
export function createUnnamed(tools: StoreTools, contents: Contents, signal: AbortSignal): Unnamed {
  const { parts, vault, journal } = tools
  const filling = new Set<Content>()
  return {
    filling,
    async end() {
      // What is not known may name them.
      if (vault.isIncomplete) return
      const isOurs = ({ id, groups }: Content): boolean => groups.length === 0 || journal.file(id) !== undefined
      const unnamed = [...vault.names.unnamed.keys()].flatMap((id) => contents.get(idHex(id)) ?? [])
      const empty = unnamed.filter((content) => !filling.has(content) && isOurs(content))
      await vault.commit(empty.map(({ id }) => ({ id: idFromHex(id), fields: { ended: parts.clock.now() } })))
      for (const content of empty) await contents.end(content)
      if (empty.length > 0) await tellEnded(tools, signal)
    },
  }
}
