import { expect, it } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import { HoardError } from '../../core/errors.ts'
import type { FileView, Peer } from '../../peer/index.ts'
import { createNotices } from '../notices.ts'
import { createListActs, offeredMs } from './tree-acts.ts'

const file = (id: string, more: Partial<FileView> = {}) => ({ id, name: `${id}.txt`, folder: '', status: 'Strong', ...more }) as FileView

/** Returns the acts over a peer that notes what it is asked for, and fails if `failure` is set. */
function openActs(failure?: HoardError) {
  const clock = createVirtualClock()
  const notices = createNotices(clock)
  const calls: string[] = []
  const hidden = new Set<string>()
  const note =
    (name: string) =>
    async (...args: readonly unknown[]) => {
      if (failure !== undefined) throw failure
      calls.push([name, ...args].join(' '))
    }
  const peer = { discard: note('discard'), putBack: note('putBack'), move: note('move') } as unknown as Peer
  const errors: unknown[] = []
  const acts = createListActs({
    model: { ask: (task) => void task(peer).catch((error: unknown) => errors.push(error)) },
    notices,
    hide: (ids) => ids.forEach((id) => hidden.add(id)),
    unhide: (ids) => ids.forEach((id) => hidden.delete(id)),
  })
  return { clock, notices, calls, hidden, acts, errors, settle: () => clock.advance(0) }
}

it('[VLT18] what is deleted goes to the trash at once, and comes back when that is undone', async () => {
  const { acts, calls, hidden, notices, settle } = openActs()
  acts.discard([file('a'), file('b')])
  expect([...hidden]).toEqual(['a', 'b'])
  await settle()
  expect(calls).toEqual(['discard a,b'])
  const [notice] = notices.snapshot()
  expect([notice?.what, notice?.more, notice?.action?.name]).toEqual([
    '2 items are in the trash',
    'They can be put back from there.',
    'Undo',
  ])
  notice?.action?.act()
  await settle()
  expect([calls, [...hidden]]).toEqual([['discard a,b', 'putBack a,b'], []])
})

it('says of a shared file that its link works until it is deleted for good', async () => {
  const { acts, notices, settle } = openActs()
  acts.discard([file('a', { linkPath: '/s/#x' })])
  await settle()
  expect(notices.snapshot().map(({ what, more }) => [what, more])).toEqual([
    ['a.txt is in the trash', 'Its link works until it is deleted for good.'],
  ])
})

it('shows the rows again when the peer cannot delete them, and offers nothing', async () => {
  const { acts, hidden, notices, errors, settle } = openActs(new HoardError('storage-full'))
  acts.discard([file('a')])
  await settle()
  expect([hidden.size, notices.snapshot().length, errors.length]).toEqual([0, 0, 1])
})

it('[VLT18] moves only what lies elsewhere, and moves it back to where each was', async () => {
  const { acts, calls, notices, clock, settle } = openActs()
  const to = { id: 't', name: 'Trip' }
  acts.move([file('a', { parent: 'x' }), file('b'), file('c', { parent: 't' })], to)
  await settle()
  expect(calls).toEqual(['move a,b t'])
  const [notice] = notices.snapshot()
  expect(notice?.what).toBe('2 items are now in Trip')
  notice?.action?.act()
  await settle()
  expect(calls).toEqual(['move a,b t', 'move a x', 'move b '])
  acts.move([file('c', { parent: 't' })], to)
  acts.discard([file('d')])
  acts.discard([file('e')])
  await settle()
  expect(notices.snapshot().map(({ what }) => what)).toEqual(['e.txt is in the trash'])
  await clock.advance(offeredMs)
  expect([calls.length, notices.snapshot().length]).toEqual([5, 0])
})
