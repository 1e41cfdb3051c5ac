import { beforeAll, describe, expect, it, vi } from 'vitest'
import { HoardError } from '../core/errors.ts'
import type { DroppedFile } from '../peer/index.ts'
import { isQueued } from './queued-row.ts'
import { dropped, kept, openDesk } from './screen-model.rig.ts'
import { undoMs } from './screen-model.ts'
import type { PageMemory } from './surroundings.ts'
import { loadWordsOfTrouble } from './words/words.ts'

beforeAll(() => Promise.all([loadWordsOfTrouble(), import('./files/divide-drop.ts')]))

describe('the screen model', () => {
  it('shows a drop at once and hands it over when the peer has started', async () => {
    const { model, stored, start, clock } = openDesk()
    model.store([dropped('a'), dropped('a')])
    expect(model.snapshot().stage).toBe('starting')
    expect(model.snapshot().peer.files.map((file) => [file.name, file.status, isQueued(file)])).toEqual([
      ['a', 'Storing', true],
      ['a', 'Storing', true],
    ])
    expect(new Set(model.snapshot().peer.files.map((file) => file.id)).size).toBe(2)
    await start()
    await clock.advance(0)
    expect(stored.map((files) => files.map((file) => file.name))).toEqual([['a', 'a']])
    expect(model.snapshot().peer.files).toEqual([kept])
  })

  it('[FNM4] names a file that no format has room for, and hands the others over', async () => {
    const { model, stored, notices, start, clock } = openDesk()
    await start()
    model.store([dropped('a'), { ...dropped('deep.txt'), path: 'p'.repeat(1025) }, dropped('b')])
    await clock.advance(0)
    expect(stored.map((files) => files.map((file) => file.name))).toEqual([['a', 'b']])
    await vi.waitFor(() => expect(notices.snapshot()).toHaveLength(1))
    expect(notices.snapshot().map(({ what, more }) => `${what} ${more}`)).toEqual([
      'Not added: deep.txt. It has a folder path of 1,025 bytes; 1,024 bytes is the most. Shorten the names of its folders and add it again. All other files are in.',
    ])
  })

  it('shows a drop at once also while the peer is at work on it, and each row once', async () => {
    const { model, start, clock, grow, stored } = openDesk()
    await start()
    model.store([dropped('b'), dropped('a.txt')])
    expect(model.snapshot().peer.files.map(({ name }) => name)).toEqual(['b', 'a.txt'])
    await clock.advance(0)
    expect(stored).toHaveLength(1)
    grow({ ...kept, id: 'f2', name: 'b' })
    expect(model.snapshot().peer.files.map(({ id, name }) => [id, name])).toEqual([
      ['f2', 'b'],
      ['f1', 'a.txt'],
    ])
  })

  it('looks for people and has no name before the peer has started', () => {
    const { peer } = openDesk().model.snapshot()
    expect([peer.connection.is, peer.self, peer.files.length]).toEqual(['looking', undefined, 0])
  })

  it('says why there is no peer, and keeps no row of a file that goes nowhere, dropped before or after', async () => {
    const { model, fail, clock, notices } = openDesk()
    model.store([dropped('a')])
    fail(new HoardError('storage-unavailable'))
    await clock.advance(0)
    expect([model.snapshot().stage, model.snapshot().trouble?.what]).toEqual([
      'failed',
      'This browser does not let the page store anything.',
    ])
    expect(model.snapshot().peer).toMatchObject({ connection: { is: 'offline' }, files: [] })
    model.store([dropped('b')])
    await clock.advance(0)
    expect(model.snapshot().peer.files).toEqual([])
    expect(notices.snapshot().map(({ what }) => what)).toEqual(['This browser does not let the page store anything.'])
  })

  it('says what a browser lacks, in the words for that', async () => {
    const { model, fail, clock, notices } = openDesk([kept], Promise.resolve(['secure-context', 'crypto']))
    fail(new HoardError('storage-unavailable', { wants: 'secure-context' }))
    await clock.advance(0)
    expect(model.snapshot()).toMatchObject({ stage: 'failed', missing: ['secure-context', 'crypto'] })
    expect(model.snapshot().trouble).toBeUndefined()
    model.store([dropped('a')])
    await vi.waitFor(() => expect(notices.snapshot().map(({ what }) => what)).toEqual([expect.stringMatching(/does not use https/)]))
  })

  it('shows what was known last, and why, while no tab can run the node', async () => {
    const { model, start, change } = openDesk()
    await start()
    change({ trouble: { code: 'storage-unavailable', facts: {} } })
    expect(model.snapshot()).toMatchObject({ stage: 'failed', peer: { files: [kept] } })
    expect(model.snapshot().trouble?.then).toMatch(/This page tries again by itself\.$/)
    change({})
    expect([model.snapshot().stage, model.snapshot().trouble]).toEqual(['running', undefined])
  })

  it('ends a store only after the time to undo, and takes the notice away', async () => {
    const { model, calls, start, clock, notices } = openDesk()
    await start()
    model.cancel({ ...kept, isPaused: true })
    expect(model.snapshot().peer.files).toEqual([])
    await clock.advance(undoMs - 1)
    expect(calls).toEqual([])
    expect(notices.snapshot().map((notice) => notice.action?.name)).toEqual(['Undo'])
    await clock.advance(1)
    expect(calls).toEqual(['cancel f1'])
    await clock.advance(0)
    expect(notices.snapshot()).toEqual([])
  })

  it('shows no row of what was cancelled, also before the next snapshot of the peer says so', async () => {
    const { model, start, clock, change, lag } = openDesk()
    await start()
    const catchUp = lag()
    model.cancel(kept)
    await clock.advance(undoMs)
    change({})
    expect(model.snapshot().peer.files).toEqual([])
    catchUp()
  })

  it('ends a store at once when the notice is closed, or pushed out by newer ones', async () => {
    const others = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ ...kept, id, name: id, isPaused: true }))
    const { model, calls, start, clock, notices } = openDesk([{ ...kept, isPaused: true }, ...others])
    await start()
    model.cancel({ ...kept, isPaused: true })
    const [notice] = notices.snapshot()
    notices.close(notice?.id ?? 0)
    await clock.advance(0)
    expect(calls).toEqual(['cancel f1'])
    for (const file of others) model.cancel(file)
    await clock.advance(0)
    expect(calls).toEqual(['cancel f1', 'cancel a'])
    expect(notices.snapshot()).toHaveLength(4)
  })

  it('rests a store at once when it is cancelled, with all that is stored together, and ends it only after the time to undo', async () => {
    const pack = { id: 'p', files: 2, bytes: 2 }
    const [one, two] = [
      { ...kept, pack },
      { ...kept, id: 'f2', pack },
    ]
    const { model, calls, start, clock, notices } = openDesk([one, two])
    await start()
    model.cancel(one)
    await clock.advance(undoMs - 1)
    expect(model.snapshot().peer.files).toEqual([])
    expect(calls).toEqual(['pause f1'])
    notices.snapshot()[0]?.action?.act()
    await clock.advance(undoMs)
    expect(model.snapshot().peer.files).toEqual([one, two])
    expect(calls).toEqual(['pause f1', 'resume f1'])
    model.cancel({ ...two, isPaused: true })
    await clock.advance(undoMs)
    expect(calls).toEqual(['pause f1', 'resume f1', 'cancel f2'])
  })

  it('asks about files whose names are there already, once for all of a drop, and stores the others meanwhile', async () => {
    const { model, stored, ways, start, clock } = openDesk()
    await start()
    const namesOf = (files: readonly DroppedFile[]) => files.map(({ name }) => name)
    model.store([dropped('a.txt'), dropped('new')])
    await clock.advance(0)
    expect([namesOf(stored.flat()), namesOf(model.snapshot().doubles)]).toEqual([['new'], ['a.txt']])
    model.answerDoubles('skip')
    for (const answer of ['version', 'both'] as const) {
      model.store([dropped('a.txt')])
      await clock.advance(0)
      model.answerDoubles(answer)
      await clock.advance(0)
    }
    expect([...stored.map(namesOf), ways]).toEqual([['new'], ['a.txt'], ['a.txt'], [undefined, 'version', 'both']])
  })

  it('ends cancelled stores at once when the page goes', async () => {
    const { model, calls, start, clock } = openDesk()
    await start()
    model.cancel({ ...kept, isPaused: true })
    model.settle()
    await clock.advance(0)
    expect(calls).toEqual(['cancel f1'])
    await clock.advance(undoMs)
    expect(calls).toEqual(['cancel f1'])
  })

  it('deletes at the next start what the page that went had no time to end, and shows no row of it', async () => {
    const entries = new Map<string, string>()
    const memory: PageMemory = { read: (name) => entries.get(name), write: (name, value) => void entries.set(name, value) }
    const going = openDesk([kept], undefined, memory)
    await going.start()
    going.model.cancel(kept)
    going.model.settle()

    const next = openDesk([kept, { ...kept, id: 'f2' }], undefined, memory)
    await next.start()
    expect(next.model.snapshot().peer.files.map(({ id }) => id)).not.toContain('f1')
    await next.clock.advance(0)
    expect(next.removed).toEqual(['f1'])
    const last = openDesk([kept], undefined, memory)
    await last.start()
    await last.clock.advance(0)
    expect(last.removed).toEqual([])
  })

  it('[VLT18] puts a drop into the open folder: rows stand there at once, and a double is one that is there', async () => {
    const trip = { id: '1'.repeat(32), name: 'Trip', madeAt: 1 }
    const day = { id: '2'.repeat(32), name: 'Day 1', parent: trip.id, madeAt: 2 }
    const inDay = { ...kept, folder: 'Trip/Day 1', parent: day.id }
    const { model, stored, places, start, clock } = openDesk([inDay], undefined, undefined, [trip, day])
    await start()
    model.store([dropped('a.txt'), dropped('b'), { ...dropped('c'), path: 'deeper' }], day.id)
    expect(model.snapshot().peer.files.map(({ name, folder, parent }) => [name, folder, parent])).toEqual([
      ['b', 'Trip/Day 1', day.id],
      ['c', 'Trip/Day 1/deeper', day.id],
      ['a.txt', 'Trip/Day 1', day.id],
    ])
    await clock.advance(0)
    expect([stored.flat().map(({ name }) => name), places]).toEqual([['b', 'c'], [day.id]])
    expect(model.snapshot().doubles.map(({ name, into }) => [name, into])).toEqual([['a.txt', day.id]])
    model.answerDoubles('both')
    await clock.advance(0)
    expect(places).toEqual([day.id, day.id])
    model.store([dropped('a.txt')], 'f'.repeat(32))
    await clock.advance(0)
    expect(places).toEqual([day.id, day.id, undefined])
  })

  it('shows what a task failed with', async () => {
    const { model, start, clock, notices } = openDesk()
    await start()
    model.ask(async () => Promise.reject(new HoardError('relay-unreachable')))
    await clock.advance(0)
    expect(notices.snapshot().map((notice) => [notice.what, notice.isUrgent])).toEqual([['The relay does not answer.', true]])
  })
})
