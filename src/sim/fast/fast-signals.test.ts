import { expect, test } from 'vitest'
import { FastController, FastSignal } from './fast-signals.ts'

const kinds = [
  ['of the platform', AbortController, AbortSignal],
  ['of the simulator', FastController as unknown as typeof AbortController, FastSignal as unknown as typeof AbortSignal],
] as const

test.each(kinds)('signals %s tell those who listen in turn, once, after all that follow are aborted', (_name, Controller, Signal) => {
  const said: string[] = []
  const [first, second] = [new Controller(), new Controller()]
  const both = Signal.any([first.signal, second.signal])
  const later = Signal.any([both, second.signal])
  const forgotten = (): void => void said.push('forgotten')
  const twice = (): void => void said.push(`twice ${both.aborted} ${later.aborted}`)
  first.signal.addEventListener('abort', twice, { once: true })
  first.signal.addEventListener('abort', twice, { once: true })
  first.signal.addEventListener('abort', forgotten)
  both.addEventListener('abort', () => said.push(`both ${String(both.reason)}`))
  later.addEventListener('abort', () => said.push('later'))
  first.signal.addEventListener('abort', () => {
    said.push('last')
    first.signal.addEventListener('abort', () => said.push('too late'))
  })
  first.signal.removeEventListener('abort', forgotten)
  expect(() => both.throwIfAborted()).not.toThrow()
  first.abort('why')
  first.abort('again')
  second.abort('other')
  expect(said).toEqual(['twice true true', 'last', 'both why', 'later'])
  expect([first, second].map(({ signal }) => [signal.aborted, signal.reason])).toEqual([
    [true, 'why'],
    [true, 'other'],
  ])
  expect(() => later.throwIfAborted()).toThrow('why')
  expect([Signal.any([new Controller().signal, first.signal]).reason, Signal.any([]).aborted]).toEqual(['why', false])
  const silent = new Controller()
  silent.abort()
  expect(silent.signal.reason).toMatchObject({ name: 'AbortError' })
})
