import { useEffect, useRef, type ReactNode } from 'react'
import { useShell } from '../shell.tsx'
import { Icon } from './icon.tsx'

interface Properties {
  /** Id of the heading that names it. */
  readonly labelledBy: string
  readonly kind: 'panel' | 'dialog'
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A native modal dialog: traps focus, closes on Escape, on Back and on a press outside, and gives focus back to where it came from. */
export function Sheet({ labelledBy, kind, onClose, children }: Properties) {
  const { sheets } = useShell()
  const dialog = useRef<HTMLDialogElement>(null)
  const close = useRef(onClose)
  useEffect(() => {
    close.current = onClose
  })
  useEffect(() => {
    const element = dialog.current
    if (element === null) return undefined
    const before = document.activeElement
    const onCancel = (event: Event) => {
      event.preventDefault()
      close.current()
    }
    const onPress = (event: MouseEvent) => {
      if (event.target === element && isOutside(event.clientX, event.clientY, element)) close.current()
    }
    const onClosed = () => close.current()
    element.addEventListener('cancel', onCancel)
    // a second Escape in a row is not asked about: the browser closes it
    element.addEventListener('close', onClosed)
    element.addEventListener('pointerdown', onPress)
    element.showModal()
    const settle = sheets.open(() => close.current())
    return () => {
      settle()
      element.removeEventListener('close', onClosed)
      element.close()
      element.removeEventListener('cancel', onCancel)
      element.removeEventListener('pointerdown', onPress)
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [sheets])
  return (
    <dialog ref={dialog} className={kind} aria-labelledby={labelledBy}>
      {children}
    </dialog>
  )
}

/** The cross that closes a sheet. */
export function CloseButton({ onClose }: { readonly onClose: () => void }) {
  return (
    <button type="button" className="tool" aria-label="Close" onClick={onClose}>
      <Icon name="close" />
    </button>
  )
}

function isOutside(x: number, y: number, element: HTMLElement): boolean {
  const box = element.getBoundingClientRect()
  return x < box.left || x > box.right || y < box.top || y > box.bottom
}
