import type { ComparedGroups } from './compared-groups.ts'
import type { Rolls } from './rolls.ts'

/** Returns the groups of `rolls`, of which no paper and no claim is kept, and calls `onPaper` whenever a paper is looked up. */
export function groupsWithoutPapers(rolls: Rolls, onPaper: () => void): Omit<ComparedGroups, 'isKnown'> {
  return {
    all: rolls.groups,
    roll: rolls.of,
    paperMark: () => undefined,
    async paper() {
      onPaper()
      return undefined
    },
    claim: async () => undefined,
    take: async () => undefined,
    watch: () => () => undefined,
  }
}
