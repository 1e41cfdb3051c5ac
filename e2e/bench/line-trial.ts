import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { addFile, downloadFromLink, MINUTE, shareLink, waitForMeter, waitForPeople } from '../app.ts'
import type { Browser } from '../browser.ts'
import type { Scene, TestFile } from '../scene.ts'
import { openPeople, type People } from '../wan/people.ts'
import { readTransport } from '../wan/transport.ts'
import { within } from './attempt.ts'
import { bareRate } from './bare-lines.ts'
import { HOLDERS, K, payloadOf, type LineRow } from './line-rows.ts'

/** Measurements of one transfer over lines. */
export interface LineTrial {
  readonly seconds: number
  /** The file for a fetch, all its pieces for a store. */
  readonly payloadBytes: number
  /** Bytes of the page's WebRTC transports in the direction of the payload. */
  readonly carriedBytes: number
  /** Connections of the page that were established since it was loaded, and those that ended during the transfer. */
  readonly made: number
  readonly lost: number
  /** Round trips through the page's own line, in ms, before the transfer and during it. */
  readonly idlePings: readonly number[]
  readonly busyPings: readonly number[]
}

/** A box with people, for one trial after another. */
export interface LineTrials {
  /** The people of the box, for other transfers between the trials. */
  readonly people: People
  /**
   * Runs a row once, with a new browser.
   * @throws errors of the page and of the box; Error when the transfer takes longer than `mostMs`
   */
  run(row: LineRow, mebibytes: number, mostMs: number): Promise<LineTrial>
  /** Returns the Mbit/s that bare channels of all holders bring together over the lines of a row. Throws like `run`. */
  bare(row: LineRow, mebibytes: number, mostMs: number): Promise<number>
  close(): Promise<void>
}

const MIB = 1024 * 1024
const LOOK_MS = 250
/** A line rests when fewer bytes than this pass between two looks: greetings and keepalives do not count. */
const REST_BYTES = 4_000
const RESTING_LOOKS = 6
const MOST_LOOKS = 60

