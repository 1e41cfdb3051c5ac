import { hex, type Bytes } from '../../core/bytes.ts'
import { codeOf } from '../../core/errors.ts'
import { readLink } from '../../core/link-text.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import type { FileCode } from '../../core/policy.ts'
import { placedTarget } from '../../core/policy.ts'
import type { Peer } from '../../peer/index.ts'
import type { Clock } from '../../ports/clock.ts'

/** A file that an owner stored: nothing is left of it but its link. */
export interface SharedFile {
  readonly number: number
  readonly link: string
  /** Group of the link's object, in hexadecimal. */
  readonly linkGroup: string
  readonly code: FileCode
}

/** Files to be stored one after the other. */
export interface FilesToStore {
  readonly seed: number
  readonly count: number
  /** Bytes of each. */
  readonly bytes: number
  readonly everyMs: number
}

const LOOK_EVERY_MS = 30_000

/** Returns what is in file `number`. */
export function contentOf(seed: number, number: number, bytes: number): Bytes {
  return createSeededRandom(`${seed} file ${number}`).bytes(bytes)
}

/**
 * Stores and shares file after file, each a group of its own; `shared` gets each one with its link. Goes on until the
 * process of `peer` ends.
 */
export async function storeFiles(
  peer: Peer,
  clock: Pick<Clock, 'wait'>,
  { seed, count, bytes, everyMs }: FilesToStore,
  shared: (file: SharedFile) => void,
): Promise<void> {
  for (let number = 0; number < count; number++) {
    const [id = ''] = await peer.storeFiles([{ name: `${number}.bin`, path: '', blob: blobOf(contentOf(seed, number, bytes)) }])
    void shareWhenStored(peer, clock, id).then((made) => {
      if (made !== undefined) shared({ number, linkGroup: hex(readLink(made.link).groupId), ...made })
    })
    await clock.wait(everyMs)
  }
}

/** Resolves with undefined when the process ended first. */
async function shareWhenStored(
  peer: Peer,
  clock: Pick<Clock, 'wait'>,
  id: string,
): Promise<{ readonly link: string; readonly code: FileCode } | undefined> {
  for (;;) {
    await clock.wait(LOOK_EVERY_MS)
    const row = peer.snapshot().files.find((file) => file.id === id)
    if (row?.canShare !== true) continue
    try {
      const { needed: k, max: n } = row.meter
      return { link: await peer.share(id), code: { k, n, m: placedTarget(k, n) } }
    } catch (error) {
      if (codeOf(error) === 'stream-closed') return undefined
      // Too few people take the link's object now.
      if (codeOf(error) !== 'too-few-shards') throw error
    }
  }
}

/** Returns a blob that is read without a thread, so that the answer takes no time of its own. */
function blobOf(bytes: Bytes): Blob {
  return Object.assign(new Blob([bytes]), {
    arrayBuffer: async () => bytes.slice().buffer,
    slice: (start?: number, end?: number) => blobOf(bytes.slice(start, end)),
  })
}
