import { Icon } from '../parts/icon.tsx'
import { listWords } from '../words/list-words.ts'

/** The field that finds files and folders by parts of their names. */
export function SearchField({ value, onChange }: { readonly value: string; readonly onChange: (search: string) => void }) {
  return (
    <label className="search">
      <Icon name="search" />
      <input
        className="field"
        type="search"
        placeholder={listWords.find}
        aria-label={listWords.find}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  )
}
