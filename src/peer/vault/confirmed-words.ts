import { equalBytes, type Bytes } from '../../core/bytes.ts'
import type { Catalog } from '../../ports/catalog.ts'

/** Whether this device has recovery words, and whether the person has shown to have them too. */
export interface WordsFacts {
  readonly isMade: boolean
  readonly isConfirmed: boolean
}

/** The person's confirmation of the recovery words, remembered on this device. */
export interface ConfirmedWords {
  facts(): WordsFacts
  /** Looks at the catalog again: words may have been made or replaced. */
  refresh(): Promise<void>
  /** Resolves once it is on disk that the person has the words that are here now. Nothing is written where there are none. */
  note(): Promise<void>
}

const ROOT = 'root'
const CONFIRMED = 'words-confirmed'
/** Version and r of the wrapped root: r is fresh for every wrapping, so other words are never taken for the confirmed ones. */
const TELLING_BYTES = 33

/** Opens it. A record of other words, or a damaged one, confirms nothing: the person is asked once more. */
export async function openConfirmedWords(catalog: Catalog): Promise<ConfirmedWords> {
  let root: Bytes | undefined
  let confirmed: Bytes | undefined
  const refresh = async (): Promise<void> => {
    const [wrapped, noted] = await Promise.all([catalog.get('self', ROOT), catalog.get('self', CONFIRMED)])
    root = wrapped?.slice(0, TELLING_BYTES)
    confirmed = noted
  }
  await refresh()
  return {
    facts: () => ({
      isMade: root !== undefined,
      isConfirmed: root !== undefined && confirmed !== undefined && equalBytes(root, confirmed),
    }),
    refresh,
    async note() {
      await refresh()
      if (root === undefined) return
      await catalog.commit([{ table: 'self', key: CONFIRMED, value: root }])
      confirmed = root
    },
  }
}
