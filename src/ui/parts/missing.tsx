import { useScreen } from '../shell.tsx'
import { sayMissing } from '../words/missing-words.ts'
import { Trouble } from './trouble.tsx'

/** Says what this browser lacks, what still works and what to do; empty when it lacks nothing. */
export function Missing() {
  const { missing } = useScreen()
  const sentences = sayMissing(missing)
  return sentences === undefined ? null : <Trouble sentences={sentences} />
}
