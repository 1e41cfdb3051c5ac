/** Returns the rows that a person has taken away: they are hidden until the peer's own snapshot no longer has them. */
export function createLeaving() {
  const commitById = new Map<string, () => void>()
  const ended = new Set<string>()
  const back = (ids: readonly string[]) => {
    for (const id of ids) commitById.delete(id)
  }
  return {
    has: (id: string) => commitById.has(id),
    /** Returns the ids of all of them, separated by spaces. */
    ids: () => [...commitById.keys()].join(' '),
    /** Hides rows; `commit` deletes their files at once. */
    take(ids: readonly string[], commit: () => void) {
      for (const id of ids) commitById.set(id, commit)
    },
    back,
    /** Hides rows until they are gone while the peer runs `end`; brings them back when it fails, with its error. */
    ending: (ids: readonly string[], end: () => Promise<void>) =>
      end().then(
        () => ids.forEach((id) => ended.add(id)),
        (error: unknown) => {
          back(ids)
          throw error
        },
      ),
    /** Forgets the ended rows that are no longer among `files`. */
    look(files: readonly { readonly id: string }[]) {
      const gone = [...ended].filter((id) => !files.some((file) => file.id === id))
      for (const id of gone) ended.delete(id)
      back(gone)
    },
    commitAll: () => [...commitById.values()].forEach((commit) => commit()),
  }
}
