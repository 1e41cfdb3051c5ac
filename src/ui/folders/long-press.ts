import { useRef, type PointerEvent } from 'react'
import { useShell } from '../shell.tsx'

/** Milliseconds for which a finger rests before that is a long press, and pixels by which it may move meanwhile. */
const LONG_MS = 450
const STILL_PX = 10

/** Calls `onLong` with the element on which a finger rests. The press that follows is then over: `isOver` says so once. */
export function useLongPress(onLong: (element: Element) => void) {
  const { clock } = useShell()
  const press = useRef<{ readonly stop: AbortController; readonly x: number; readonly y: number }>(undefined)
  const isDone = useRef(false)
  const end = () => {
    press.current?.stop.abort()
    press.current = undefined
  }
  return {
    isOver(): boolean {
      const was = isDone.current
      isDone.current = false
      return was
    },
    touch: {
      onPointerDown({ pointerType, target, clientX: x, clientY: y }: PointerEvent<HTMLElement>) {
        end()
        isDone.current = false
        if (pointerType !== 'touch' || !(target instanceof Element)) return
        const stop = new AbortController()
        press.current = { stop, x, y }
        clock.wait(LONG_MS, { signal: stop.signal }).then(
          () => {
            isDone.current = true
            onLong(target)
          },
          () => undefined,
        )
      },
      onPointerMove({ clientX, clientY }: PointerEvent<HTMLElement>) {
        const begun = press.current
        if (begun !== undefined && Math.hypot(clientX - begun.x, clientY - begun.y) > STILL_PX) end()
      },
      onPointerUp: end,
      onPointerCancel: end,
    },
  }
}