/** Opens a box with people, whose data lies in the folder `name` of the scene. */
export async function openLineTrials(scene: Scene, name: string): Promise<LineTrials> {
  const folder = join(scene.folder, name)
  await mkdir(folder)
  const people = await openPeople(scene, { folder, holders: HOLDERS, policy: { code: [{ holders: HOLDERS, k: K, n: HOLDERS }] } })
  const { box } = people
  const shared = new Map<number, { readonly link: string; readonly file: TestFile }>()
  let count = 0

  /** Returns a link to a file of that size, stored over fast lines. */
  async function share(mebibytes: number) {
    const before = shared.get(mebibytes)
    if (before !== undefined) return before
    await people.tune({}, { owner: {} })
    const file = await scene.randomFile(`${name}-${mebibytes}.bin`, mebibytes * MIB)
    const { page, close } = await people.browser('owner', `${name}-owner-${mebibytes}`, people.url)
    await waitForPeople(page, HOLDERS)
    await addFile(page, file)
    await waitForMeter(page, file.name, HOLDERS)
    const made = { link: await shareLink(page, file.name), file }
    await close()
    shared.set(mebibytes, made)
    return made
  }

  /** Measures `transfer` over the line of `who`, after that line has come to rest. */
  async function measure(
    who: 'owner' | 'reader',
    { page }: Browser,
    payloadBytes: number,
    mostMs: number,
    transfer: () => Promise<void>,
  ): Promise<LineTrial> {
    await box.pings(who)
    await untilRest(who)
    const idlePings = (await box.pings(who)).slice((-RESTING_LOOKS * LOOK_MS) / 100)
    const before = await readTransport(page)
    const began = performance.now()
    await within(mostMs, transfer())
    const seconds = (performance.now() - began) / 1000
    const busyPings = await box.pings(who)
    const after = await readTransport(page)
    const way = who === 'reader' ? 'receivedBytes' : 'sentBytes'
    const [carriedBytes, lost] = [after[way] - before[way], after.lost - before.lost]
    return { seconds, payloadBytes, carriedBytes, made: after.made, lost, idlePings, busyPings }
  }

  async function untilRest(who: string): Promise<void> {
    let before = Infinity
    for (let looks = 0, resting = 0; resting < RESTING_LOOKS && looks < MOST_LOOKS; looks++) {
      const { sentBytes = 0, gotBytes = 0 } = (await box.figures())[who] ?? {}
      resting = sentBytes + gotBytes - before < REST_BYTES ? resting + 1 : 0
      before = sentBytes + gotBytes
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  /** Stalls the line of the holder that has sent most, when the reader has got a tenth of `bytes`. */
  async function stallOne(bytes: number, isOver: () => boolean): Promise<void> {
    const start = await box.figures()
    const sentSince = (now: typeof start, holder: string) => (now[holder]?.sentBytes ?? 0) - (start[holder]?.sentBytes ?? 0)
    while (!isOver()) {
      const now = await box.figures()
      const most = people.holders.toSorted((a, b) => sentSince(now, b) - sentSince(now, a))[0]
      if (most !== undefined && (now['reader']?.gotBytes ?? 0) - (start['reader']?.gotBytes ?? 0) > bytes / 10) {
        return box.tune({ [most]: { up: 0, down: 0 } })
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async function fetchOnce(row: LineRow, mebibytes: number, mostMs: number): Promise<LineTrial> {
    const { link, file } = await share(mebibytes)
    await people.tune(row.holders, { reader: row.own, ...(row.slowest !== undefined && { 'holder-0': row.slowest }) })
    const reader = await people.browser('reader', `${name}-reader-${count++}`, link)
    try {
      // The page knows a holder for each piece: the trial measures the transfer, not the search.
      await waitForAllPieces(reader)
      let isOver = false
      return await measure('reader', reader, payloadOf(row, file.size), mostMs, async () => {
        const stalling = row.stallsOne === undefined ? undefined : stallOne(file.size, () => isOver)
        const sha256 = await downloadFromLink(reader.page, scene.folder, mostMs).finally(() => (isOver = true))
        await stalling
        if (sha256 !== file.sha256) throw new Error('what was fetched is not what was stored')
      })
    } finally {
      await reader.close()
    }
  }

  async function bareOnce(row: LineRow, mebibytes: number, mostMs: number): Promise<number> {
    const reader = await people.browser('reader', `${name}-bare-${count++}`, people.url)
    try {
      await people.tune(row.holders, { reader: row.own })
      return await bareRate(people, reader.page, mebibytes * MIB, mostMs)
    } finally {
      await reader.close()
    }
  }

  async function storeOnce(row: LineRow, mebibytes: number, mostMs: number): Promise<LineTrial> {
    const file = await scene.randomFile(`${name}-stored-${count++}.bin`, mebibytes * MIB)
    await people.tune(row.holders, { owner: row.own, ...(row.slowest !== undefined && { 'holder-0': row.slowest }) })
    const owner = await people.browser('owner', `${name}-storing-${count}`, people.url)
    try {
      await waitForPeople(owner.page, HOLDERS)
      return await measure('owner', owner, payloadOf(row, file.size), mostMs, async () => {
        await addFile(owner.page, file)
        await waitForMeter(owner.page, file.name, HOLDERS, mostMs)
      })
    } finally {
      await owner.close()
    }
  }

  return {
    people,
    run: (row, mebibytes, mostMs) => (row.is === 'fetch' ? fetchOnce : storeOnce)(row, mebibytes, mostMs),
    bare: bareOnce,
    close: () => people.close(),
  }
}

/** Waits until the page of a link knows a holder for each piece of the file. */
async function waitForAllPieces({ page }: Browser): Promise<void> {
  await page.waitForFunction(
    () => {
      const meter = document.querySelector('[role=meter]')
      const most = Number(meter?.getAttribute('aria-valuemax'))
      return most > 0 && Number(meter?.getAttribute('aria-valuenow')) === most
    },
    undefined,
    { timeout: 2 * MINUTE },
  )
}
