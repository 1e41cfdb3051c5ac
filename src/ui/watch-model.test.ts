import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import type { FileView, Peer, PeerSnapshot } from '../peer/index.ts'
import { createScreenModel } from './screen-model.ts'
import { createNotices } from './notices.ts'
import { sayClock } from './words/clock-words.ts'
import { watchModel } from './watch-model.ts'

const meter = { value: 8, max: 8, needed: 2, pieces: [] }
const stored = { id: 'f1', name: 'a.txt', folder: '', meter, explanation: { is: 'none' }, needsOriginal: false } as unknown as FileView
const thin = { ...stored, explanation: { is: 'thin', here: 2, of: 8, needed: 2, margin: 0 } } as FileView

async function watched(first: readonly FileView[]) {
  const clock = createVirtualClock()
  const notices = createNotices(clock)
  let snapshot = { files: first, connection: { is: 'connected', people: 3 }, isElsewhere: false } as unknown as PeerSnapshot
  let told = () => {}
  const peer = {
    snapshot: () => snapshot,
    watch: (listener: () => void) => {
      told = listener
      return () => undefined
    },
    storeFiles: () => new Promise(() => undefined),
  } as unknown as Peer
  let resolve = (_peer: Peer) => {}
  const model = createScreenModel(new Promise<Peer>((started) => (resolve = started)), clock, notices)
  let ask: (event: Pick<Event, 'preventDefault'>) => void = () => undefined
  watchModel({ model, notices, clock }, { addEventListener: (_type, listener) => (ask = listener) })
  const start = async () => {
    resolve(peer)
    await clock.advance(0)
  }
  const change = (news: Partial<PeerSnapshot>) => {
    snapshot = { ...snapshot, ...news }
    told()
  }
  const isAsked = () => {
    let isPrevented = false
    ask({ preventDefault: () => (isPrevented = true) })
    return isPrevented
  }
  return { clock, notices, model, start, change, isAsked }
}

describe('messages of the page by itself', () => {
  it('[HTH4] a margin of one or less is said once, after it has stood for a while', async () => {
    const { clock, notices, start, change } = await watched([stored])
    await start()
    change({ files: [thin] })
    await clock.advance(9_999)
    expect(notices.snapshot()).toEqual([])
    await clock.advance(1)
    expect(notices.snapshot().map(({ what, more }) => [what, more])).toEqual([
      ['a.txt', '2 of 8 pieces here, nobody to spare. Keep your originals until more people are here.'],
    ])
    notices.close(notices.snapshot()[0]?.id ?? 0)
    change({ files: [stored] })
    change({ files: [thin] })
    await clock.advance(60_000)
    expect(notices.snapshot()).toEqual([])
  })

  it('[HTH4] nothing is said of files whose people came back, or while this device itself meets nobody; many are one message', async () => {
    const { clock, notices, start, change } = await watched([thin])
    await start()
    change({ files: [stored] })
    await clock.advance(20_000)
    change({ files: [thin], connection: { is: 'offline', people: 0 } })
    await clock.advance(20_000)
    expect(notices.snapshot()).toEqual([])
    change({ files: [thin, { ...thin, id: 'f2' }], connection: { is: 'connected', people: 2 } })
    await clock.advance(20_000)
    expect(notices.snapshot().map(({ what }) => what)).toEqual(['2 files have hardly anybody to spare'])
  })
})

describe('a clock that is wrong', () => {
  it('[CLK3] is named once, with what to do, and no longer once it is right', async () => {
    const { notices, start, change } = await watched([])
    await start()
    change({ clock: { aheadMs: 4 * 86_400_000, isCorrected: true, refusals: 0 } })
    change({ clock: { aheadMs: 4 * 86_400_000 + 1_000, isCorrected: true, refusals: 0 } })
    expect(notices.snapshot().map(({ what, more }) => [what, more])).toEqual([
      [
        'Your clock is 4 days ahead of everybody here',
        'Files are dated by their time for now. Set the date and time of this device, best to automatic.',
      ],
    ])
    change({ clock: undefined } as unknown as Partial<PeerSnapshot>)
    expect(notices.snapshot()).toEqual([])
  })

  it('[CLK3] is named by how far it is off, and how often people refused by date', () => {
    const said = [-30 * 86_400_000, 7_200_000, -900_000].map((aheadMs) => sayClock({ aheadMs, isCorrected: false, refusals: 2 }))
    expect(said.map(({ what }) => what)).toEqual([
      'Your clock is 30 days behind everybody here',
      'Your clock is 2 hours ahead of everybody here',
      'Your clock is 15 minutes behind everybody here',
    ])
    expect(said[0]?.more).toBe('2 times they refused what it signed by its date. Set the date and time of this device, best to automatic.')
  })
})

describe('a damaged list of files', () => {
  it('[VLT26] is said once, and that nothing is deleted', async () => {
    const { notices, start, change } = await watched([])
    await start()
    expect(notices.snapshot()).toEqual([])
    change({ isListDamaged: true })
    change({ isListDamaged: true, files: [stored] })
    expect(notices.snapshot().map(({ what }) => what)).toEqual(['Part of your list of files cannot be read on this device'])
  })
})

describe('leaving the page', () => {
  it('asks first while a file waits to be sealed or its original is still needed, and not otherwise', async () => {
    const { model, start, change, isAsked } = await watched([stored])
    expect(isAsked()).toBe(false)
    model.store([{ name: 'b', blob: new Blob(['x']), path: '' }])
    expect(isAsked()).toBe(true)
    await start()
    change({ files: [{ ...stored, needsOriginal: true }] })
    expect(isAsked()).toBe(true)
  })

  it('does not ask in a tab that only shows what another one seals', async () => {
    const { start, change, isAsked } = await watched([])
    await start()
    change({ files: [{ ...stored, needsOriginal: true }], isElsewhere: true })
    expect(isAsked()).toBe(false)
    change({ isElsewhere: false })
    expect(isAsked()).toBe(true)
    change({ files: [stored] })
    expect(isAsked()).toBe(false)
  })
})
