import { foldedName } from '../../core/file-name.ts'

/** Returns a test whether a name contains every word of `search`, ignoring case, accents and their encoding. SPEC FNM3. */
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
