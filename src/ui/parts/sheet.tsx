import { useEffect, useRef, type ReactNode } from 'react'
import { Icon } from './icon.tsx'

interface Properties {
  /** Id of the heading that names it. */
  readonly labelledBy: string
  readonly kind: 'panel' | 'dialog'
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A native modal dialog: traps focus, closes on Escape and on a press outside, and gives focus back to where it came from. */
export function Sheet({ labelledBy, kind, onClose, children }: Properties) {
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
    element.addEventListener('cancel', onCancel)
    element.addEventListener('pointerdown', onPress)
    element.showModal()
    return () => {
      element.close()
      element.removeEventListener('cancel', onCancel)
      element.removeEventListener('pointerdown', onPress)
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
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
