import { describe, expect, it } from 'vitest'
import { nextTurn } from '../adapters/memory/turn.ts'
import { createSheets } from './sheets.ts'

/** A tab's history as browsers keep it: steps take a turn, and a new entry cuts off the entries ahead. */
function openTab(entries: unknown[] = [null]) {
  let at = entries.length - 1
  let onBack = () => {}
  const history = {
    get state() {
      return entries[at]
    },
    pushState(data: unknown) {
      entries.splice(++at, Infinity, data)
    },
    go(steps: number) {
      void nextTurn().then(() => {
        at += steps
        onBack()
      })
    },
  }
  const sheets = createSheets(history, (listener) => (onBack = listener))
  return { sheets, history, place: () => at, isLeft: () => at < 0 }
}

describe('sheets', () => {
  it('are closed by Back, the topmost first, and the page stays', async () => {
    const { sheets, history, place } = openTab()
    const closed: string[] = []
    sheets.open(() => closed.push('below'))
    sheets.open(() => closed.push('above'))
    expect(place()).toBe(2)
    history.go(-1)
    await nextTurn()
    expect(closed).toEqual(['above'])
    history.go(-1)
    await nextTurn()
    expect(closed).toEqual(['above', 'below'])
    expect(place()).toBe(0)
  })

  it('take their entry back when they close by themselves, also several together', async () => {
    const { sheets, place } = openTab()
    const closes = [sheets.open(() => expect.unreachable()), sheets.open(() => expect.unreachable())]
    for (const close of closes.toReversed()) close()
    await nextTurn()
    await nextTurn()
    expect(place()).toBe(0)
    for (const close of closes) close()
    await nextTurn()
    expect(place()).toBe(0)
  })

  it('may open while the entry of another is being taken back', async () => {
    const { sheets, history, place } = openTab()
    const closed: string[] = []
    sheets.open(() => undefined)()
    await Promise.resolve()
    sheets.open(() => closed.push('second'))
    await nextTurn()
    await nextTurn()
    expect(place()).toBe(1)
    history.go(-1)
    await nextTurn()
    expect(closed).toEqual(['second'])
    expect(place()).toBe(0)
  })

  it('leave nothing behind after a reload, and Forward opens nothing', async () => {
    const { history, place } = openTab([null, { sheets: 1 }])
    await nextTurn()
    expect(place()).toBe(0)
    history.go(1)
    await nextTurn()
    await nextTurn()
    expect(place()).toBe(0)
  })
})
