import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../adapters/memory/virtual-clock.ts'
import { HoardError } from '../core/errors.ts'
import type { DroppedFile, FileView, Peer, PeerSnapshot } from '../peer/index.ts'
import { createDesk, isQueued, undoMs } from './desk.ts'
import { createNotices } from './notices.ts'

const kept = { id: 'f1', name: 'a.txt' } as FileView

function openDesk() {
  const clock = createVirtualClock()
  const notices = createNotices(clock)
  const stored: (readonly DroppedFile[])[] = []
  const removed: string[] = []
  let snapshot = { files: [kept], connection: { is: 'connected', people: 3 } } as unknown as PeerSnapshot
  let told = () => {}
  const peer = {
    snapshot: () => snapshot,
    watch: (listener: () => void) => {
      told = listener
      return () => undefined
    },
    storeFiles: async (files: readonly DroppedFile[]) => {
      stored.push(files)
      return []
    },
    remove: async (id: string) => {
      removed.push(id)
      snapshot = { ...snapshot, files: [] }
      told()
    },
  } as unknown as Peer
  let resolve = (_peer: Peer) => {}
  let reject = (_error: unknown) => {}
  const promise = new Promise<Peer>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  const desk = createDesk(promise, clock, notices)
  const start = async () => {
    resolve(peer)
    await clock.advance(0)
  }
  const change = (news: Pick<PeerSnapshot, 'trouble'>) => {
    const { trouble: _before, ...rest } = snapshot
    snapshot = { ...rest, ...news }
    told()
  }
  return { clock, notices, desk, stored, removed, start, change, fail: (error: unknown) => reject(error) }
}

const dropped = (name: string): DroppedFile => ({ name, blob: new Blob(['x']), path: '' })

describe('the desk', () => {
  it('shows a drop at once and hands it over when the peer has started', async () => {
    const { desk, stored, start, clock } = openDesk()
    desk.store([dropped('a'), dropped('a')])
    expect(desk.snapshot().stage).toBe('starting')
    expect(desk.snapshot().peer.files.map((file) => [file.name, file.status, isQueued(file)])).toEqual([
      ['a', 'Storing', true],
      ['a', 'Storing', true],
    ])
    expect(new Set(desk.snapshot().peer.files.map((file) => file.id)).size).toBe(2)
    await start()
    await clock.advance(0)
    expect(stored.map((files) => files.map((file) => file.name))).toEqual([['a', 'a']])
    expect(desk.snapshot().peer.files).toEqual([kept])
  })

  it('looks for people and has no name before the peer has started', () => {
    const { peer } = openDesk().desk.snapshot()
    expect([peer.connection.is, peer.self, peer.files.length]).toEqual(['looking', undefined, 0])
  })

  it('says why there is no peer', async () => {
    const { desk, fail, clock, notices } = openDesk()
    desk.store([dropped('a')])
    fail(new HoardError('storage-unavailable'))
    await clock.advance(0)
    expect([desk.snapshot().stage, desk.snapshot().trouble?.what]).toEqual(['failed', 'This browser does not let the page store anything.'])
    expect(notices.snapshot()).toEqual([])
  })

  it('shows what was known last, and why, while no tab can run the node', async () => {
    const { desk, start, change } = openDesk()
    await start()
    change({ trouble: { code: 'storage-unavailable', facts: {} } })
    expect(desk.snapshot()).toMatchObject({ stage: 'failed', peer: { files: [kept] } })
    expect(desk.snapshot().trouble?.then).toMatch(/This page tries again by itself\.$/)
    change({})
    expect([desk.snapshot().stage, desk.snapshot().trouble]).toEqual(['running', undefined])
  })

  it('deletes only after the time to undo', async () => {
    const { desk, removed, start, clock, notices } = openDesk()
    await start()
    desk.remove(kept)
    expect(desk.snapshot().peer.files).toEqual([])
    await clock.advance(undoMs - 1)
    expect(removed).toEqual([])
    expect(notices.snapshot().map((notice) => notice.action?.name)).toEqual(['Undo'])
    await clock.advance(1)
    expect(removed).toEqual(['f1'])
    await clock.advance(0)
    expect(notices.snapshot()).toEqual([])
  })

  it('brings a row back when the deletion is undone', async () => {
    const { desk, removed, start, clock, notices } = openDesk()
    await start()
    desk.remove(kept)
    notices.snapshot()[0]?.action?.act()
    await clock.advance(2 * undoMs)
    expect(removed).toEqual([])
    expect(desk.snapshot().peer.files).toEqual([kept])
  })

  it('deletes at once when the page goes', async () => {
    const { desk, removed, start, clock } = openDesk()
    await start()
    desk.remove(kept)
    desk.settle()
    await clock.advance(0)
    expect(removed).toEqual(['f1'])
    await clock.advance(undoMs)
    expect(removed).toEqual(['f1'])
  })

  it('shows what a task failed with', async () => {
    const { desk, start, clock, notices } = openDesk()
    await start()
    desk.ask(async () => Promise.reject(new HoardError('relay-unreachable')))
    await clock.advance(0)
    expect(notices.snapshot().map((notice) => [notice.what, notice.isUrgent])).toEqual([['The relay does not answer.', true]])
  })
})
