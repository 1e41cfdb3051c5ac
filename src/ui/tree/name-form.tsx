import { useEffect, useRef, useState, type FormEvent } from 'react'
import { treeWords } from '../words/tree-words.ts'

interface Properties {
  /** The name that it has now, '' for a new folder. */
  readonly name: string
  readonly button: string
  readonly onName: (name: string) => void
  readonly onCancel: () => void
  /** Whether the part up to the ending is selected, so that typing keeps the ending. */
  readonly isFile?: boolean
}

/** Most characters of a typed name; what is longer than 255 bytes is cut when it is saved. SPEC VLT12. */
const MAX_CHARACTERS = 255

/** A field for a name with its buttons; a name of nothing cannot be given. */
export function NameForm({ name, button, onName, onCancel, isFile = false }: Properties) {
  const [typed, setTyped] = useState(name)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const dot = name.lastIndexOf('.')
    field.current?.focus()
    field.current?.setSelectionRange(0, isFile && dot > 0 ? dot : name.length)
  }, [name, isFile])
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    if (typed.trim() !== '') onName(typed.trim())
  }
  return (
    <form className="name-form" onSubmit={onSubmit}>
      <input
        ref={field}
        className="field"
        aria-label={treeWords.name}
        autoComplete="off"
        spellCheck="false"
        maxLength={MAX_CHARACTERS}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <div className="actions">
        <button type="submit" className="button main" disabled={typed.trim() === ''}>
          {button}
        </button>
        <button type="button" className="button" onClick={onCancel}>
          {treeWords.cancel}
        </button>
      </div>
    </form>
  )
}
