import { useEffect, useRef, type ReactNode } from 'react'
import { useShell } from '../shell.tsx'
import { partsWords } from '../words/parts-words.ts'
import { Icon } from './icon.tsx'

interface Properties {
  /** Id of the heading that names it. */
  readonly labelledBy: string
  readonly kind: 'panel' | 'dialog'
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A native modal dialog: traps the focus, closes on Escape, on Back and on a press outside, and gives the focus back afterwards. */
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
    // the browser closes the dialog at a second Escape in a row without a cancel event
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
    <button type="button" className="tool" aria-label={partsWords.close} onClick={onClose}>
      <Icon name="close" />
    </button>
  )
}

function isOutside(x: number, y: number, element: HTMLElement): boolean {
  const box = element.getBoundingClientRect()
  return x < box.left || x > box.right || y < box.top || y > box.bottom
}
