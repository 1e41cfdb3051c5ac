import { foldedName } from '../../core/file-name.ts'

/** Returns whether a name has every word of `search` in it, whatever the case, the accents and how they are encoded. SPEC FNM3. */
export function searchFor(search: string): (name: string) => boolean {
  const words = foldedName(search)
    .split(/\s+/)
    .filter((word) => word !== '')
  return (name) => {
    if (words.length === 0) return true
    const folded = foldedName(name)
    return words.every((word) => folded.includes(word))
  }
}
