import type { Bytes } from '../../core/bytes.ts'
import { HoardError, codeOf } from '../../core/errors.ts'
import { savedName } from '../../core/file-name.ts'
import { recordCount } from '../../core/records.ts'
import { RECORD_PLAIN_BYTES, RECORD_SEALED_BYTES } from '../../core/sizes.ts'
import type { OpenedFile } from '../api/link-view.ts'
import { isSealed, isUnsought, type Content } from '../storing/content.ts'
import { fetchFile, openFetchable, type ByteRange } from '../fetching/fetch-file.ts'
import { startReading, type ReadParts } from '../fetching/reading.ts'
import type { OwnFile } from './own-file.ts'
import { isOpenable, saidHolders } from '../groups/own-group.ts'
import { retryWorker } from '../../flow/retry-worker.ts'
import type { PeerParts } from '../api/peer-parts.ts'
import type { People } from '../people/people.ts'
import { recordKinds } from '../../core/keys.ts'

/** Records opened at once, about 4 MiB. */
const BATCH_RECORDS = 16

/** What is read of a file, or of one version of it: `content` and `offset` are where its bytes lie now. */
export type ReadableFile = Readonly<Pick<OwnFile, 'name' | 'type' | 'size' | 'content' | 'offset'>>

/** Tells whether the bytes of a content can be asked for: here, or of people. */
export function canRead(content: Content): boolean {
  const { note, groups } = content
  return (
    (groups.length > 0 && groups.every(isOpenable)) ||
    (note.hasOutbox && isSealed(content)) ||
    isUnsought(content) ||
    note.takenFrom !== undefined
  )
}

/** Returns an own file for reading; a read goes on when the file moves to another content. */
export function openOwnFile(parts: PeerParts, people: People, file: ReadableFile, ending: AbortSignal): OpenedFile {
  const { name, type, size } = file
  let latest: ReadParts | undefined
  return {
    name: savedName(name),
    type,
    size,
    pace: () => latest?.stripes.pace() ?? { bytesPerSecond: 0, limit: undefined },
    async *read(range = { start: 0, end: size }, options = {}) {
      const signal = options.signal === undefined ? ending : AbortSignal.any([ending, options.signal])
      const end = Math.min(size, range.end)
      let at = Math.min(end, Math.max(0, range.start))
      for (;;) {
        const { content, offset } = file
        try {
          for await (const piece of openContent(
            parts,
            people,
            content,
            { start: offset + at, end: offset + end },
            signal,
            (reading) => (latest = reading),
          )) {
            yield piece
            at += piece.length
          }
          return
        } catch (error) {
          signal.throwIfAborted()
          // If the file was moved meanwhile, its old pack has ended: go on in the new one.
          if (file.content === content) throw error
        }
      }
    },
  }
}

/**
 * Yields the plaintext of `[start, end)`, each piece valid until the next one is asked for: from this device while it has the sealed
 * records, else from the people who keep them.
 */
export async function* openContent(
  parts: PeerParts,
  people: People,
  content: Content,
  { start, end }: ByteRange,
  signal: AbortSignal,
  onReading: (reading: ReadParts) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const { fileKey, size } = content
  const groups = content.open()
  let at = start
  if (content.note.hasOutbox && isSealed(content)) {
    try {
      for await (const part of readSpool(parts, content, { start, end }, signal)) {
        yield part
        at += part.length
      }
      return
    } catch (error) {
      const isDamaged = codeOf(error) === 'storage-damaged' || codeOf(error) === 'record-damaged'
      // Read the bytes that this disk lost from the people.
      if (!isDamaged || !groups.every(isOpenable) || groups.length === 0) throw error
    }
  }
  const [first] = groups
  if (first === undefined) throw new HoardError('too-few-shards', { object: 'file' })
  const closing = new AbortController()
  const reading = startReading(parts, people, closing.signal)
  onReading(reading)
  const target = { groupId: content.note.takenFrom?.[0] ?? first.groupId, fileKey, size, hints: saidHolders(first) }
  try {
    const opened = await openFetchable(reading, target, { signal, onWaiting: () => undefined })
    yield* fetchFile(reading, opened, { start: at, end }, signal)
  } finally {
    closing.abort(new Error('the read is over'))
  }
}

async function* readSpool(parts: PeerParts, content: Content, range: ByteRange, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const start = Math.max(0, Math.min(range.start, content.size))
  const end = Math.max(start, Math.min(range.end, content.size))
  for (let record = Math.floor(start / RECORD_PLAIN_BYTES); record * RECORD_PLAIN_BYTES < end; record += BATCH_RECORDS) {
    signal.throwIfAborted()
    const plain = await openBatch(parts, content, record)
    const offset = record * RECORD_PLAIN_BYTES
    const part = plain.subarray(Math.max(0, start - offset), Math.min(plain.length, end - offset))
    if (part.length > 0) yield part
    parts.coder.release(plain)
  }
}

function openBatch({ coder }: PeerParts, { spool, fileKey, size, sealedBytes }: Content, firstRecord: number): Promise<Bytes> {
  const offset = firstRecord * RECORD_SEALED_BYTES
  const isEnd = firstRecord + BATCH_RECORDS >= recordCount(size)
  return retryWorker(async () => {
    const sealed = await spool.read(offset, Math.min(BATCH_RECORDS * RECORD_SEALED_BYTES, sealedBytes - offset))
    return coder.open({ fileKey, kind: recordKinds.content, r: new Uint8Array(), firstRecord, isEnd }, sealed)
  })
}
