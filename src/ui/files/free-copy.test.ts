import { describe, expect, it } from 'vitest'
import { createVirtualClock } from '../../adapters/memory/virtual-clock.ts'
import type { FileView, Peer } from '../../peer/index.ts'
import { createScreenModel } from '../screen-model.ts'
import { createNotices } from '../notices.ts'
import { sayNotNow } from '../words/file-words.ts'
import { freeAfterMs, freeLater, mayFree } from './free-copy.tsx'

const health = { here: 8, wanted: 6, steadiness: 'enough', isChecking: false }
const file = { id: 'f1', name: 'a.txt', health } as FileView

function offered(news: Partial<FileView['health']>): boolean {
  return mayFree({ ...file, health: { ...file.health, ...news } })
}

function openShell() {
  const clock = createVirtualClock()
  const notices = createNotices(clock)
  const freed: string[] = []
  const peer = {
    snapshot: () => ({ files: [], connection: { is: 'connected', people: 8 } }),
    watch: () => () => undefined,
    freeCopy: async (id: string) => void freed.push(id),
  } as unknown as Peer
  return { clock, notices, freed, model: createScreenModel(Promise.resolve(peer), clock, notices) }
}

describe('freeing the copy on this device', () => {
  it('[HTH4] is offered only while the pieces of the grade are with people who are here, and not while that is checked', () => {
    expect([{}, { here: 6 }, { here: 5 }, { isChecking: true }, { wanted: 0 }].map(offered)).toEqual([true, true, false, false, false])
  })

  it('[POL10] is offered only where those who keep the pieces are steady enough, and the reason is said', () => {
    const levels = (['high', 'enough', 'unknown', 'low', 'too low'] as const).map((steadiness) => ({ steadiness }))
    expect(levels.map(offered)).toEqual([true, true, false, false, false])
    const reason = (news: Partial<FileView['health']>) => sayNotNow({ ...file, health: { ...file.health, ...news } })
    expect(reason({ steadiness: 'unknown' })).toBe('It can be freed once those who keep the pieces are known to be here often enough.')
    expect(reason({ steadiness: 'low' })).toBe('It stays while too few of those who keep the pieces are here often enough.')
    expect(reason({ steadiness: 'low', here: 5 })).toBe('It can be freed while 6 pieces are with people who are here; now 5 are.')
  })

  it('[HTH4] happens when the time to undo is over, not before', async () => {
    const { clock, freed, ...shell } = openShell()
    freeLater(shell, file)
    await clock.advance(freeAfterMs - 1)
    expect([freed, shell.notices.snapshot()[0]?.action?.name]).toEqual([[], 'Undo'])
    await clock.advance(1)
    await clock.advance(0)
    expect([freed, shell.notices.snapshot()]).toEqual([['f1'], []])
  })

  it('[HTH4] does not happen when it is undone, and happens at once when its message is closed', async () => {
    const { clock, freed, ...shell } = openShell()
    freeLater(shell, file)
    const [notice] = shell.notices.snapshot()
    notice?.action?.act()
    shell.notices.close(notice?.id ?? 0)
    await clock.advance(2 * freeAfterMs)
    expect(freed).toEqual([])
    freeLater(shell, file)
    shell.notices.close(shell.notices.snapshot()[0]?.id ?? 0)
    await clock.advance(0)
    expect(freed).toEqual(['f1'])
  })
})
