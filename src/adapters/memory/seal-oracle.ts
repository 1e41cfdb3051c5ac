import { hex, type Bytes } from '../../core/bytes.ts'
import { RECORD_PLAIN_BYTES } from '../../core/sizes.ts'
import type { Coder, SealJob } from '../../ports/coder.ts'

/** Remembers every content sealed under a record key and number, however often the sealing peers start again. SPEC SEA4. */
export interface SealOracle {
  /** Returns a coder like `coder` that throws before it seals a second content under one file key, kind, r and record number. */
  watch(coder: Coder): Coder
  /** Returns the number of sealed records. */
  records(): number
  /** Throws when anybody has tried to seal a second content, even if that error was caught. */
  check(): void
}

/** Returns an oracle that remembers nothing yet; it digests with `subtle`. */
export function createSealOracle(subtle: SubtleCrypto): SealOracle {
  const contentByPlace = new Map<string, string>()
  let violation: Error | undefined
  const check = (): void => {
    if (violation !== undefined) throw violation
  }

  async function look(job: SealJob, plaintext: Bytes): Promise<void> {
    const found = await Promise.all(
      Array.from({ length: Math.ceil(plaintext.length / RECORD_PLAIN_BYTES) }, async (_nothing, at) => {
        const digest = await subtle.digest('SHA-256', plaintext.slice(at * RECORD_PLAIN_BYTES, (at + 1) * RECORD_PLAIN_BYTES))
        return {
          place: `key ${hex(job.fileKey)} kind ${job.kind} r ${hex(job.r)} record ${job.firstRecord + at}`,
          content: hex(new Uint8Array(digest)),
        }
      }),
    )
    for (const { place, content } of found) {
      const before = contentByPlace.get(place) ?? content
      if (before !== content) violation ??= new Error(`two contents sealed under one key and nonce: ${place}`)
      contentByPlace.set(place, before)
    }
    check()
  }

  return {
    watch: (coder) => ({
      ...coder,
      async seal(job, plaintext) {
        await look(job, plaintext)
        return coder.seal(job, plaintext)
      },
    }),
    records: () => contentByPlace.size,
    check,
  }
}
