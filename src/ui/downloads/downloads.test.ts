import { describe, expect, it } from 'vitest'
import { createDownloadStreams } from '../../../workers/download-streams.ts'
import { createSeededRandom } from '../../adapters/memory/seeded-random.ts'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import type { OpenedFile } from '../../peer/index.ts'
import type { DownloadHost } from '../../adapters/browser/downloads/download-host.ts'
import { isDownloadId } from '../../adapters/browser/downloads/download-messages.ts'
import { createDownloadSink } from '../../adapters/browser/downloads/download-sink.ts'
import { largestInMemory, newDownloadId } from '../../adapters/browser/downloads/save-file.ts'
import { createDownloads, type Downloads } from './downloads.ts'

/** The locks of a page or worker, which it loses when it dies. */
function openMortalLocks(death: Promise<void>): Pick<LockManager, 'request'> {
  const request = (name: string, ...[options, hold]: [LockGrantedCallback<unknown>] | [LockOptions, LockGrantedCallback<unknown>]) => {
    const [given, granted] = hold === undefined ? [{}, options as LockGrantedCallback<unknown>] : [options as LockOptions, hold]
    return navigator.locks.request(name, given, async (lock) => Promise.race([granted(lock), death]))
  }
  return { request: request as LockManager['request'] }
}

/** Number of browsers opened: locks outlive them in this process, so no two may have a download of the same id. */
let opened = 0

/** A browser whose service worker runs in this process. */
function openBrowser({ hasWorker = true, hasLocks = true }: { readonly hasWorker?: boolean; readonly hasLocks?: boolean } = {}) {
  const clock = createVirtualClock()
  let die = () => {}
  const streams = createDownloadStreams(openMortalLocks(new Promise((resolve) => (die = resolve))))
  let endPage = () => {}
  const pageLocks = openMortalLocks(new Promise((resolve) => (endPage = resolve)))
  const asked: Response[] = []
  const saved: { readonly blob: Blob; readonly name: string }[] = []
  let isAlive = true
  const host: DownloadHost = {
    worker: async () =>
      hasWorker
        ? (message, ports = []) => {
            if (isAlive) void streams.receive(message, ports as MessagePort[])
          }
        : undefined,
    locks: () => (hasLocks ? pageLocks : undefined),
    fetchDownload(id) {
      asked.push(streams.answer(id))
      return () => undefined
    },
    saveBlob: (blob, name) => saved.push({ blob, name }),
  }
  const downloads = createDownloads(
    createDownloadSink(async () => host, clock, createSeededRandom(opened++)),
    clock,
  )
  const endWorker = () => {
    isAlive = false
    die()
  }
  return { clock, downloads, asked, saved, endWorker, silenceWorker: () => (isAlive = false), endPage }
}

function fileOf(chunks: readonly Uint8Array[], size = chunks.reduce((sum, chunk) => sum + chunk.length, 0), name = 'Käse (1).bin') {
  let read = 0
  let isClosed = false
  const file: OpenedFile = {
    name,
    type: 'text/html',
    size,
    pace: () => ({ bytesPerSecond: 0, limit: undefined }),
    async *read(_range, options) {
      try {
        for (const chunk of chunks) {
          options?.signal?.throwIfAborted()
          read++
          const piece = chunk.slice()
          yield piece
          piece.fill(255)
        }
      } finally {
        isClosed = true
      }
    },
  }
  return { file, chunksRead: () => read, isClosed: () => isClosed }
}

function start(downloads: Downloads, file: OpenedFile) {
  downloads.start({ key: 'a', name: file.name, size: file.size, open: async () => file })
}

function state(downloads: Downloads) {
  return downloads.snapshot()[0]?.state
}

function until(downloads: Downloads, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (holds()) resolve()
    }
    downloads.watch(look)
    look()
  })
}

