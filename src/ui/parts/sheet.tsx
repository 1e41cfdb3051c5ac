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
  useEffect(() => {
    const element = dialog.current
    if (element === null) return undefined
    const before = document.activeElement
    element.showModal()
    return () => {
      element.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      className={kind}
      aria-labelledby={labelledBy}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current && isOutside(event.clientX, event.clientY, dialog.current)) onClose()
      }}
    >
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
  // Enter on a button inside reports 0, 0: that is no press outside
  return (x !== 0 || y !== 0) && (x < box.left || x > box.right || y < box.top || y > box.bottom)
}
