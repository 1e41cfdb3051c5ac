import type { PeerId } from '../core/ids.ts'

/** The directory in which peers look up announced ids (groups, vault locators). A hint, never an authority. */
export interface Directory {
  /** Announces for about a day that this peer answers for `id` (32 bytes). Never throws: a failed announcement is made again later. */
  announce(id: Uint8Array): Promise<void>
  /** Yields peers that announced `id` (32 bytes), best effort; ends by itself or when `signal` aborts. */
  find(id: Uint8Array, options?: { readonly signal?: AbortSignal }): AsyncIterable<PeerId>
}