/** Takes a body as browsers do: each chunk is copied before the next one is asked for (Fetch, "incrementally read a body"). */
async function received(response: Response | undefined): Promise<number[]> {
  const bytes: number[] = []
  const reader = response?.body?.getReader()
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) bytes.push(...next.value)
  return bytes
}

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array> | undefined): Promise<void> {
  while ((await reader?.read())?.done === false);
}

const chunk = (value: number, length = 1000) => new Uint8Array(length).fill(value)

describe('downloads', () => {
  it('stream every byte in order through the service worker, as an attachment that nothing renders', async () => {
    const { downloads, asked } = openBrowser()
    // More chunks than are under way at once, so that buffers are reused.
    const chunks = [...Array.from({ length: 12 }, (_, at) => chunk(at + 1)), chunk(13, 7)]
    const { file } = fileOf(chunks)
    start(downloads, file)
    await until(downloads, () => asked.length === 1)
    const bytes = await received(asked[0])
    await until(downloads, () => state(downloads) === 'done')
    expect(bytes).toEqual(chunks.flatMap((each) => [...each]))
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '12007',
      'content-disposition': "attachment; filename*=UTF-8''K%C3%A4se%20%281%29.bin",
      'x-content-type-options': 'nosniff',
    })
    expect(downloads.snapshot()[0]?.doneBytes).toBe(12007)
  })

  it('carry an empty file', async () => {
    const { downloads, asked } = openBrowser()
    start(downloads, fileOf([]).file)
    await until(downloads, () => asked.length === 1)
    expect((await asked[0]?.arrayBuffer())?.byteLength).toBe(0)
    await until(downloads, () => state(downloads) === 'done')
  })

  it('read no further than the browser has room for', async () => {
    const { downloads, asked } = openBrowser()
    const { file, chunksRead } = fileOf(Array.from({ length: 100 }, (_, at) => chunk(at)))
    start(downloads, file)
    await until(downloads, () => asked.length === 1)
    const reader = asked[0]?.body?.getReader()
    await reader?.read()
    expect(chunksRead()).toBeLessThan(6)
    await reader?.cancel()
    await until(downloads, () => state(downloads) === 'cancelled')
  })

  it('break visibly when reading fails: the browser never takes a part for the whole', async () => {
    const { downloads, asked } = openBrowser()
    const { file } = fileOf([chunk(1)], 5000)
    start(downloads, file)
    await until(downloads, () => asked.length === 1)
    await expect(asked[0]?.arrayBuffer()).rejects.toThrow('given up')
  })

  it('end on the side of the browser when the person cancels, and stop reading', async () => {
    const { downloads, asked } = openBrowser()
    const { file, isClosed } = fileOf(Array.from({ length: 100 }, () => chunk(1)))
    start(downloads, file)
    await until(downloads, () => asked.length === 1)
    const reader = asked[0]?.body?.getReader()
    await reader?.read()
    downloads.cancel('a')
    await until(downloads, () => state(downloads) === 'cancelled')
    await expect(readToEnd(reader)).rejects.toThrow('given up')
    expect(isClosed()).toBe(true)
  })

  it('say so at once when the browser has ended the service worker', async () => {
    const { downloads, asked, endWorker } = openBrowser()
    start(downloads, fileOf(Array.from({ length: 100 }, () => chunk(1))).file)
    await until(downloads, () => asked.length === 1)
    endWorker()
    await until(downloads, () => state(downloads) === 'failed')
    expect(downloads.snapshot()[0]?.trouble?.what).toMatch(/ended by the browser/)
  })

  it.each(['with locks', 'without locks'])('say so half a minute after the last sign of the service worker, %s', async (how) => {
    const { downloads, asked, silenceWorker, clock } = openBrowser({ hasLocks: how === 'with locks' })
    start(downloads, fileOf(Array.from({ length: 100 }, () => chunk(1))).file)
    await until(downloads, () => asked.length === 1)
    silenceWorker()
    await clock.advance(60_000)
    await until(downloads, () => state(downloads) === 'failed')
    expect(downloads.snapshot()[0]?.trouble?.what).toMatch(/ended by the browser/)
  })

  it('[WIR5] go on after the page and the service worker were asleep, however long', async () => {
    const { downloads, asked, clock } = openBrowser()
    const chunks = Array.from({ length: 12 }, (_, at) => chunk(at + 1))
    start(downloads, fileOf(chunks).file)
    await until(downloads, () => asked.length === 1 && state(downloads) === 'running')
    const reader = asked[0]?.body?.getReader()
    const bytes = [...((await reader?.read())?.value ?? [])]
    await clock.advance(4_000)
    clock.sleep(3_600_000)
    await clock.advance(6_000)
    expect(state(downloads)).toBe('running')
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) bytes.push(...next.value)
    expect(bytes).toEqual(chunks.flatMap((each) => [...each]))
    expect(state(downloads)).toBe('done')
  })

  it.each(['while the browser reads', 'while the browser has no room'])('break visibly when the page is gone, %s', async (when) => {
    const { downloads, asked, endPage } = openBrowser()
    start(downloads, fileOf(Array.from({ length: 100 }, () => chunk(1))).file)
    await until(downloads, () => asked.length === 1)
    const reader = asked[0]?.body?.getReader()
    const reading = when === 'while the browser reads' ? readToEnd(reader) : undefined
    endPage()
    await expect(reading ?? readToEnd(reader)).rejects.toThrow('the page is gone')
  })

  it('hold still while paused and go on from there', async () => {
    const { downloads, asked } = openBrowser()
    start(downloads, fileOf([chunk(1), chunk(2), chunk(3), chunk(4), chunk(5)]).file)
    await until(downloads, () => asked.length === 1 && state(downloads) === 'running')
    downloads.pause('a')
    expect(state(downloads)).toBe('paused')
    const whole = received(asked[0])
    downloads.resume('a')
    expect((await whole).length).toBe(5000)
  })

  it('fall back to memory where there is no service worker, up to a size', async () => {
    const { downloads, saved } = openBrowser({ hasWorker: false })
    start(downloads, fileOf([chunk(1), chunk(2)]).file)
    await until(downloads, () => state(downloads) === 'done')
    expect(saved.map(({ blob, name }) => [blob.size, blob.type, name])).toEqual([[2000, 'application/octet-stream', 'Käse (1).bin']])
    downloads.start({ key: 'b', name: 'big', open: async () => fileOf([], largestInMemory + 1).file })
    await until(downloads, () => downloads.snapshot()[1]?.state === 'failed')
    expect(downloads.snapshot()[1]?.trouble?.what).toMatch(/cannot save a file of this size/)
  })

  it('can be cancelled while paused, where they are kept in memory', async () => {
    const { downloads } = openBrowser({ hasWorker: false })
    start(downloads, fileOf(Array.from({ length: 100 }, () => chunk(1))).file)
    await until(downloads, () => state(downloads) === 'running')
    downloads.pause('a')
    downloads.cancel('a')
    await until(downloads, () => state(downloads) === 'cancelled')
  })

  it('start once per file, and again after a failure', async () => {
    const { downloads } = openBrowser()
    let opened = 0
    const source = {
      key: 'a',
      name: 'x',
      open: async (): Promise<OpenedFile> => {
        opened++
        throw new Error('not now')
      },
    }
    downloads.start(source)
    downloads.start(source)
    await until(downloads, () => state(downloads) === 'failed')
    downloads.start(source)
    await until(downloads, () => state(downloads) === 'failed')
    expect(opened).toBe(2)
  })

  it('have ids that are fresh and of one form', () => {
    const random = createSeededRandom(2)
    const ids = Array.from({ length: 200 }, () => newDownloadId(random))
    expect(new Set(ids).size).toBe(200)
    expect(ids.every(isDownloadId)).toBe(true)
    expect(['', '../x', 'a'.repeat(21), 'a'.repeat(23), `${'a'.repeat(21)}/`].some(isDownloadId)).toBe(false)
  })
})
