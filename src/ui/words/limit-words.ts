import { type ErrorFacts, codeOf, errorFacts } from '../../core/errors.ts'
import { isolated } from '../../core/file-name.ts'
import { sayBytes, sayCount } from './figures.ts'
import { sayError, type Sentences } from './words.ts'

/** Returns the three sentences for a thrown `error`, with the limit that a person's input has met. */
export function sayLimitMet(error: unknown): Sentences {
  const facts = errorFacts(error)
  if (codeOf(error) === 'file-refused') return sayNotAdded(facts)
  if (codeOf(error) !== 'address-refused') return sayError(error)
  const most = Number(facts['most'])
  if (facts['reason'] === 'count') {
    return {
      what: `This device remembers ${most} relays at most.`,
      means: 'The new one was not added.',
      then: 'Remove one that you added before, then add it again.',
    }
  }
  return {
    what: 'This address is too long for a relay.',
    means: `An address has at most ${most} characters.`,
    then: 'Copy it again from where the relay prints it.',
  }
}

/** Returns the sentences about the files left out of a drop, and the limit that the first one met. */
function sayNotAdded({ reason, names, named, count, bytes, most }: ErrorFacts): Sentences {
  const others = Number(count) - Number(named)
  const what = `Not added: ${isolated(String(names))}${others > 0 ? ` and ${sayCount(others, 'more file')}` : ''}.`
  const whose = Number(count) > 1 ? 'The first one' : 'It'
  if (reason === 'size') {
    const means = `${whose} has ${sayBytes(Number(bytes))}; ${sayBytes(Number(most))} is the most for one file.`
    return { what, means, then: 'Split it and add the parts. All other files are in.' }
  }
  const [has, shorten] = reason === 'name' ? ['a name', 'the name'] : ['a folder path', 'the names of its folders']
  return {
    what,
    means: `${whose} has ${has} of ${sayCount(Number(bytes), 'byte')}; ${sayCount(Number(most), 'byte')} is the most.`,
    then: `Shorten ${shorten} and add it again. All other files are in.`,
  }
}
