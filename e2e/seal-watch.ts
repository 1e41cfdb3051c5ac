import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright'

/** Notes the seals of all pages of a scene, however often they are reloaded or their browsers killed. SPEC SEA4. */
export interface SealWatch {
  /** Resolves once no page of `context` can seal anything without a note here before. */
  watch(context: BrowserContext): Promise<void>
  /** Returns the number of sealed records. */
  records(): number
  /** Sentences, one for each record key and number under which a page sealed a second content, which no page may do. */
  readonly complaints: string[]
}

/** One record that is about to be sealed: its key and number, and the digest of its content. */
interface SealedRecord {
  readonly place: string
  readonly content: string
}

const BINDING = 'noteSealedRecords'

/** Returns a watch without notes. It wraps the pages' coder port where calls become messages to a worker; the bundle is the shipped one. */
export function createSealWatch(): SealWatch {
  const contentByPlace = new Map<string, string>()
  const complaints: string[] = []
  return {
    complaints,
    records: () => contentByPlace.size,
    async watch(context) {
      await context.exposeBinding(BINDING, (_source, records: readonly SealedRecord[]) => {
        for (const { place, content } of records) {
          const before = contentByPlace.get(place) ?? content
          if (before !== content) complaints.push(`two contents sealed under one key and nonce: ${place}`)
          contentByPlace.set(place, before)
        }
      })
      await context.addInitScript(holdSeals, BINDING)
    },
  }
}

/** Runs in every page: it notes records to be sealed before it posts them to a worker. It must be self-contained. */
function holdSeals(binding: string): void {
  const recordBytes = 262_128
  const note = (globalThis as unknown as Record<string, (records: readonly SealedRecord[]) => Promise<void>>)[binding]
  const digestOf = async (bytes: Uint8Array): Promise<string> =>
    [...new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
  const isSeal = (message: unknown): message is { readonly argumentList: readonly { readonly value: unknown }[] } =>
    typeof message === 'object' &&
    message !== null &&
    'path' in message &&
    Array.isArray(message.path) &&
    message.path.at(-1) === 'seal' &&
    'argumentList' in message
  const recordsOf = async (job: SealedJob, content: Uint8Array): Promise<readonly SealedRecord[]> => {
    const under = `key ${await digestOf(job.fileKey)} kind ${job.kind} r ${await digestOf(job.r)}`
    const count = Math.ceil(content.length / recordBytes)
    return Promise.all(
      Array.from({ length: count }, async (_nothing, at) => ({
        place: `${under} record ${job.firstRecord + at}`,
        content: await digestOf(content.subarray(at * recordBytes, (at + 1) * recordBytes)),
      })),
    )
  }
  interface SealedJob {
    readonly fileKey: Uint8Array
    readonly kind: number
    readonly r: Uint8Array
    readonly firstRecord: number
  }
  // oxlint-disable-next-line typescript/unbound-method -- called with the worker as this
  const post = Worker.prototype.postMessage
  Worker.prototype.postMessage = function postNoted(this: Worker, message: unknown, ...rest: never[]): void {
    if (!isSeal(message) || note === undefined) return post.call(this, message, ...rest)
    const [job, content] = message.argumentList.map(({ value }) => value) as [SealedJob, Uint8Array]
    void recordsOf(job, content)
      .then(note)
      .finally(() => post.call(this, message, ...rest))
  }
}

/**
 * Returns the environment of a Node program that notes in `folder` everything it seals, and throws at a second content under one key and
 * nonce.
 */
export function sealHook(folder: string): NodeJS.ProcessEnv {
  const hook = new URL('seal-hook.ts', import.meta.url).href
  const before = process.env['NODE_OPTIONS'] ?? ''
  return { ...process.env, SCATTERHOARD_TEST_SEALS: folder, NODE_OPTIONS: `${before} --import=${hook}`.trim() }
}

/** Returns the records that programs with notes in `folder` tried to seal a second time, a line for each. */
export function sealViolations(folder: string): readonly string[] {
  const path = join(folder, 'violations')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}
